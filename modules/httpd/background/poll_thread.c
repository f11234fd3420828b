/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a thread that looks at something from time to time, and ends it at once. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <apr_signal.h>
#include <apr_thread_proc.h>

#include "httpd/background/poll_thread.h"

/*
 * One thread sleeps until the next file is due, so a child wakes up once per `reload=`, however
 * many files there are. It sleeps in poll() on a pipe: the end of the process writes to it, and the
 * thread is awake at once. poll() counts an interval and reads no clock, which may be set back.
 *
 * An end must not wait for a file that takes long to load. The parent replaces children one for one
 * as they end, and a child that is a few milliseconds late is replaced a second later, with nobody
 * to accept connections until then. So the end waits a moment for the thread and then goes on
 * without it. Nothing that the thread uses is destroyed before exit(), whose handlers (those of
 * OpenSSL among them) are left out in that case.
 *
 * A prefork child ends from within a signal handler, so its end calls write, poll and join, and
 * nothing that needs memory from malloc, but where a thread is left behind.
 */

#define MOMENT 20   /* milliseconds: a look at thousands of files that did not change takes less */
#define LATEST 2000 /* for a thread that rests, and has only to be woken */

struct cc_poll_thread_t {
    cc_poll_plan_t is;
    int wake[2];  /* a pipe: the thread is to end */
    int ended[2]; /* a pipe: the thread does nothing more */
    atomic_bool ending;
    atomic_bool looking;
    pid_t process;
    apr_thread_t *thread;
    apr_pool_t *pool; /* its own, and everything above is in it: the thread may outlive `pchild` */
};

/* ---- the thread -------------------------------------------------------------------------- */

/* True if there is something to read within so many milliseconds; -1: for ever. */
static bool pipe_wait(int fd, int timeout)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};

    int ready;

    do {
        ready = poll(&one, 1, timeout);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

static void pipe_say(int fd)
{
    ssize_t written = write(fd, "", 1);

    (void)written; /* a pipe that is full says the same */
}

/* In milliseconds for poll(), not too early; 0: never. */
static int timeout_of(apr_interval_time_t wait)
{
    const apr_interval_time_t longest = apr_time_from_sec(24 * 3600);

    if (wait <= 0) {
        return -1;
    }
    return (int)((wait < longest ? wait : longest) / 1000 + 1);
}

/* Until the time is over, or somebody asks, or the process ends. */
static void rest(const cc_poll_thread_t *follower, apr_interval_time_t wait)
{
    struct pollfd two[] = {
        {.fd = follower->wake[0], .events = POLLIN},
        {.fd = follower->is.asked ? follower->is.asked : -1, .events = POLLIN},
    };
    int ready;

    do {
        ready = poll(two, 2, timeout_of(wait));
    } while (ready < 0 && errno == EINTR);
}

/* False at the end of the process. The thread that ends it sees a look that has begun. */
static bool look_begin(cc_poll_thread_t *follower)
{
    atomic_store(&follower->looking, true);
    return !atomic_load(&follower->ending);
}

static void *APR_THREAD_FUNC follow(apr_thread_t *thread, void *data)
{
    cc_poll_thread_t *follower = data;
    apr_interval_time_t wait = follower->is.wait;

    (void)thread;
    apr_setup_signal_thread(); /* signals are for the threads of the MPM */
    for (;;) {
        rest(follower, wait);
        if (!look_begin(follower)) {
            break;
        }
        wait = follower->is.look(follower->is.baton);
        atomic_store(&follower->looking, false);
    }
    pipe_say(follower->ended[1]);
    return NULL;
}

/* ---- its end ----------------------------------------------------------------------------- */

static void leave(void)
{
    _exit(0);
}

static void pipes_close(const cc_poll_thread_t *follower)
{
    for (int i = 0; i < 2; i++) {
        close(follower->wake[i]);
        close(follower->ended[i]);
    }
}

/* How long, in milliseconds, the thread is waited for; -1: until it has ended. */
static int patience(const cc_poll_thread_t *follower)
{
    if (follower->is.stop) {
        return -1;
    }
    return atomic_load(&follower->looking) ? MOMENT : LATEST;
}

static apr_status_t follower_end(void *data)
{
    cc_poll_thread_t *follower = data;
    apr_status_t unused;

    if (getpid() != follower->process) { /* which has the thread */
        return APR_SUCCESS;
    }
    if (follower->is.stop) {
        atomic_store(follower->is.stop, true);
    }
    atomic_store(&follower->ending, true);
    pipe_say(follower->wake[1]);
    if (pipe_wait(follower->ended[0], patience(follower))) {
        apr_thread_join(&unused, follower->thread);
        pipes_close(follower);
        apr_pool_destroy(follower->pool);
    } else {
        atexit(leave); /* the last handler to be registered runs first */
    }
    return APR_SUCCESS;
}

/* ---- its beginning ----------------------------------------------------------------------- */

/* Not for programs that this process starts; nobody waits at either end but in poll(). */
static apr_status_t pipe_make(int ends[2])
{
    if (pipe(ends) != 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
    }
    return APR_SUCCESS;
}

static apr_status_t thread_make(cc_poll_thread_t *follower)
{
    apr_status_t rv = pipe_make(follower->wake);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = pipe_make(follower->ended);
    if (rv != APR_SUCCESS) {
        close(follower->wake[0]);
        close(follower->wake[1]);
        return rv;
    }
    rv = apr_thread_create(&follower->thread, NULL, follow, follower, follower->pool);
    if (rv != APR_SUCCESS) {
        pipes_close(follower);
    }
    return rv;
}

apr_status_t cc_poll_thread_start(cc_poll_thread_t **follower, const cc_poll_plan_t *how,
                                  apr_pool_t *p)
{
    apr_pool_t *pool = NULL;
    cc_poll_thread_t *made;
    apr_status_t rv = apr_pool_create_unmanaged_ex(&pool, NULL, NULL);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    made = apr_palloc(pool, sizeof(*made));
    *made = (cc_poll_thread_t){.is = *how, .process = getpid(), .pool = pool};
    rv = thread_make(made);
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return rv;
    }
    /* Before the pools below `p` go, where others have what a look may use. */
    apr_pool_pre_cleanup_register(p, made, follower_end);
    *follower = made;
    return APR_SUCCESS;
}
