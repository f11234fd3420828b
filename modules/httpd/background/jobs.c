/* SPDX-License-Identifier: Apache-2.0 */
/* Runs lookups that may hang as jobs in other threads; a request can abandon its job. */
/*
 * A call of mod_dbd or mod_ldap cannot be interrupted. So a request hands its lookups to a thread,
 * as a job with memory of its own, and waits for it until the deadline. If the job is done in time,
 * the request copies the answers and frees the job. If not, the request leaves the job, and the
 * thread frees it when its call returns. While jobs that were left occupy all threads, further jobs
 * fail at once and no request waits.
 */
#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

#include "httpd/background/jobs.h"
#include "httpd/background/threads.h"
#include "httpd/conf/configtest.h"
#include "tables/table.h"

#define THREADS 16 /* of one table in one process */

struct cc_jobs_t {
    cc_job_fn *ask;
    const void *source;
    apr_interval_time_t timeout;
    cc_threads_t *threads;    /* NULL before cc_jobs_child */
    apr_thread_mutex_t *lock; /* of the members below, and of `done` and `left` in every job */
    int left;                 /* jobs that no request waits for */
};

/* A job, shared by the thread that waits for it and the thread that runs it; in its own pool. */
typedef struct {
    cc_job_t job;
    cc_jobs_t *jobs;
    apr_thread_cond_t *ended;
    bool done;
    bool left; /* no request waits: the thread that runs it frees it */
} shared_job_t;

cc_jobs_t *cc_jobs_create(cc_job_fn *ask, const void *source, apr_interval_time_t timeout,
                          apr_pool_t *p)
{
    cc_jobs_t *jobs = apr_pcalloc(p, sizeof(*jobs));

    jobs->ask = ask;
    jobs->source = source;
    jobs->timeout = timeout;
    return jobs;
}

/* ---- the threads of a process ---------------------------------------------------------------- */

apr_status_t cc_jobs_child(void *state, apr_pool_t *p)
{
    cc_jobs_t *jobs = state;
    apr_status_t status = APR_SUCCESS;

    if (cc_configtest()) {
        return APR_SUCCESS; /* mod_dbd and mod_ldap are initialized only at a start */
    }
    status = apr_thread_mutex_create(&jobs->lock, APR_THREAD_MUTEX_DEFAULT, p);
    return status == APR_SUCCESS ? cc_threads_start(&jobs->threads, THREADS, p) : status;
}

/* ---- the thread that asks -------------------------------------------------------------------- */

static bool job_is_left(shared_job_t *shared)
{
    bool left = false;

    apr_thread_mutex_lock(shared->jobs->lock);
    left = shared->left;
    apr_thread_mutex_unlock(shared->jobs->lock);
    return left;
}

static void shared_job_do(void *data)
{
    shared_job_t *shared = data;
    cc_jobs_t *jobs = shared->jobs;
    bool left = false;

    if (!job_is_left(shared)) {
        jobs->ask(&shared->job);
    }
    apr_thread_mutex_lock(jobs->lock);
    left = shared->left;
    shared->done = true;
    if (left) {
        jobs->left--;
    } else {
        apr_thread_cond_signal(shared->ended);
    }
    apr_thread_mutex_unlock(jobs->lock);
    if (left) {
        apr_pool_destroy(shared->job.pool);
    }
}

/* ---- the thread that waits ------------------------------------------------------------------- */

/* Copies the queries, because those of the request may be freed before the job ends. */
static cc_query_t *queries_copy(cc_query_t *const *queries, int count, apr_pool_t *p)
{
    cc_query_t *copies = apr_pcalloc(p, sizeof(*copies) * (apr_size_t)count);

    for (int i = 0; i < count; i++) {
        copies[i].key = apr_pstrmemdup(p, queries[i]->key, queries[i]->len);
        copies[i].len = queries[i]->len;
        copies[i].result = CC_TABLE_FAILED;
    }
    return copies;
}

static shared_job_t *shared_job_make(cc_jobs_t *jobs, const cc_job_t *job,
                                     cc_query_t *const *queries)
{
    apr_pool_t *pool = NULL;
    shared_job_t *shared = NULL;

    if (apr_pool_create_unmanaged_ex(&pool, NULL, NULL) != APR_SUCCESS) {
        return NULL;
    }
    shared = apr_pcalloc(pool, sizeof(*shared));
    shared->jobs = jobs;
    shared->job = *job;
    shared->job.source = jobs->source;
    shared->job.queries = queries_copy(queries, job->count, pool);
    shared->job.pool = pool;
    if (apr_thread_cond_create(&shared->ended, pool) != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return NULL;
    }
    return shared;
}

