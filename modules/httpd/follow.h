/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what is asked of mod_watchdog: a thread in each child that looks at what may change. */
#ifndef CC_FOLLOW_H
#define CC_FOLLOW_H

#include <httpd.h>

/** Looks; returns in how long it wants to be called again. `p` is for this call alone. */
typedef apr_interval_time_t cc_follow_fn(void *baton, apr_pool_t *p);

/**
 * Has `look` called in a thread of its own of each child, as long as that lives. `name` is that of
 * the thread, a literal. In the parent, at start, before mod_watchdog's post_config; `p` lives as
 * long as the configuration. What stands in the way is logged (CC0134, CC0135).
 */
apr_status_t cc_follow_start(server_rec *s, const char *name, cc_follow_fn *look, void *baton,
                             apr_pool_t *p);

#endif
