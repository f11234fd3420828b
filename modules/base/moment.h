/* SPDX-License-Identifier: Apache-2.0 */
/* Converts moments to and from ISO 8601 text and eight octets, and from ASN.1 times. */
#ifndef CC_MOMENT_H
#define CC_MOMENT_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_time.h>

/** ISO 8601 in UTC, to the second ("2026-11-20T12:00:00Z"), in `p`. */
const char *cc_moment_text(apr_time_t moment, apr_pool_t *p);

/**
 * Reads "2026-11-20T12:00:00Z", or a date, "2026-11-20", which is its beginning (*is_date), in UTC
 * and in no other form. False if it is neither; *moment and *is_date are then unchanged.
 */
bool cc_moment_read(apr_time_t *moment, bool *is_date, const char *text);

/** A moment as eight octets, big-endian; and back. */
void cc_moment_put(unsigned char octets[8], apr_time_t moment);
apr_time_t cc_moment_get(const unsigned char octets[8]);

/** The two ASN.1 types of a time. */
typedef enum { CC_UTC_TIME, CC_GENERALIZED_TIME } cc_time_form_t;

/**
 * Reads the content octets of an ASN.1 time in the form that RFC 5280 4.1.2.5 requires: UTC, to the
 * second, and no other form. *seconds since 1970 may be negative. False if it is not such a time;
 * *seconds is then unchanged.
 */
bool cc_moment_asn1(apr_int64_t *seconds, cc_time_form_t form, const unsigned char *octets,
                    apr_size_t len);

#endif
