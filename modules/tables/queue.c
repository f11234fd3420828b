/* SPDX-License-Identifier: Apache-2.0 */
/* Limits the threads that wait for the source of a table, so that a slow one does not stop the
 * server. */
#include <apr_thread_mutex.h>

#include "tables/internal.h"

#define PATIENCE apr_time_from_sec(1) /* a database may take longer than a responder */

struct cc_queue_t {
    apr_thread_mutex_t *lock; /* of the members below */
    cc_waiting_t waiting;
    int max;
};

apr_status_t cc_queue_create(cc_queue_t **queue, int max, apr_pool_t *p)
{
    cc_queue_t *made = apr_pcalloc(p, sizeof(*made));
    apr_status_t status = apr_thread_mutex_create(&made->lock, APR_THREAD_MUTEX_DEFAULT, p);

    made->max = max;
    *queue = status == APR_SUCCESS ? made : NULL;
    return status;
}

apr_interval_time_t cc_queue_begin(cc_queue_t *queue, apr_interval_time_t timeout)
{
    apr_interval_time_t rest = timeout;

    if (queue && timeout > 0) {
        apr_thread_mutex_lock(queue->lock);
        rest = cc_waiting_begin(&queue->waiting, queue->max, PATIENCE, timeout, apr_time_now());
        apr_thread_mutex_unlock(queue->lock);
    }
    return rest;
}

void cc_queue_end(cc_queue_t *queue, bool answered)
{
    if (queue) {
        apr_thread_mutex_lock(queue->lock);
        cc_waiting_end(&queue->waiting, answered, apr_time_now());
        apr_thread_mutex_unlock(queue->lock);
    }
}