static bool all_hang(cc_jobs_t *jobs)
{
    bool hang = false;

    apr_thread_mutex_lock(jobs->lock);
    hang = jobs->left >= THREADS;
    apr_thread_mutex_unlock(jobs->lock);
    return hang;
}

/* Gives a job to a thread; NULL: *reason is why that failed. */
static shared_job_t *shared_job_start(cc_jobs_t *jobs, const cc_job_t *job,
                                      cc_query_t *const *queries, const char **reason)
{
    shared_job_t *shared = NULL;

    if (!jobs->threads) {
        *reason =
            cc_configtest()
                ? "only a running server can ask it: mod_dbd and mod_ldap do not work in httpd -t"
                : "this process is not ready for lookups";
        return NULL;
    }
    if (all_hang(jobs)) {
        *reason = "all threads wait for answers that are overdue";
        return NULL;
    }
    shared = shared_job_make(jobs, job, queries);
    if (!shared) {
        *reason = "out of memory";
        return NULL;
    }
    if (!cc_threads_give(jobs->threads, shared_job_do, shared)) {
        apr_pool_destroy(shared->job.pool);
        *reason = "this process is ending, or is out of memory";
        return NULL;
    }
    return shared;
}

/* False if it took too long: the job then belongs to its thread. */
static bool shared_job_wait(shared_job_t *shared)
{
    cc_jobs_t *jobs = shared->jobs;
    apr_interval_time_t rest = shared->job.deadline - apr_time_now();
    bool done = false;

    apr_thread_mutex_lock(jobs->lock);
    while (!shared->done && rest > 0) {
        apr_thread_cond_timedwait(shared->ended, jobs->lock, rest);
        rest = shared->job.deadline - apr_time_now();
    }
    done = shared->done;
    if (!done) {
        shared->left = true;
        jobs->left++;
    }
    apr_thread_mutex_unlock(jobs->lock);
    return done;
}

static void all_fail(cc_query_t *const *queries, int count, const char *reason)
{
    for (int i = 0; i < count; i++) {
        cc_query_fail(queries[i], reason);
    }
}

/* Copies the answers of the job, without the rest of its pool. */
static void answers_take(cc_query_t *const *queries, const cc_job_t *job, apr_pool_t *p)
{
    for (int i = 0; i < job->count; i++) {
        const cc_query_t *answer = &job->queries[i];
        const char *reason = answer->info.failure;

        queries[i]->result = answer->result;
        queries[i]->row = cc_row_copy(&answer->row, p);
        queries[i]->info.failure = reason ? apr_pstrdup(p, reason) : NULL;
    }
}

void cc_jobs_ask(cc_query_t *const *queries, int count, void *state, apr_time_t deadline,
                 apr_pool_t *p)
{
    cc_jobs_t *jobs = state;
    const cc_job_t job = {.count = count, .deadline = deadline};
    const char *reason = NULL;
    shared_job_t *shared = shared_job_start(jobs, &job, queries, &reason);

    if (!shared) {
        all_fail(queries, count, reason);
    } else if (!shared_job_wait(shared)) {
        all_fail(
            queries, count,
            apr_psprintf(p, "no answer within %g s", (double)jobs->timeout / APR_USEC_PER_SEC));
    } else {
        answers_take(queries, &shared->job, p);
        apr_pool_destroy(shared->job.pool);
    }
}

/* ---- for back ends --------------------------------------------------------------------------- */

cc_table_result_t cc_query_fail(cc_query_t *query, const char *reason)
{
    query->info.failure = reason;
    return query->result = CC_TABLE_FAILED;
}

bool cc_job_reserve(cc_job_t *job, cc_query_t *query, apr_size_t octets, apr_size_t *answer)
{
    *answer += octets;
    job->octets += octets;
    if (*answer > CC_ANSWER_MAX) {
        cc_query_fail(query, CC_ANSWER_TOO_LARGE);
        return false;
    }
    if (job->octets > CC_ANSWERS_MAX) {
        cc_query_fail(query, CC_ANSWERS_TOO_LARGE);
        return false;
    }
    return true;
}
