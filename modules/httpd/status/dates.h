/* SPDX-License-Identifier: Apache-2.0 */
/* Writes moments as people write them: the date, and how far away it is. */
#ifndef CC_STATUS_DATES_H
#define CC_STATUS_DATES_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_time.h>

/** "29 November 2026, 04:58 UTC", in `p`. */
const char *cc_date_text(apr_time_t moment, apr_pool_t *p);

/**
 * How far away a moment is, in whole days, or in hours or minutes if it is near: "in 4 days", "3
 * days ago", "in less than 2 minutes". In `p`.
 */
const char *cc_date_distance(apr_time_t moment, apr_time_t now, apr_pool_t *p);

/**
 * Reads the text that cc_moment_text writes ("2026-11-29T04:58:00Z"). False if it is not such a
 * text; *moment is then unchanged.
 */
bool cc_date_read(apr_time_t *moment, const char *text);

#endif
