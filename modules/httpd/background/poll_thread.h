/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a thread that polls from time to time, and ends it at once. */
#ifndef CC_BACKGROUND_POLL_THREAD_H
#define CC_BACKGROUND_POLL_THREAD_H

#include <stdatomic.h>
#include <stdbool.h>

#include <apr_pools.h>
#include <apr_time.h>

/** A thread that polls from time to time. */
typedef struct cc_poll_thread_t cc_poll_thread_t;

/** Polls whatever is due; returns in how long it wants to be called again, 0: never. */
typedef apr_interval_time_t cc_poll_fn(void *baton);

/** What such a thread does. */
typedef struct cc_poll_plan_t {
    cc_poll_fn *poll;
    void *baton;
    apr_interval_time_t wait; /* before the first poll; 0: for ever, or until there are requests */
    int requests;             /* it polls at once where this open file has something to read, which
                                 the poll takes; 0: there is no such file */
    atomic_bool *stop;        /* set at the end, and soon after that a poll returns: the end waits
                                 for it. NULL: it does not wait. */
} cc_poll_plan_t;

/**
 * Makes a thread that calls poll(baton) for the first time after `wait`, and then whenever the time
 * that it returned is over. The pre-cleanup of `p` ends it. A thread that sleeps is joined. Without
 * `stop`, one that is in the middle of a poll is left behind; the process then ends without its
 * exit handlers (_exit), since that thread may still use what they would free: this is for the pool
 * of a child, and whatever a poll uses must outlive that. Call it in the main thread. Errors are
 * those of the system.
 */
apr_status_t cc_poll_thread_start(cc_poll_thread_t **thread, const cc_poll_plan_t *plan,
                                  apr_pool_t *p);

#endif
