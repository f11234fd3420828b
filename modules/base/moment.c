/* SPDX-License-Identifier: Apache-2.0 */
/* Converts moments to and from ISO 8601 text and eight octets, and from ASN.1 times. */
#include "base/moment.h"

#include <string.h>

#include <apr_strings.h>

/* A calendar date and a time of day. */
typedef struct civil_t {
    int year, month, day;
    int hour, minute, second;
} civil_t;

const char *cc_moment_text(apr_time_t moment, apr_pool_t *p)
{
    apr_time_exp_t t;

    apr_time_exp_gmt(&t, moment);
    return apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900, t.tm_mon + 1,
                        t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

void cc_moment_put(unsigned char octets[8], apr_time_t moment)
{
    for (int i = 0; i < 8; i++) {
        octets[i] = (unsigned char)((apr_uint64_t)moment >> (56 - 8 * i));
    }
}

apr_time_t cc_moment_get(const unsigned char octets[8])
{
    apr_uint64_t moment = 0;

    for (int i = 0; i < 8; i++) {
        moment = moment << 8 | octets[i];
    }
    return (apr_time_t)moment;
}

/* ---- ASN.1 ----------------------------------------------------------------------------------- */

/* The number that `count` digits represent, or -1. */
static int digits_read(const unsigned char *at, int count)
{
    int number = 0;

    for (int i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return -1;
        }
        number = 10 * number + (at[i] - '0');
    }
    return number;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

static bool is_date(const civil_t *t)
{
    return t->year >= 0 && t->month >= 1 && t->month <= 12 && t->day >= 1 &&
           t->day <= days_in(t->year, t->month) && t->hour >= 0 && t->hour <= 23 &&
           t->minute >= 0 && t->minute <= 59 && t->second >= 0 && t->second <= 59;
}

/* Days from 1970-01-01; years begin in March here, so that a leap day is the last of its year. */
static apr_int64_t days_from_epoch(int year, int month, int day)
{
    int from_march = (month + 9) % 12;
    apr_int64_t y = year - (month <= 2);
    apr_int64_t leap_days = y < 0 ? -1 : y / 4 - y / 100 + y / 400;

    return 365 * y + leap_days + (153 * from_march + 2) / 5 + day - 1 - 719468;
}

bool cc_moment_asn1(apr_int64_t *seconds, cc_time_form_t form, const unsigned char *octets,
                    apr_size_t len)
{
    int year_digits = form == CC_GENERALIZED_TIME ? 4 : 2;
    const unsigned char *rest;
    civil_t t;

    if (len != (apr_size_t)year_digits + 11 || octets[len - 1] != 'Z') {
        return false;
    }
    rest = octets + year_digits;
    t = (civil_t){digits_read(octets, year_digits), digits_read(rest, 2),
                  digits_read(rest + 2, 2),         digits_read(rest + 4, 2),
                  digits_read(rest + 6, 2),         digits_read(rest + 8, 2)};
    if (form == CC_UTC_TIME && t.year >= 0) {
        t.year += t.year < 50 ? 2000 : 1900;
    }
    if (!is_date(&t)) {
        return false;
    }
    *seconds =
        days_from_epoch(t.year, t.month, t.day) * 86400 + t.hour * 3600 + t.minute * 60 + t.second;
    return true;
}

/* ---- ISO 8601 -------------------------------------------------------------------------------- */

#define DATE_LEN 10
#define MOMENT_LEN 20

bool cc_moment_read(apr_time_t *moment, bool *is_date, const char *text)
{
    static const char shape[] = "0000-00-00T00:00:00Z";
    unsigned char asn1[] = "00000000000000Z";
    size_t len = strlen(text);
    size_t count = 0;
    apr_int64_t seconds = 0;

    if (len != DATE_LEN && len != MOMENT_LEN) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';

        if (shape[i] == '0' ? !digit : text[i] != shape[i]) {
            return false;
        }
        if (digit) {
            asn1[count++] = (unsigned char)text[i];
        }
    }
    if (!cc_moment_asn1(&seconds, CC_GENERALIZED_TIME, asn1, sizeof(asn1) - 1)) {
        return false;
    }
    *moment = apr_time_from_sec(seconds);
    *is_date = len == DATE_LEN;
    return true;
}
