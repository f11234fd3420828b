/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a thread that polls at intervals, and ends it without delay. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <apr_signal.h>
#include <apr_thread_proc.h>

#include "cert/cert.h"
#include "httpd/background/poll_thread.h"

/*
 * One thread sleeps until the next file is due, so a child wakes up once per `reload=`, however
 * many files there are. It sleeps in poll() on a pipe: the end of the process writes to it and
 * wakes the thread at once. poll() measures an interval and reads no clock, which may be set back.
 *
 * The end must not wait for a file that takes long to load. The parent replaces children one by one
 * as they end. A child that is a few milliseconds late is replaced a second later, and no process
 * accepts connections until then. So the end waits briefly for the thread and then continues
 * without it. Nothing that the thread uses is destroyed before exit(), whose handlers (including
 * those of OpenSSL) do not run in that case.
 *
 * A prefork child ends from within a signal handler. So the code that ends the thread calls write,
 * poll and join, and nothing that calls malloc, unless a thread is left behind.
 */

/* How long the end waits for the thread, in milliseconds. */
#define END_POLLING 20    /* enough to poll thousands of unchanged files */
#define END_SLEEPING 2000 /* if it only has to wake up */

struct cc_poll_thread_t {
    cc_poll_plan_t plan;
    int wake[2];  /* a pipe: the thread is to end */
    int ended[2]; /* a pipe: the thread has begun, and then: it has ended */
    atomic_bool ending;
    atomic_bool polling;
    pid_t process;
    apr_thread_t *handle;
    apr_pool_t *pool; /* its own, which contains all of this: the thread may outlive `pchild` */
};

/* ---- the thread -------------------------------------------------------------------------- */

/* True if there is something to read within so many milliseconds; -1: no limit. */
static bool pipe_wait(int fd, int timeout)
{
    struct pollfd pipe_end = {.fd = fd, .events = POLLIN};
    int ready;

    do {
        ready = poll(&pipe_end, 1, timeout);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

static void pipe_write(int fd)
{
    ssize_t written = write(fd, "", 1);

    (void)written; /* a full pipe wakes the thread as well */
}

/* The timeout of poll() for an interval, in milliseconds: never too short; -1 (no limit) for 0. */
static int timeout_of(apr_interval_time_t wait)
{
    const apr_interval_time_t longest = apr_time_from_sec(24 * 3600);

    if (wait <= 0) {
        return -1;
    }
    return (int)((wait < longest ? wait : longest) / 1000 + 1);
}

/* Sleeps until the time is over, a request arrives or the process ends. */
static void thread_sleep(const cc_poll_thread_t *thread, apr_interval_time_t wait)
{
    struct pollfd files[] = {
        {.fd = thread->wake[0], .events = POLLIN},
        {.fd = thread->plan.requests ? thread->plan.requests : -1, .events = POLLIN},
    };
    int ready;

    do {
        ready = poll(files, 2, timeout_of(wait));
    } while (ready < 0 && errno == EINTR);
}

/* False at the end of the process. The thread that ends it can see that a poll has begun. */
static bool poll_begin(cc_poll_thread_t *thread)
{
    atomic_store(&thread->polling, true);
    return !atomic_load(&thread->ending);
}

static void *APR_THREAD_FUNC thread_run(apr_thread_t *handle, void *data)
{
    cc_poll_thread_t *thread = data;
    apr_interval_time_t wait = thread->plan.wait;

    (void)handle;
    apr_setup_signal_thread(); /* signals are for the threads of the MPM */
    cc_cert_thread_begin();
    pipe_write(thread->ended[1]);
    for (;;) {
        thread_sleep(thread, wait);
        if (!poll_begin(thread)) {
            break;
        }
        wait = thread->plan.poll(thread->plan.baton);
        atomic_store(&thread->polling, false);
    }
    pipe_write(thread->ended[1]);
    return NULL;
}

/* ---- its end ----------------------------------------------------------------------------- */

static void exit_at_once(void)
{
    _exit(0);
}

static void pipes_close(const cc_poll_thread_t *thread)
{
    for (int i = 0; i < 2; i++) {
        close(thread->wake[i]);
        close(thread->ended[i]);
    }
}

/* How long, in milliseconds, the end waits for the thread; -1: until it has ended. */
static int end_timeout(const cc_poll_thread_t *thread)
{
    if (thread->plan.stop) {
        return -1;
    }
    return atomic_load(&thread->polling) ? END_POLLING : END_SLEEPING;
}

static apr_status_t thread_end(void *data)
{
    cc_poll_thread_t *thread = data;
    apr_status_t unused;

    if (getpid() != thread->process) { /* a forked process, which does not have the thread */
        return APR_SUCCESS;
    }
    if (thread->plan.stop) {
        atomic_store(thread->plan.stop, true);
    }
    atomic_store(&thread->ending, true);
    pipe_write(thread->wake[1]);
    if (pipe_wait(thread->ended[0], end_timeout(thread))) {
        apr_thread_join(&unused, thread->handle);
        pipes_close(thread);
        apr_pool_destroy(thread->pool);
    } else {
        atexit(exit_at_once); /* the last registered handler runs first */
    }
    return APR_SUCCESS;
}

/* ---- its beginning ----------------------------------------------------------------------- */

/*
 * Makes a pipe that programs started by this process do not inherit. Both ends are non-blocking,
 * for use with poll().
 */
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

/* Until then no child may be forked, which would inherit a lock of OpenSSL, see sharing.c. */
static void thread_await(const cc_poll_thread_t *thread)
{
    char begun;
    ssize_t len = pipe_wait(thread->ended[0], -1) ? read(thread->ended[0], &begun, 1) : 0;

    (void)len;
}

static apr_status_t thread_make(cc_poll_thread_t *thread)
{
    apr_status_t rv = pipe_make(thread->wake);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = pipe_make(thread->ended);
    if (rv != APR_SUCCESS) {
        close(thread->wake[0]);
        close(thread->wake[1]);
        return rv;
    }
    rv = apr_thread_create(&thread->handle, NULL, thread_run, thread, thread->pool);
    if (rv != APR_SUCCESS) {
        pipes_close(thread);
        return rv;
    }
    thread_await(thread);
    return APR_SUCCESS;
}

apr_status_t cc_poll_thread_start(cc_poll_thread_t **thread, const cc_poll_plan_t *plan,
                                  apr_pool_t *p)
{
    apr_pool_t *pool = NULL;
    cc_poll_thread_t *made;
    apr_status_t rv = apr_pool_create_unmanaged_ex(&pool, NULL, NULL);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    made = apr_palloc(pool, sizeof(*made));
    *made = (cc_poll_thread_t){.plan = *plan, .process = getpid(), .pool = pool};
    rv = thread_make(made);
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return rv;
    }
    /* Runs before the subpools of `p` are destroyed, which may have data that a poll uses. */
    apr_pool_pre_cleanup_register(p, made, thread_end);
    *thread = made;
    return APR_SUCCESS;
}
