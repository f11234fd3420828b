/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the threads that wait for other programs on behalf of requests. */
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/waiting.h"
#include "fakehttpd.h"
#include "httpd/background/jobs.h"
#include "httpd/background/threads.h"
#include "suite.h"

#define MSEC(n) apr_time_from_msec(n)

static apr_pool_t *pchild;
static cc_threads_t *threads;
static atomic_int works, most, done; /* now, at most at once, so far */
static atomic_bool held;             /* works wait until it is false */

static void setup(void)
{
    fake_begin();
    apr_pool_create(&pchild, fake.pool);
    atomic_store(&works, 0);
    atomic_store(&most, 0);
    atomic_store(&done, 0);
    atomic_store(&held, false);
}

/* Waits until a number is reached, for some seconds at most. */
static bool reaches(atomic_int *number, int wanted)
{
    for (int i = 0; i < 1000 && atomic_load(number) < wanted; i++) {
        apr_sleep(MSEC(5));
    }
    return atomic_load(number) == wanted;
}

static void work(void *data)
{
    int now = atomic_fetch_add(&works, 1) + 1, before = atomic_load(&most);

    while (now > before && !atomic_compare_exchange_weak(&most, &before, now)) {
    }
    while (atomic_load(&held)) {
        apr_sleep(MSEC(2));
    }
    if (data) {
        apr_sleep(MSEC(50));
    }
    atomic_fetch_sub(&works, 1);
    atomic_fetch_add(&done, 1);
}

/* ---- threads ----------------------------------------------------------------------------- */

TEST(work_is_done_by_so_many_threads_at_once)
{
    atomic_store(&held, true);
    ck_assert_int_eq(cc_threads_start(&threads, 3, pchild), APR_SUCCESS);
    for (int i = 0; i < 8; i++) {
        ck_assert(cc_threads_give(threads, work, NULL));
    }
    ck_assert(reaches(&works, 3));
    atomic_store(&held, false);
    ck_assert(reaches(&done, 8));
    ck_assert_int_eq(atomic_load(&most), 3);
    ck_assert(!cc_threads_ending(threads));
}

TEST(the_end_of_a_process_waits_for_work_that_has_begun)
{
    ck_assert_int_eq(cc_threads_start(&threads, 2, pchild), APR_SUCCESS);
    cc_threads_give(threads, work, &works);
    while (atomic_load(&works) == 0) {
        apr_sleep(MSEC(1));
    }
    apr_pool_destroy(pchild);
    ck_assert_int_eq(atomic_load(&done), 1);
}

TEST(a_child_of_prefork_is_not_held_up_for_long)
{
    sigset_t term;
    unsigned left;

    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    for (int threaded = 1; threaded >= 0; threaded--) {
        fake.threads = threaded ? 64 : 0;
        apr_pool_create(&pchild, fake.pool);
        ck_assert_int_eq(cc_threads_start(&threads, 2, pchild), APR_SUCCESS);
        pthread_sigmask(SIG_BLOCK, &term, NULL); /* as in a handler of it */
        apr_pool_destroy(pchild);
        left = alarm(0); /* rounded */
        ck_assert(threaded ? left == 0 : left == 1 || left == 2);
    }
}

TEST(one_in_four_threads_may_wait)
{
    static const struct {
        int threads, waiting;
    } cases[] = {{0, 1}, {4, 1}, {8, 2}, {12, 3}, {25, 4}, {100000, CC_WAITING_MAX}};

    for (int i = 0; i < COUNT(cases); i++) {
        fake.threads = cases[i].threads;
        ck_assert_int_eq(cc_threads_waiting(), cases[i].waiting);
    }
}

/* ---- jobs -------------------------------------------------------------------------------- */

/*
 * Answers for each key that it is missing, or fails; "slow" waits for its release. On a busy
 * machine, a job may be overdue before a thread begins it; then there is no call.
 */
static void ask(cc_job_t *job)
{
    atomic_fetch_add(&works, 1);
    for (int i = 0; i < job->count; i++) {
        cc_query_t *query = &job->queries[i];

        while (!strcmp(query->key, "slow") && atomic_load(&held)) {
            apr_sleep(MSEC(2));
        }
        if (!strcmp(query->key, "bad")) {
            cc_query_fail(query, apr_pstrcat(job->pool, job->source, " is away", NULL));
        } else {
            query->result = CC_TABLE_MISSING;
        }
    }
    atomic_fetch_add(&done, 1);
}

