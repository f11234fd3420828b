/* SPDX-License-Identifier: Apache-2.0 */
/* Parses numbers and seconds of the configuration. */
#ifndef CC_NUMBER_H
#define CC_NUMBER_H

#include <apr_pools.h>
#include <apr_time.h>

#define CC_NUMBER_MAX 1000000000

/** The number, 0 to CC_NUMBER_MAX, that a text represents, or -1. */
apr_int64_t cc_number_read(const char *text);

/** The microseconds of a number of seconds such as 5 or 0.25, or -1. */
apr_interval_time_t cc_seconds_read(const char *text, apr_pool_t *p);

#endif
