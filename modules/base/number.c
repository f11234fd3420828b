/* SPDX-License-Identifier: Apache-2.0 */
/* Parses numbers and seconds of the configuration. */
#include "base/number.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

apr_int64_t cc_number_read(const char *text)
{
    apr_int64_t number = 0;

    if (!apr_isdigit(*text) || strspn(text, "0123456789") != strlen(text)) {
        return -1;
    }
    number = apr_atoi64(text);
    return number > CC_NUMBER_MAX ? -1 : number;
}

apr_interval_time_t cc_seconds_read(const char *text, apr_pool_t *p)
{
    const char *dot = strchr(text, '.');
    apr_size_t digits = dot ? strlen(dot + 1) : 0;
    apr_size_t whole = dot ? (apr_size_t)(dot - text) : strlen(text);
    apr_int64_t seconds = cc_number_read(apr_pstrmemdup(p, text, whole));
    apr_int64_t fraction = dot ? cc_number_read(dot + 1) : 0;

    if (seconds < 0 || fraction < 0 || digits > 6) {
        return -1;
    }
    for (; digits < 6; digits++) {
        fraction *= 10;
    }
    return apr_time_from_sec(seconds) + fraction;
}
