/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what is asked of a thread of each child that looks at what may change. */
#ifndef CC_FOLLOW_H
#define CC_FOLLOW_H

#include <httpd.h>

/** Looks; returns in how long it wants to be called again. */
typedef apr_interval_time_t cc_follow_fn(void *baton);

/**
 * Has `look` called at once and then from time to time, to a tenth of a second, in a thread of its
 * own until the process ends. In a child, at its start; what stands in the way is logged (CC0135).
 */
void cc_follow_start(cc_follow_fn *look, void *baton, server_rec *s, apr_pool_t *pchild);

#endif
