/* SPDX-License-Identifier: Apache-2.0 */
/* Extracts the fields of the validity period (RFC 5280 4.1.2.5), and parses dates in operands. */

#include "base/moment.h"
#include "cert/internal.h"

#define DAY APR_INT64_C(86400)

bool cc_cert_time_read(apr_int64_t *seconds, const ASN1_TIME *time)
{
    cc_time_form_t form =
        ASN1_STRING_type(time) == V_ASN1_UTCTIME ? CC_UTC_TIME : CC_GENERALIZED_TIME;

    return cc_moment_asn1(seconds, form, ASN1_STRING_get0_data(time),
                          (apr_size_t)ASN1_STRING_length(time));
}

cc_value_t cc_value_time(apr_time_t time, apr_pool_t *p)
{
    cc_value_t value = cc_value_words(cc_moment_text(time, p), p);

    value.number = apr_time_sec(time);
    return value;
}

static cc_value_t time_value(const ASN1_TIME *time, apr_pool_t *p)
{
    apr_int64_t seconds = 0;

    if (!cc_cert_time_read(&seconds, time)) {
        return cc_value_unusable("it is a date that cannot be decoded", ASN1_STRING_get0_data(time),
                                 (apr_size_t)ASN1_STRING_length(time), p);
    }
    return cc_value_time(apr_time_from_sec(seconds), p);
}

cc_values_t cc_time_extract(const cc_extraction_t *s)
{
    return cc_values_one(time_value(s->variant == CC_NOT_BEFORE ? X509_get0_notBefore(s->x509)
                                                                : X509_get0_notAfter(s->x509),
                                    s->pool),
                         s->pool);
}

static bool span_read(const X509 *x509, apr_int64_t *begin, apr_int64_t *end)
{
    return cc_cert_time_read(begin, X509_get0_notBefore(x509)) &&
           cc_cert_time_read(end, X509_get0_notAfter(x509));
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
    apr_int64_t seconds = 0;

    if (!cc_cert_time_read(&seconds, X509_get0_notAfter(x509))) {
        return false;
    }
    *end = apr_time_from_sec(seconds);
    *days = floor_divide(*end - now, apr_time_from_sec(DAY));
    return true;
}

cc_values_t cc_days_left_extract(const cc_extraction_t *s)
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
cc_values_t cc_lifetime_extract(const cc_extraction_t *s)
{
    apr_int64_t begin = 0;
    apr_int64_t end = 0;

    if (!span_read(s->x509, &begin, &end)) {
        return cc_values_unusable("its notBefore or notAfter cannot be decoded", NULL, 0, s->pool);
    }
    return cc_values_one(cc_value_number(floor_divide(end - begin + 1, DAY), s->pool), s->pool);
}

/* ---- operands ------------------------------------------------------------------------------- */

apr_status_t cc_operand_time(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                             cc_error_t *err)
{
    apr_time_t moment = 0;
    bool is_date = false;

    (void)variant;
    if (!cc_moment_read(&moment, &is_date, text)) {
        return cc_error_set(err, p, "CC0277", text,
                            "not a date; write 2026-11-20 or "
                            "2026-11-20T12:00:00Z (UTC)");
    }
    *value = cc_value_time(moment, p);
    return APR_SUCCESS;
}
