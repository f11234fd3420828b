/* SPDX-License-Identifier: Apache-2.0 */
/* Reads DER (X.690) step by step: elements, times, integers and extensions. */
#ifndef CC_CRL_DER_H
#define CC_CRL_DER_H

#include <stdbool.h>

#include <apr.h>

typedef struct cc_der_span_t {
    const unsigned char *at;
    const unsigned char *end;
} cc_der_span_t;

static inline apr_size_t cc_der_span_len(cc_der_span_t span)
{
    return (apr_size_t)(span.end - span.at);
}

typedef struct cc_der_t {
    unsigned char tag;
    cc_der_span_t whole;   /* with tag and length */
    cc_der_span_t content; /* without */
} cc_der_t;

enum {
    CC_DER_BOOLEAN = 0x01,
    CC_DER_INTEGER = 0x02,
    CC_DER_BIT_STRING = 0x03,
    CC_DER_OCTET_STRING = 0x04,
    CC_DER_OID = 0x06,
    CC_DER_ENUMERATED = 0x0A,
    CC_DER_UTC_TIME = 0x17,
    CC_DER_GENERALIZED_TIME = 0x18,
    CC_DER_SEQUENCE = 0x30,
    CC_DER_CONTEXT_0 = 0xA0
};

/** Reads an element and moves past it; false if there is none, or it is not valid DER. */
bool cc_der_next(cc_der_t *element, cc_der_span_t *from);

/** The same for an element with this tag; otherwise `from` does not change. */
bool cc_der_expect(cc_der_t *element, cc_der_span_t *from, unsigned char tag);

/** True if an element begins here whose end is missing. */
bool cc_der_cut_off(cc_der_span_t from);

/** The seconds since 1970 of a Time (RFC 5280 4.1.2.5). */
bool cc_der_time(apr_int64_t *seconds, const cc_der_t *element);

/** True if these are the content octets of an INTEGER in DER: at least one, and the shortest form.
 */
bool cc_der_is_integer(cc_der_span_t content);

typedef struct cc_extension_t {
    cc_der_span_t oid; /* as an element */
    int id;            /* n, if the OID is 2.5.29.n with n < 128; otherwise 0 */
    bool critical;
    cc_der_span_t value;
} cc_extension_t;

/** The last arc of OIDs of extensions below 2.5.29. */
enum {
    CC_EXT_CRL_NUMBER = 20,
    CC_EXT_REASON = 21,
    CC_EXT_HOLD_INSTRUCTION = 23,
    CC_EXT_INVALIDITY_DATE = 24,
    CC_EXT_DELTA = 27,
    CC_EXT_ISSUING_POINT = 28,
    CC_EXT_CERTIFICATE_ISSUER = 29,
    CC_EXT_AUTHORITY_KEY = 35
};

bool cc_der_extension(cc_extension_t *extension, cc_der_span_t *from);

#endif
