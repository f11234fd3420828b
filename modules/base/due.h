/* SPDX-License-Identifier: Apache-2.0 */
/* Says when something that is looked at from time to time is due again. */
#ifndef CC_DUE_H
#define CC_DUE_H

#include <stdbool.h>

#include <apr_time.h>

/** The looks at one thing; all 0: there was none yet. For one thread. */
typedef struct cc_due_t {
    apr_time_t began; /* the first look: the grid begins here */
    apr_time_t next;
} cc_due_t;

/** True if the thing, which is looked at every `interval`, is to be looked at now. */
bool cc_due_is(const cc_due_t *due, apr_interval_time_t interval, apr_time_t now);

/**
 * Notes a look at `now`. The next one is due after `soon`, or at the next point of the grid if that
 * is earlier; `soon` 0: at the grid.
 */
void cc_due_looked(cc_due_t *due, apr_interval_time_t interval, apr_interval_time_t soon,
                   apr_time_t now);

#endif
