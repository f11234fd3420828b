/* SPDX-License-Identifier: Apache-2.0 */
/* Reads DER (X.690) step by step: elements, times, integers and extensions. */
#include "crl/der.h"

#include <stddef.h>
#include <string.h>

#include "base/moment.h"

#define LONG_TAG 0x1F
#define LENGTH_OCTETS 4 /* nothing here is larger than 4 GB */

/* Reads tag and length; *content is the start of the content. */
static bool header_read(unsigned char *tag, apr_size_t *len, cc_der_span_t *content,
                        cc_der_span_t from)
{
    const unsigned char *at = from.at;
    unsigned octets = 0;

    if (from.end - at < 2 || (at[0] & LONG_TAG) == LONG_TAG) {
        return false;
    }
    *tag = at[0];
    *len = at[1];
    at += 2;
    if (*len >= 0x80) {
        octets = *len & 0x7F;
        if (octets == 0 || octets > LENGTH_OCTETS || from.end - at < (ptrdiff_t)octets ||
            at[0] == 0) {
            return false;
        }
        for (*len = 0; octets > 0; octets--) {
            *len = *len << 8 | *at++;
        }
        if (*len < 0x80) {
            return false; /* not the shortest form */
        }
    }
    *content = (cc_der_span_t){at, from.end};
    return true;
}

bool cc_der_next(cc_der_t *element, cc_der_span_t *from)
{
    cc_der_span_t content;
    apr_size_t len = 0;

    if (!header_read(&element->tag, &len, &content, *from) ||
        len > (apr_size_t)(content.end - content.at)) {
        return false;
    }
    content.end = content.at + len;
    element->content = content;
    element->whole = (cc_der_span_t){from->at, content.end};
    from->at = content.end;
    return true;
}

bool cc_der_expect(cc_der_t *element, cc_der_span_t *from, unsigned char tag)
{
    return from->at < from->end && *from->at == tag && cc_der_next(element, from);
}

bool cc_der_cut_off(cc_der_span_t from)
{
    cc_der_span_t content;
    unsigned char tag = 0;
    apr_size_t len = 0;

    if (from.end - from.at < 2 + LENGTH_OCTETS) {
        return true;
    }
    return header_read(&tag, &len, &content, from) && len > (apr_size_t)(content.end - content.at);
}

bool cc_der_time(apr_int64_t *seconds, const cc_der_t *element)
{
    cc_time_form_t form =
        element->tag == CC_DER_GENERALIZED_TIME ? CC_GENERALIZED_TIME : CC_UTC_TIME;

    return (form == CC_GENERALIZED_TIME || element->tag == CC_DER_UTC_TIME) &&
           cc_moment_asn1(seconds, form, element->content.at, cc_der_span_len(element->content));
}

/* ---- integers and extensions ----------------------------------------------------------------- */

bool cc_der_is_integer(cc_der_span_t content)
{
    apr_size_t len = cc_der_span_len(content);

    if (len < 2) {
        return len == 1;
    }
    return !(content.at[0] == 0x00 && content.at[1] < 0x80) &&
           !(content.at[0] == 0xFF && content.at[1] >= 0x80);
}

bool cc_der_extension(cc_extension_t *extension, cc_der_span_t *from)
{
    cc_der_t sequence, element;

    if (!cc_der_expect(&sequence, from, CC_DER_SEQUENCE) ||
        !cc_der_expect(&element, &sequence.content, CC_DER_OID)) {
        return false;
    }
    extension->oid = element.whole;
    extension->id = 0;
    if (cc_der_span_len(element.content) == 3 && memcmp(element.content.at, "\x55\x1D", 2) == 0 &&
        element.content.at[2] < 0x80) {
        extension->id = element.content.at[2];
    }
    extension->critical = false;
    if (cc_der_expect(&element, &sequence.content, CC_DER_BOOLEAN)) {
        if (cc_der_span_len(element.content) != 1 || *element.content.at != 0xFF) {
            return false; /* FALSE is the default, which DER omits */
        }
        extension->critical = true;
    }
    if (!cc_der_expect(&element, &sequence.content, CC_DER_OCTET_STRING)) {
        return false;
    }
    extension->value = element.content;
    return sequence.content.at == sequence.content.end;
}
