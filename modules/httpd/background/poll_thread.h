/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a thread that polls at intervals, and ends it without delay. */
#ifndef CC_BACKGROUND_POLL_THREAD_H
#define CC_BACKGROUND_POLL_THREAD_H

#include <stdatomic.h>
#include <stdbool.h>

#include <apr_pools.h>
#include <apr_time.h>

/** A thread that polls at intervals. */
typedef struct cc_poll_thread_t cc_poll_thread_t;

/** Polls everything that is due; returns the time until its next call, 0: never. */
typedef apr_interval_time_t cc_poll_fn(void *baton);

/** The task of such a thread. */
typedef struct cc_poll_plan_t {
    cc_poll_fn *poll;
    void *baton;
    apr_interval_time_t wait; /* before the first poll; 0: no limit, or until a request arrives */
    int requests;             /* it polls at once if this open file has something to read, which the
                                 poll reads; 0: no such file */
    atomic_bool *stop;        /* set at the end. A poll returns soon after that, and the end waits
                                 for it. NULL: it does not wait. */
} cc_poll_plan_t;

/**
 * Makes a thread that calls poll(baton) first after `wait`, and then each time after the interval
 * that poll returned. The pre-cleanup of `p` ends the thread, and joins it if it sleeps. Without
 * `stop`, a thread in the middle of a poll is left behind. The process then ends without its exit
 * handlers (_exit), since that thread may still use memory that they would free. So without `stop`,
 * `p` must be the pool of a child, and the data that a poll uses must outlive that pool. Call it in
 * the main thread. Errors are those of the system.
 */
apr_status_t cc_poll_thread_start(cc_poll_thread_t **thread, const cc_poll_plan_t *plan,
                                  apr_pool_t *p);

#endif
