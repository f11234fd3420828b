/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the thread that follows files: it checks them on time, and never delays the end of a
 * process.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_general.h>

#include "httpd/background/poll_thread.h"
#include "suite.h"

#define SOON apr_time_from_msec(5)
#define NEVER apr_time_from_sec(24 * 3600)

static int said[2]; /* a pipe */

static void say(char what)
{
    ck_assert_int_eq(write(said[1], &what, 1), 1);
}

static char hear(void)
{
    char what = 0;

    return read(said[0], &what, 1) == 1 ? what : 0;
}

static void setup(void)
{
    apr_initialize();
    ck_assert_int_eq(pipe(said), 0);
}

static void teardown(void)
{
    close(said[0]);
    close(said[1]);
    apr_terminate();
}

/* ---- checks of files --------------------------------------------------------------------- */

static apr_interval_time_t look_often(void *baton)
{
    (void)baton;
    say('l');
    return SOON;
}

static atomic_bool stop;

static apr_interval_time_t look_until_stopped(void *baton)
{
    (void)baton;
    say('l');
    while (!atomic_load(&stop)) {
        apr_sleep(SOON);
    }
    apr_sleep(20 * SOON); /* longer than a child waits at its end */
    say('s');
    return 0;
}

static apr_interval_time_t look_never(void *baton)
{
    (void)baton;
    say('!');
    return 0;
}

static apr_interval_time_t look_for_ever(void *baton)
{
    (void)baton;
    say('l');
    for (;;) {
        pause();
    }
    return 0;
}

static cc_poll_thread_t *started;

static apr_status_t start(cc_poll_fn *poll_fn, apr_interval_time_t wait, apr_pool_t *p)
{
    cc_poll_plan_t how = {.poll = poll_fn, .wait = wait};

    return cc_poll_thread_start(&started, &how, p);
}

/* Ends a process as a child of httpd, after this output of its follower; its exit status. */
static int process_end(cc_poll_fn *poll_fn, char what, void (*handler)(void))
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        apr_pool_t *pchild = NULL;

        cc_poll_plan_t how = {.poll = poll_fn, .wait = what ? SOON : NEVER};
        cc_poll_thread_t *follower = NULL;

        apr_pool_create(&pchild, NULL);
        atexit(handler);
        if (cc_poll_thread_start(&follower, &how, pchild) == APR_SUCCESS &&
            (!what || hear() == what)) {
            apr_pool_destroy(pchild);
            exit(7);
        }
        _exit(8);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void handler_run(void)
{
    say('h');
}

/* ---- tests ------------------------------------------------------------------------------- */

TEST(it_looks_again_when_it_said)
{
    apr_pool_t *p = NULL;

    apr_pool_create(&p, NULL);
    ck_assert_int_eq(start(look_often, SOON, p), APR_SUCCESS);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(hear(), 'l');
    }
    apr_pool_destroy(p);
}

TEST(the_end_wakes_a_thread_that_would_sleep_for_a_day)
{
    apr_pool_t *p = NULL;

    apr_pool_create(&p, NULL);
    ck_assert_int_eq(start(look_never, NEVER, p), APR_SUCCESS);
    apr_pool_destroy(p); /* and waits for the thread */
    say('e');
    ck_assert_int_eq(hear(), 'e');
}

static int asked[2]; /* a pipe */

static apr_interval_time_t look_when_asked(void *baton)
{
    char what = 0;

    (void)baton;
    say(read(asked[0], &what, 1) == 1 ? what : '!');
    return 0;
}

static void asked_start(apr_pool_t *p)
{
    cc_poll_plan_t how = {.poll = look_when_asked};

    ck_assert_int_eq(pipe(asked), 0);
    how.requests = asked[0];
    ck_assert_int_eq(cc_poll_thread_start(&started, &how, p), APR_SUCCESS);
}

static void ask(char what)
{
    ck_assert_int_eq(write(asked[1], &what, 1), 1);
}

TEST(it_looks_when_it_is_asked)
{
    apr_pool_t *p = NULL;

    apr_pool_create(&p, NULL);
    asked_start(p);
    for (char what = 'a'; what < 'd'; what++) {
        ask(what);
        ck_assert_int_eq(hear(), what);
    }
    apr_pool_destroy(p);
}

TEST(another_process_may_ask_and_ends_without_it)
{
    apr_pool_t *p = NULL;
    pid_t pid;
    int status = -1;

    apr_pool_create(&p, NULL);
    asked_start(p);
    pid = fork();
    if (pid == 0) {
        ask('a');
        apr_pool_destroy(p); /* this process has no such thread */
        _exit(3);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(WEXITSTATUS(status), 3);
    ck_assert_int_eq(hear(), 'a');
    ask('b');
    ck_assert_int_eq(hear(), 'b');
    apr_pool_destroy(p);
}

TEST(the_end_waits_for_a_look_that_can_be_stopped)
{
    apr_pool_t *p = NULL;
    cc_poll_plan_t how = {.poll = look_until_stopped, .wait = SOON, .stop = &stop};

    atomic_store(&stop, false);
    apr_pool_create(&p, NULL);
    ck_assert_int_eq(cc_poll_thread_start(&started, &how, p), APR_SUCCESS);
    ck_assert_int_eq(hear(), 'l');
    apr_pool_destroy(p);
    say('e');
    ck_assert_int_eq(hear(), 's');
    ck_assert_int_eq(hear(), 'e');
}

TEST(a_process_whose_follower_rests_ends_as_ever)
{
    ck_assert_int_eq(process_end(look_never, 0, handler_run), 7);
    ck_assert_int_eq(hear(), 'h');
}

/* Memory that handlers free may be in use. */
TEST(a_process_ends_in_the_middle_of_a_look_without_its_exit_handlers)
{
    ck_assert_int_eq(process_end(look_for_ever, 'l', handler_run), 0);
    say('e');
    ck_assert_int_eq(hear(), 'e');
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

TEST(pipes_are_closed_and_not_for_programs)
{
    bool before[64]; /* what the caller of this program has opened, too */

    for (int fd = 0; fd < 64; fd++) {
        before[fd] = is_open(fd);
    }
    for (int i = 0; i < 3; i++) {
        apr_pool_t *p = NULL;
        int pipes = 0;

        apr_pool_create(&p, NULL);
        ck_assert_int_eq(start(look_never, NEVER, p), APR_SUCCESS);
        for (int fd = 0; fd < 64; fd++) {
            if (!before[fd] && is_open(fd)) {
                ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
                pipes++;
            }
        }
        ck_assert_int_eq(pipes, 4);
        apr_pool_destroy(p);
    }
    for (int fd = 0; fd < 64; fd++) {
        ck_assert_int_eq(is_open(fd), before[fd]);
    }
}

SUITE("follower", .setup = setup, .teardown = teardown, .timeout = 120);
