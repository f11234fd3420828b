/* SPDX-License-Identifier: Apache-2.0 */
/* Decides when polls are due, so that polls with equal intervals coincide. */
#include "base/due.h"

/*
 * Polls are due on a grid: whole intervals after the first one. Things that started together with
 * the same interval stay due together, even if one of them is polled in between, so one thread
 * wakes up once for all of them.
 */

bool cc_due_now(const cc_due_t *due, apr_interval_time_t interval, apr_time_t now)
{
    return now >= due->next || now < due->next - interval; /* the clock was set back */
}

void cc_due_polled(cc_due_t *due, apr_interval_time_t interval, apr_interval_time_t soon,
                   apr_time_t now)
{
    if (due->first == 0 || now < due->first) {
        due->first = now;
    }
    due->next = due->first + ((now - due->first) / interval + 1) * interval;
    if (soon > 0 && now + soon < due->next) {
        due->next = now + soon;
    }
}
