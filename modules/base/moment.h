/* SPDX-License-Identifier: Apache-2.0 */
/* Moments: as ISO 8601 text, as eight octets, and as certificates write them. */
#ifndef CC_MOMENT_H
#define CC_MOMENT_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_time.h>

/** ISO 8601 in UTC, to the second ("2026-11-20T12:00:00Z"), in `p`. */
const char *cc_moment_text(apr_time_t moment, apr_pool_t *p);

/** A moment as eight octets, big-endian; and back. */
void cc_moment_put(unsigned char octets[8], apr_time_t moment);
apr_time_t cc_moment_get(const unsigned char octets[8]);

/** The two types that ASN.1 has for a time. */
typedef enum { CC_UTC_TIME, CC_GENERALIZED_TIME } cc_time_form_t;

/**
 * Reads the content octets of a time of ASN.1 as RFC 5280 4.1.2.5 has it: UTC, to the second, and
 * no other form. *seconds since 1970 may be negative. False where it is none: *seconds is left
 * alone then.
 */
bool cc_moment_asn1(apr_int64_t *seconds, cc_time_form_t form, const unsigned char *octets,
                    apr_size_t len);

#endif
