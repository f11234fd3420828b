/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a clock that is never set back. */
#include <time.h>

#include "ca/followed.h"

static apr_time_t monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return apr_time_from_sec(now.tv_sec) + now.tv_nsec / 1000;
}

/*
 * A verdict counts if it was made after its CA was added. Verdicts have the time of the system's
 * clock. If that is set back, a CA that is added must not get a time before earlier verdicts.
 */
apr_time_t cc_ca_clock_read(cc_ca_clock_t *clock)
{
    apr_time_t measured = monotonic();
    apr_time_t least = clock->time + (clock->time ? measured - clock->measured : 0) + 1;
    apr_time_t time = apr_time_now();

    clock->time = time > least ? time : least;
    clock->measured = measured;
    return clock->time;
}
