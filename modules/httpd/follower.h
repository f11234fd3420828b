/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a thread that looks at something from time to time, and ends it at once. */
#ifndef CC_FOLLOWER_H
#define CC_FOLLOWER_H

#include <apr_pools.h>
#include <apr_time.h>

/** A thread that looks from time to time. */
typedef struct cc_follower_t cc_follower_t;

/**
 * Looks at whatever is due; returns in how long it wants to be called again, 0: never. Any memory
 * that it uses must outlive the process' pool `pchild`.
 */
typedef apr_interval_time_t cc_follow_fn(void *baton);

/**
 * Makes a thread that calls look(baton) for the first time after `wait`, and then whenever the time
 * that it returned is over. The pre-cleanup of `pchild` ends it and waits for nobody: a thread that
 * rests is joined, and one that is in the middle of a look is left behind; the process then ends
 * without its exit handlers (_exit), since that thread may still use what they would free. Call it
 * in a child, in its main thread. Errors are those of the system.
 */
apr_status_t cc_follower_start(cc_follow_fn *look, void *baton, apr_interval_time_t wait,
                               apr_pool_t *pchild);

#endif
