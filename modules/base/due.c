/* SPDX-License-Identifier: Apache-2.0 */
/* Says when something that is looked at from time to time is due again. */
#include "base/due.h"

/*
 * Looks stand on a grid: whole intervals after the first one. Things that began together and have
 * the same interval stay due together, also after one of them had to be looked at in between, so
 * one thread wakes up once for all of them.
 */

bool cc_due_is(const cc_due_t *due, apr_interval_time_t interval, apr_time_t now)
{
    return now >= due->next || now < due->next - interval; /* the clock was set back */
}

void cc_due_looked(cc_due_t *due, apr_interval_time_t interval, apr_interval_time_t soon,
                   apr_time_t now)
{
    if (due->began == 0 || now < due->began) {
        due->began = now;
    }
    due->next = due->began + ((now - due->began) / interval + 1) * interval;
    if (soon > 0 && now + soon < due->next) {
        due->next = now + soon;
    }
}