/* The results for these keys: "missing", or why there is no answer, joined by " | ". */
static const char *answers(cc_jobs_t *jobs, apr_interval_time_t patience, const char *keys)
{
    char *text = apr_pstrdup(fake.pool, keys), *state;
    cc_query_t queries[8] = {{.key = NULL}}, *at[8];
    const char *all = "";
    int count = 0;

    for (char *key = apr_strtok(text, " ", &state); key; key = apr_strtok(NULL, " ", &state)) {
        queries[count] = (cc_query_t){.key = key, .len = strlen(key)};
        at[count] = &queries[count];
        count++;
    }
    cc_jobs_ask(at, count, jobs, apr_time_now() + patience, fake.pool);
    for (int i = 0; i < count; i++) {
        all = apr_pstrcat(
            fake.pool, all, i > 0 ? " | " : "",
            queries[i].result == CC_TABLE_MISSING ? "missing" : queries[i].info.failure, NULL);
    }
    return all;
}

static cc_jobs_t *jobs_make(void)
{
    return cc_jobs_create(ask, "the source", MSEC(2000), fake.pool);
}

TEST(a_job_answers_each_question_by_itself)
{
    cc_jobs_t *jobs = jobs_make();

    ck_assert_int_eq(cc_jobs_child(jobs, pchild), APR_SUCCESS);
    ck_assert_str_eq(answers(jobs, MSEC(10000), "a bad b"),
                     "missing | the source is away | missing");
    ck_assert_str_eq(answers(jobs, MSEC(10000), "c"), "missing");
}

TEST(nobody_is_asked_before_the_child_is_ready_or_by_a_test)
{
    cc_jobs_t *jobs = jobs_make();

    ck_assert_str_eq(answers(jobs, MSEC(100), "a"), "this process is not ready for lookups");
    fake.run_mode = AP_SQ_RM_CONFIG_TEST;
    ck_assert_int_eq(cc_jobs_child(jobs, pchild), APR_SUCCESS);
    fake_expect_begins(answers(jobs, MSEC(100), "a"), "only a running server can ask it: mod_dbd");
    ck_assert_int_eq(atomic_load(&works), 0);
}

TEST(what_is_overdue_is_left_behind)
{
    cc_jobs_t *jobs = jobs_make();

    cc_jobs_child(jobs, pchild);
    atomic_store(&held, true);
    while (atomic_load(&works) == 0) {
        ck_assert_str_eq(answers(jobs, MSEC(50), "slow a"),
                         "no answer within 2 s | no answer within 2 s");
    }
    ck_assert_str_eq(answers(jobs, MSEC(10000), "a"), "missing");
    atomic_store(&held, false);
    ck_assert(reaches(&done, 2));
}

TEST(when_all_hang_nobody_waits)
{
    static const char all_hang[] = "all threads wait for answers that are overdue";
    cc_jobs_t *jobs = jobs_make();

    cc_jobs_child(jobs, pchild);
    atomic_store(&held, true);
    while (atomic_load(&works) < 16) {
        const char *said = answers(jobs, MSEC(10), "slow");

        if (strcmp(said, all_hang) != 0)
            ck_assert_str_eq(said, "no answer within 2 s");
    }
    ck_assert_str_eq(answers(jobs, MSEC(10000), "a"), all_hang);
    atomic_store(&held, false);
}

TEST(answers_may_have_so_many_octets)
{
    cc_query_t query = {.key = "a"};
    cc_job_t job = {.count = 1};
    apr_size_t one = 0, other = 0;

    ck_assert(cc_job_reserve(&job, &query, 1024 * 1024, &one));
    ck_assert(!cc_job_reserve(&job, &query, 1, &one));
    ck_assert_str_eq(query.info.failure, "the answer is larger than 1 MiB");
    ck_assert_int_eq(query.result, CC_TABLE_FAILED);
    job.octets = 4 * 1024 * 1024 - 5;
    ck_assert(cc_job_reserve(&job, &query, 5, &other));
    ck_assert(!cc_job_reserve(&job, &query, 1, &other));
    ck_assert_str_eq(query.info.failure,
                     "the answers to one certificate are larger than 4 MiB together");
}

SUITE("jobs", .own_process = true, .setup = setup, .teardown = fake_end, .timeout = 60);
