/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how to wait for a program that may never answer: another thread asks, and may be left. */
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
    apr_thread_mutex_t *lock; /* of what follows, and of `done` and `left` of every task */
    int left;                 /* tasks that nobody waits for any more */
};

/* A job between the thread that waits for it and the one that does it; in the pool of the job. */
typedef struct {
    cc_job_t job;
    cc_jobs_t *jobs;
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

    if (cc_configtest()) {
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
        jobs->ask(&task->job);
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

/* Questions of its own: the others may be gone before it has ended. */
static cc_query_t *questions_copy(cc_query_t *const *questions, int count, apr_pool_t *p)
{
    cc_query_t *copies = apr_pcalloc(p, sizeof(*copies) * (apr_size_t)count);

    for (int i = 0; i < count; i++) {
        copies[i].key = apr_pstrmemdup(p, questions[i]->key, questions[i]->len);
        copies[i].len = questions[i]->len;
        copies[i].result = CC_TABLE_FAILED;
    }
    return copies;
}

static task_t *task_make(cc_jobs_t *jobs, const cc_job_t *job, cc_query_t *const *questions)
{
    apr_pool_t *pool = NULL;
    task_t *task = NULL;

    if (apr_pool_create_unmanaged_ex(&pool, NULL, NULL) != APR_SUCCESS) {
        return NULL;
    }
    task = apr_pcalloc(pool, sizeof(*task));
    task->jobs = jobs;
    task->job = *job;
    task->job.source = jobs->source;
    task->job.questions = questions_copy(questions, job->count, pool);
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
static task_t *task_start(cc_jobs_t *jobs, const cc_job_t *job, cc_query_t *const *questions,
                          const char **why)
{
    task_t *task = NULL;

    if (!jobs->threads) {
        *why = cc_configtest()
                   ? "only a server that runs asks it: httpd -t has no mod_dbd and mod_ldap at work"
                   : "this process is not ready for lookups";
        return NULL;
    }
    if (all_hang(jobs)) {
        *why = "all threads wait for answers that are overdue";
        return NULL;
    }
    task = task_make(jobs, job, questions);
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
    apr_interval_time_t rest = task->job.deadline - apr_time_now();
    bool done = false;

    apr_thread_mutex_lock(jobs->lock);
    while (!task->done && rest > 0) {
        apr_thread_cond_timedwait(task->ended, jobs->lock, rest);
        rest = task->job.deadline - apr_time_now();
    }
    done = task->done;
    if (!done) {
        task->left = true;
        jobs->left++;
    }
    apr_thread_mutex_unlock(jobs->lock);
    return done;
}

static void all_fail(cc_query_t *const *questions, int count, const char *why)
{
    for (int i = 0; i < count; i++) {
        cc_query_fail(questions[i], why);
    }
}

/* What the job has answered, without what else is in its pool. */
static void answers_take(cc_query_t *const *questions, const cc_job_t *job, apr_pool_t *p)
{
    for (int i = 0; i < job->count; i++) {
        const cc_query_t *answer = &job->questions[i];
        const char *why = answer->info.failure;

        questions[i]->result = answer->result;
        questions[i]->row = cc_row_copy(&answer->row, p);
        questions[i]->info.failure = why ? apr_pstrdup(p, why) : NULL;
    }
}

void cc_jobs_ask(cc_query_t *const *questions, int count, void *state, apr_time_t deadline,
                 apr_pool_t *p)
{
    cc_jobs_t *jobs = state;
    const cc_job_t job = {.count = count, .deadline = deadline};
    const char *why = NULL;
    task_t *task = task_start(jobs, &job, questions, &why);

    if (!task) {
        all_fail(questions, count, why);
    } else if (!task_wait(task)) {
        all_fail(
            questions, count,
            apr_psprintf(p, "no answer within %g s", (double)jobs->timeout / APR_USEC_PER_SEC));
    } else {
        answers_take(questions, &task->job, p);
        apr_pool_destroy(task->job.pool);
    }
}

/* ---- for those that ask ---------------------------------------------------------------------- */

cc_table_result_t cc_query_fail(cc_query_t *question, const char *why)
{
    question->info.failure = why;
    return question->result = CC_TABLE_FAILED;
}

bool cc_job_has_room(cc_job_t *job, cc_query_t *question, apr_size_t octets, apr_size_t *answer)
{
    *answer += octets;
    job->octets += octets;
    if (*answer > CC_ANSWER_MAX) {
        cc_query_fail(question, CC_ANSWER_TOO_LARGE);
        return false;
    }
    if (job->octets > CC_ANSWERS_MAX) {
        cc_query_fail(question, CC_ANSWERS_TOO_LARGE);
        return false;
    }
    return true;
}
