/* SPDX-License-Identifier: Apache-2.0 */
/* Makes and ends the threads that a child process has besides those of its MPM. */
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <apr_signal.h>
#include <apr_thread_pool.h>
#include <apr_thread_proc.h>

#include <ap_mpm.h>

#include "base/waiting.h"
#include "httpd/background/threads.h"

#define END_SECONDS 2 /* httpd warns about a child that has not ended after three seconds */

struct cc_threads_t {
    apr_pool_t *pool;
    apr_thread_pool_t *all;
    unsigned max;
    atomic_bool ending;
};

typedef struct task_t {
    cc_work_fn *work;
    void *data;
    cc_threads_t *threads;
} task_t;

/* ---- work -------------------------------------------------------------------------------- */

/* Signals are for the threads of the MPM. */
static void *APR_THREAD_FUNC thread_ready(apr_thread_t *thread, void *nothing)
{
    (void)thread;
    apr_setup_signal_thread();
    return nothing;
}

/*
 * APR counts a thread that is just waking up as idle, and makes no thread for a task that arrives
 * then. Such a task must not wait for the end of another one. So the waking thread checks for it,
 * and makes a thread.
 */
static void threads_suffice(const cc_threads_t *threads)
{
    apr_thread_pool_t *all = threads->all;

    if (apr_thread_pool_tasks_count(all) > 0 && apr_thread_pool_idle_count(all) == 0 &&
        apr_thread_pool_threads_count(all) < threads->max) {
        apr_thread_pool_push(all, thread_ready, NULL, 0, NULL);
    }
}

static void *APR_THREAD_FUNC thread_work(apr_thread_t *thread, void *data)
{
    task_t *task = data;

    thread_ready(thread, NULL);
    threads_suffice(task->threads);
    task->work(task->data);
    free(task);
    return NULL;
}

bool cc_threads_give(cc_threads_t *threads, cc_work_fn *work, void *data)
{
    task_t *task = cc_threads_ending(threads) ? NULL : malloc(sizeof(*task));

    if (!task) {
        return false;
    }
    *task = (task_t){work, data, threads};
    /* If no further thread can be created, the task is queued for the existing ones. */
    apr_thread_pool_push(threads->all, thread_work, task, 0, NULL);
    return true;
}

bool cc_threads_ending(const cc_threads_t *threads)
{
    return atomic_load(&threads->ending);
}

/* ---- their end --------------------------------------------------------------------------- */

static void leave(int signal)
{
    (void)signal;
    _exit(0);
}

/*
 * The prefork MPM ends a child from within a signal handler. If the signal interrupts malloc, which
 * holds a lock in a process with threads, the end would wait forever for the interrupted call.
 */
static apr_status_t end_soon(void *nothing)
{
    sigset_t blocked;

    (void)nothing;
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    if (sigismember(&blocked, SIGTERM) || sigismember(&blocked, SIGHUP)) {
        apr_signal(SIGALRM, leave);
        alarm(END_SECONDS);
    }
    return APR_SUCCESS;
}

static bool mpm_is_threaded(void)
{
    int threaded = AP_MPMQ_NOT_SUPPORTED;

    return ap_mpm_query(AP_MPMQ_IS_THREADED, &threaded) == APR_SUCCESS &&
           threaded != AP_MPMQ_NOT_SUPPORTED;
}

void cc_threads_end_soon(apr_pool_t *pchild)
{
    if (!mpm_is_threaded()) {
        apr_pool_pre_cleanup_register(pchild, NULL, end_soon);
    }
}

static apr_status_t threads_end(void *state)
{
    cc_threads_t *threads = state;

    atomic_store(&threads->ending, true);
    apr_thread_pool_destroy(threads->all);
    apr_pool_destroy(threads->pool);
    return APR_SUCCESS;
}

/* ---- their beginning --------------------------------------------------------------------- */

/* Makes the first thread too, which stays, so that queued tasks always have one. */
static apr_status_t threads_make(cc_threads_t *threads)
{
    apr_status_t rv = apr_thread_pool_create(&threads->all, 0, threads->max, threads->pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_thread_pool_threshold_set(threads->all, 0);
    apr_thread_pool_idle_max_set(threads->all, threads->max); /* new ones take memory for good */
    rv = apr_thread_pool_push(threads->all, thread_ready, NULL, 0, NULL);
    if (rv != APR_SUCCESS) {
        apr_thread_pool_destroy(threads->all);
    }
    return rv;
}

apr_status_t cc_threads_start(cc_threads_t **threads, unsigned max, apr_pool_t *pchild)
{
    cc_threads_t *made = apr_pcalloc(pchild, sizeof(*made));
    /* Not a subpool of `pchild`, whose memory only the main thread of a prefork child may use. */
    apr_status_t rv = apr_pool_create(&made->pool, NULL);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    made->max = max;
    rv = threads_make(made);
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(made->pool);
        return rv;
    }
    /* Runs before the subpools of `pchild` are destroyed, where mod_dbd has its connections. */
    apr_pool_pre_cleanup_register(pchild, made, threads_end);
    cc_threads_end_soon(pchild); /* its pre-cleanup runs before that one */
    *threads = made;
    return APR_SUCCESS;
}

/* ---- the MPM ----------------------------------------------------------------------------- */

int cc_threads_waiting(void)
{
    int threads = 1;

    ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads);
    threads = threads < 4 ? 4 : threads;
    return threads / 4 < CC_WAITING_MAX ? threads / 4 : CC_WAITING_MAX;
}
