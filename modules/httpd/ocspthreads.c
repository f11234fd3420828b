/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the threads of a process that ask OCSP responders. */
#include "ocspthreads.h"

#include <stdlib.h>

#include <apr_thread_pool.h>
#include <apr_thread_proc.h>

#define THREADS 16

struct cc_ocspthreads_t {
    apr_pool_t *pool;
    apr_thread_pool_t *all; /* NULL: the process ends */
};

/* What a thread is to do. */
typedef struct task_t {
    void (*work)(void *data);
    void *data;
    apr_thread_pool_t *all;
} task_t;

/* Signals are for the threads of the MPM. */
static void *APR_THREAD_FUNC thread_ready(apr_thread_t *thread, void *nothing)
{
    (void)thread;
    apr_setup_signal_thread();
    return nothing;
}

/*
 * APR counts a thread that is just being woken as idle, and makes none for a task that comes then.
 * That one must not wait for the answer to another question: whoever wakes sees to it.
 */
static void threads_suffice(apr_thread_pool_t *all)
{
    if (apr_thread_pool_tasks_count(all) > 0 && apr_thread_pool_idle_count(all) == 0 &&
        apr_thread_pool_threads_count(all) < THREADS) {
        apr_thread_pool_push(all, thread_ready, NULL, 0, NULL);
    }
}

static void *APR_THREAD_FUNC thread_work(apr_thread_t *thread, void *data)
{
    task_t *task = data;

    thread_ready(thread, NULL);
    threads_suffice(task->all);
    task->work(task->data);
    free(task);
    return NULL;
}

bool cc_ocspthreads_give(cc_ocspthreads_t *threads, void (*work)(void *data), void *data)
{
    apr_thread_pool_t *all = threads->all;
    task_t *task = all ? malloc(sizeof(*task)) : NULL;

    if (!task) {
        return false;
    }
    *task = (task_t){work, data, all};
    /* Where it fails to make one more thread, the task is queued for those that there are. */
    apr_thread_pool_push(all, thread_work, task, 0, NULL);
    return true;
}

static apr_status_t threads_end(void *state)
{
    cc_ocspthreads_t *threads = state;
    apr_thread_pool_t *all = threads->all;

    threads->all = NULL;
    if (all) {
        apr_thread_pool_destroy(all);
    }
    apr_pool_destroy(threads->pool);
    return APR_SUCCESS;
}

/* With the first thread, which stays, so that there is always one for what is queued. */
static apr_status_t threads_make(cc_ocspthreads_t *threads)
{
    apr_status_t rv = apr_thread_pool_create(&threads->all, 0, THREADS, threads->pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_thread_pool_threshold_set(threads->all, 0);
    apr_thread_pool_idle_max_set(threads->all, THREADS); /* a new one costs memory for good */
    return apr_thread_pool_push(threads->all, thread_ready, NULL, 0, NULL);
}

apr_status_t cc_ocspthreads_start(cc_ocspthreads_t **threads, apr_pool_t *pchild)
{
    cc_ocspthreads_t *made = apr_pcalloc(pchild, sizeof(*made));
    /* Not below `pchild`: its memory is for the main thread of a prefork child alone. */
    apr_status_t rv = apr_pool_create(&made->pool, NULL);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = threads_make(made);
    if (rv != APR_SUCCESS) {
        threads_end(made);
        return rv;
    }
    apr_pool_pre_cleanup_register(pchild, made, threads_end);
    *threads = made;
    return APR_SUCCESS;
}
