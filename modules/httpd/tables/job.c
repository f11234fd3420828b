/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how to wait for a program that may never answer: another thread asks, and may be left. */
#include "httpd/tables/job.h"
#include "httpd/internal.h"

#include <apr_strings.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

#include "httpd/threads.h"

#define THREADS 16 /* of one table in one process */

struct cc_jobs_t {
    cc_job_fn *ask;
    const void *source;
    apr_interval_time_t timeout;
    cc_threads_t *threads;    /* NULL before cc_jobs_child */
    apr_thread_mutex_t *lock; /* of what follows, and of `done` and `left` of every task */
    int left;                 /* tasks that nobody waits for any more */
};

/* A job between the thread that waits for it and the one that does it; in the pool of the job. */
typedef struct {
    cc_job_t job;
    cc_jobs_t *jobs;
    cc_table_result_t result;
    apr_thread_cond_t *ended;
    bool done;
    bool left; /* the one who does it frees it */
} task_t;

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

    if (cc_question_configtest()) {
        return APR_SUCCESS; /* the modules that would be asked get ready at a start alone */
    }
    status = apr_thread_mutex_create(&jobs->lock, APR_THREAD_MUTEX_DEFAULT, p);
    return status == APR_SUCCESS ? cc_threads_start(&jobs->threads, THREADS, p) : status;
}

/* ---- the thread that asks -------------------------------------------------------------------- */

static bool task_is_left(task_t *task)
{
    bool left = false;

    apr_thread_mutex_lock(task->jobs->lock);
    left = task->left;
    apr_thread_mutex_unlock(task->jobs->lock);
    return left;
}

static void task_do(void *data)
{
    task_t *task = data;
    cc_jobs_t *jobs = task->jobs;
    bool left = false;

    if (!task_is_left(task)) {
        task->result = jobs->ask(&task->job);
    }
    apr_thread_mutex_lock(jobs->lock);
    left = task->left;
    task->done = true;
    if (left) {
        jobs->left--;
    } else {
        apr_thread_cond_signal(task->ended);
    }
    apr_thread_mutex_unlock(jobs->lock);
    if (left) {
        apr_pool_destroy(task->job.pool);
    }
}

/* ---- the thread that waits ------------------------------------------------------------------- */

static task_t *task_make(cc_jobs_t *jobs, const char *key, apr_size_t len)
{
    apr_pool_t *pool = NULL;
    task_t *task = NULL;

    if (apr_pool_create_unmanaged_ex(&pool, NULL, NULL) != APR_SUCCESS) {
        return NULL;
    }
    task = apr_pcalloc(pool, sizeof(*task));
    task->jobs = jobs;
    task->job.source = jobs->source;
    task->job.key = apr_pstrmemdup(pool, key, len);
    task->job.len = len;
    task->job.pool = pool;
    if (apr_thread_cond_create(&task->ended, pool) != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return NULL;
    }
    return task;
}

static bool all_hang(cc_jobs_t *jobs)
{
    bool hang = false;

    apr_thread_mutex_lock(jobs->lock);
    hang = jobs->left >= THREADS;
    apr_thread_mutex_unlock(jobs->lock);
    return hang;
}

/* The task in the hands of a thread, or NULL and why not. */
static task_t *task_start(cc_jobs_t *jobs, const char *key, apr_size_t len, const char **why)
{
    task_t *task = NULL;

    if (!jobs->threads) {
        *why = cc_question_configtest()
                   ? "only a server that runs asks it: httpd -t has no mod_dbd and mod_ldap at work"
                   : "this process is not ready for lookups";
        return NULL;
    }
    if (all_hang(jobs)) {
        *why = "all threads wait for answers that are overdue";
        return NULL;
    }
    task = task_make(jobs, key, len);
    if (!task) {
        *why = "out of memory";
        return NULL;
    }
    if (!cc_threads_give(jobs->threads, task_do, task)) {
        apr_pool_destroy(task->job.pool);
        *why = "this process ends, or is out of memory";
        return NULL;
    }
    return task;
}

/* False where it took too long: the task is then no longer ours. */
static bool task_wait(task_t *task)
{
    cc_jobs_t *jobs = task->jobs;
    apr_time_t end = apr_time_now() + jobs->timeout;
    apr_interval_time_t rest = jobs->timeout;
    bool done = false;

    apr_thread_mutex_lock(jobs->lock);
    while (!task->done && rest > 0) {
        apr_thread_cond_timedwait(task->ended, jobs->lock, rest);
        rest = end - apr_time_now();
    }
    done = task->done;
    if (!done) {
        task->left = true;
        jobs->left++;
    }
    apr_thread_mutex_unlock(jobs->lock);
    return done;
}

static apr_status_t task_free(void *task)
{
    apr_pool_destroy(((task_t *)task)->job.pool);
    return APR_SUCCESS;
}

cc_table_result_t cc_jobs_lookup(cc_row_t *row, void *state, const char *key, apr_size_t len,
                                 cc_answer_info_t *info, apr_pool_t *p)
{
    cc_jobs_t *jobs = state;
    task_t *task = task_start(jobs, key, len, &info->failure);

    if (!task) {
        return CC_TABLE_FAILED;
    }
    if (!task_wait(task)) {
        info->failure =
            apr_psprintf(p, "no answer within %g s", (double)jobs->timeout / APR_USEC_PER_SEC);
        return CC_TABLE_FAILED;
    }
    apr_pool_cleanup_register(p, task, task_free, apr_pool_cleanup_null);
    *row = task->job.row;
    info->failure = task->job.failure;
    return task->result;
}
