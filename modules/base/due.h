/* SPDX-License-Identifier: Apache-2.0 */
/* Decides when polls are due, so that polls with equal intervals coincide. */
#ifndef CC_DUE_H
#define CC_DUE_H

#include <stdbool.h>

#include <apr_time.h>

/** The polls of one thing; all 0: not polled yet. For one thread. */
typedef struct cc_due_t {
    apr_time_t first; /* first poll: the start of the grid */
    apr_time_t next;  /* when it is due again */
} cc_due_t;

/** True if the thing, which is polled every `interval` (microseconds), is due at `now`. */
bool cc_due_now(const cc_due_t *due, apr_interval_time_t interval, apr_time_t now);

/**
 * Notes a poll at `now`. The next one is due after `soon`, or at the next point of the grid if that
 * is earlier; `soon` 0: at the grid.
 */
void cc_due_polled(cc_due_t *due, apr_interval_time_t interval, apr_interval_time_t soon,
                   apr_time_t now);

#endif
