/* SPDX-License-Identifier: Apache-2.0 */
/* Writes moments as people write them. */
#include <string.h>

#include <apr_strings.h>

#include "base/moment.h"
#include "httpd/status/dates.h"

const char *cc_date_text(apr_time_t moment, apr_pool_t *p)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    apr_time_exp_t t;

    apr_time_exp_gmt(&t, moment);
    return apr_psprintf(p, "%d %s %04d, %02d:%02d UTC", t.tm_mday, months[t.tm_mon],
                        t.tm_year + 1900, t.tm_hour, t.tm_min);
}

/* The largest unit of which there are at least two. */
static const char *span_text(apr_int64_t seconds, apr_pool_t *p)
{
    static const struct {
        apr_int64_t seconds;
        const char *name;
    } units[] = {{86400, "days"}, {3600, "hours"}, {60, "minutes"}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (seconds >= 2 * units[i].seconds) {
            return apr_psprintf(p, "%" APR_INT64_T_FMT " %s", seconds / units[i].seconds,
                                units[i].name);
        }
    }
    return "less than 2 minutes";
}

const char *cc_date_distance(apr_time_t moment, apr_time_t now, apr_pool_t *p)
{
    apr_int64_t seconds = apr_time_sec(moment) - apr_time_sec(now);

    return seconds < 0 ? apr_pstrcat(p, span_text(-seconds, p), " ago", NULL)
                       : apr_pstrcat(p, "in ", span_text(seconds, p), NULL);
}

/* Without its punctuation, the text is a GeneralizedTime. */
bool cc_date_read(apr_time_t *moment, const char *text)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    unsigned char digits[sizeof("00000000000000Z") - 1];
    apr_size_t len = 0;
    apr_int64_t seconds;

    if (strlen(text) != sizeof(form) - 1) {
        return false;
    }
    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        if (form[i] == '0' || form[i] == 'Z') {
            digits[len++] = (unsigned char)text[i];
        } else if (text[i] != form[i]) {
            return false;
        }
    }
    if (!cc_moment_asn1(&seconds, CC_GENERALIZED_TIME, digits, len)) {
        return false;
    }
    *moment = apr_time_from_sec(seconds);
    return true;
}
