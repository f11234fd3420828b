/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the validity period (RFC 5280 4.1.2.5) and what is computed from it. */
#include <string.h>
#include <time.h>

#include <apr_strings.h>

#include <openssl/crypto.h>

#include "cert/internal.h"

#define DAY APR_INT64_C(86400)

/* RFC 5280 allows YYMMDDHHMMSSZ and YYYYMMDDHHMMSSZ and nothing else of what ASN.1 has. */
static bool is_strict(const ASN1_TIME *time)
{
    const char *text = (const char *)ASN1_STRING_get0_data(time);
    size_t len = (size_t)ASN1_STRING_length(time);
    size_t wanted = ASN1_STRING_type(time) == V_ASN1_UTCTIME ? 13 : 15;

    return len == wanted && strspn(text, "0123456789") == len - 1 && text[len - 1] == 'Z';
}

static bool time_read(const ASN1_TIME *time, struct tm *tm, apr_int64_t *seconds)
{
    struct tm epoch = {0};
    int days = 0;
    int rest = 0;

    epoch.tm_year = 70;
    epoch.tm_mday = 1;
    if (!is_strict(time) || !ASN1_TIME_to_tm(time, tm) ||
        !OPENSSL_gmtime_diff(&days, &rest, &epoch, tm)) {
        return false;
    }
    *seconds = days * DAY + rest;
    return true;
}

static cc_value_t time_value(const ASN1_TIME *time, apr_pool_t *p)
{
    struct tm tm = {0};
    apr_int64_t seconds = 0;
    cc_value_t value;

    if (!time_read(time, &tm, &seconds)) {
        return cc_value_unusable("it is a date that cannot be decoded", ASN1_STRING_get0_data(time),
                                 (apr_size_t)ASN1_STRING_length(time), p);
    }
    value =
        cc_value_words(apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                                    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec),
                       p);
    value.number = seconds;
    return value;
}

cc_value_t cc_value_time(apr_time_t time, apr_pool_t *p)
{
    cc_value_t value;
    apr_time_exp_t t;

    apr_time_exp_gmt(&t, time);
    value = cc_value_words(apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900,
                                        t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec),
                           p);
    value.number = apr_time_sec(time);
    return value;
}

cc_values_t cc_time_extract(const cc_source_t *s)
{
    return cc_values_one(time_value(s->what == CC_NOT_BEFORE ? X509_get0_notBefore(s->x509)
                                                             : X509_get0_notAfter(s->x509),
                                    s->pool),
                         s->pool);
}

static bool span_read(const X509 *x509, apr_int64_t *begin, apr_int64_t *end)
{
    struct tm tm = {0};

    return time_read(X509_get0_notBefore(x509), &tm, begin) &&
           time_read(X509_get0_notAfter(x509), &tm, end);
}

void cc_cert_validity(const cc_cert_t *cert, apr_time_t *not_before, apr_time_t *not_after)
{
    apr_int64_t begin = 0;
    apr_int64_t end = 0;

    if (span_read(cert->x509, &begin, &end)) {
        *not_before = apr_time_from_sec(begin);
        *not_after = apr_time_from_sec(end);
    } else {
        *not_before = 1;
        *not_after = 0;
    }
}

/* ---- days ----------------------------------------------------------------------------------- */

static apr_int64_t floor_divide(apr_int64_t a, apr_int64_t b)
{
    return a / b - (a % b < 0);
}

static bool days_left(const X509 *x509, apr_time_t now, apr_int64_t *days, apr_time_t *end)
{
    struct tm tm = {0};
    apr_int64_t seconds = 0;

    if (!time_read(X509_get0_notAfter(x509), &tm, &seconds)) {
        return false;
    }
    *end = apr_time_from_sec(seconds);
    *days = floor_divide(*end - now, apr_time_from_sec(DAY));
    return true;
}

cc_values_t cc_days_left_extract(const cc_source_t *s)
{
    apr_int64_t days = 0;
    apr_time_t end = 0;

    if (!days_left(s->x509, s->facts->now, &days, &end)) {
        return cc_values_unusable("its notAfter cannot be decoded", NULL, 0, s->pool);
    }
    return cc_values_one(cc_value_number(days, s->pool), s->pool);
}

apr_time_t cc_days_left_stale_at(const X509 *x509, apr_time_t now)
{
    apr_int64_t days = 0;
    apr_time_t end = 0;

    if (!days_left(x509, now, &days, &end)) {
        return APR_INT64_MAX;
    }
    return end - days * apr_time_from_sec(DAY) + 1;
}

/* Both ends belong to the period. */
cc_values_t cc_lifetime_extract(const cc_source_t *s)
{
    apr_int64_t begin = 0;
    apr_int64_t end = 0;

    if (!span_read(s->x509, &begin, &end)) {
        return cc_values_unusable("its notBefore or notAfter cannot be decoded", NULL, 0, s->pool);
    }
    return cc_values_one(cc_value_number(floor_divide(end - begin + 1, DAY), s->pool), s->pool);
}

/* ---- operands ------------------------------------------------------------------------------- */

/* "2026-11-20T12:00:00Z" or the first ten characters of it as "20261120120000Z", or NULL. */
static const char *to_asn1(const char *text, apr_pool_t *p)
{
    static const char shape[] = "0000-00-00T00:00:00Z";
    size_t len = strlen(text);
    char digits[16] = "";
    size_t count = 0;

    if (len != 10 && len != 20) {
        return NULL;
    }
    for (size_t i = 0; i < len; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == '0' ? !digit : text[i] != shape[i]) {
            return NULL;
        }
        if (digit) {
            digits[count++] = text[i];
        }
    }
    return apr_pstrcat(p, digits, len == 10 ? "000000" : "", "Z", NULL);
}

apr_status_t cc_operand_time(cc_value_t *value, const char *text, int what, apr_pool_t *p,
                             cc_error_t *err)
{
    const char *digits = to_asn1(text, p);
    ASN1_TIME *time = digits ? ASN1_GENERALIZEDTIME_new() : NULL;
    bool legal = time && ASN1_GENERALIZEDTIME_set_string(time, digits);

    (void)what;
    if (legal) {
        *value = time_value(time, p);
    }
    ASN1_TIME_free(time);
    if (!legal || value->unusable) {
        return cc_error_set(err, p, "CC0277", text,
                            "not a date; write 2026-11-20 or "
                            "2026-11-20T12:00:00Z (UTC)");
    }
    return APR_SUCCESS;
}
