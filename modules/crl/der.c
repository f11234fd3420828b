/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how to step through DER (X.690): elements, times, integers and extensions. */
#include "crl/der.h"

#include <stddef.h>
#include <string.h>

#define LONG_TAG 0x1F
#define LENGTH_OCTETS 4 /* nothing here is larger than 4 GB */

/* Reads tag and length; *content is where what they announce begins. */
static bool header_read(unsigned char *tag, apr_size_t *len, cc_span_t *content, cc_span_t from)
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
            return false; /* the short form would have done */
        }
    }
    *content = (cc_span_t){at, from.end};
    return true;
}

bool cc_der_next(cc_der_t *element, cc_span_t *from)
{
    cc_span_t content;
    apr_size_t len = 0;

    if (!header_read(&element->tag, &len, &content, *from) ||
        len > (apr_size_t)(content.end - content.at)) {
        return false;
    }
    content.end = content.at + len;
    element->content = content;
    element->whole = (cc_span_t){from->at, content.end};
    from->at = content.end;
    return true;
}

bool cc_der_expect(cc_der_t *element, cc_span_t *from, unsigned char tag)
{
    return from->at < from->end && *from->at == tag && cc_der_next(element, from);
}

bool cc_der_cut_off(cc_span_t from)
{
    cc_span_t content;
    unsigned char tag = 0;
    apr_size_t len = 0;

    if (from.end - from.at < 2 + LENGTH_OCTETS) {
        return true;
    }
    return header_read(&tag, &len, &content, from) && len > (apr_size_t)(content.end - content.at);
}

/* ---- times ----------------------------------------------------------------------------------- */

/* The number that `count` digits are, or -1. */
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

/* Days from 1970-01-01; years begin in March here, so that a leap day is the last of its year. */
static apr_int64_t days_from_epoch(int year, int month, int day)
{
    int from_march = (month + 9) % 12;
    apr_int64_t y = year - (month <= 2);

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * from_march + 2) / 5 + day - 1 - 719468;
}

/* RFC 5280 4.1.2.5: UTC, to the second, and no other form. */
bool cc_der_time(apr_int64_t *seconds, const cc_der_t *element)
{
    const unsigned char *at = element->content.at;
    apr_size_t len = cc_span_len(element->content);
    bool general = element->tag == CC_DER_GENERALIZED_TIME;
    int year, month, day, hour, minute, second;

    if (!(general && len == 15) && !(element->tag == CC_DER_UTC_TIME && len == 13)) {
        return false;
    }
    year = digits_read(at, general ? 4 : 2);
    at += general ? 4 : 2;
    month = digits_read(at, 2);
    day = digits_read(at + 2, 2);
    hour = digits_read(at + 4, 2);
    minute = digits_read(at + 6, 2);
    second = digits_read(at + 8, 2);
    if (at[10] != 'Z' || year < 0 || month < 1 || month > 12 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 59) {
        return false;
    }
    if (!general) {
        year += year < 50 ? 2000 : 1900;
    }
    if (day < 1 || day > days_in(year, month)) {
        return false;
    }
    *seconds = days_from_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return true;
}

/* ---- integers and extensions ----------------------------------------------------------------- */

bool cc_der_is_integer(cc_span_t content)
{
    apr_size_t len = cc_span_len(content);

    if (len < 2) {
        return len == 1;
    }
    return !(content.at[0] == 0x00 && content.at[1] < 0x80) &&
           !(content.at[0] == 0xFF && content.at[1] >= 0x80);
}

bool cc_der_extension(cc_extension_t *extension, cc_span_t *from)
{
    cc_der_t sequence, element;

    if (!cc_der_expect(&sequence, from, CC_DER_SEQUENCE) ||
        !cc_der_expect(&element, &sequence.content, CC_DER_OID)) {
        return false;
    }
    extension->oid = element.whole;
    extension->id = 0;
    if (cc_span_len(element.content) == 3 && memcmp(element.content.at, "\x55\x1D", 2) == 0 &&
        element.content.at[2] < 0x80) {
        extension->id = element.content.at[2];
    }
    extension->critical = false;
    if (cc_der_expect(&element, &sequence.content, CC_DER_BOOLEAN)) {
        if (cc_span_len(element.content) != 1 || *element.content.at != 0xFF) {
            return false; /* FALSE is the default, which DER does not write */
        }
        extension->critical = true;
    }
    if (!cc_der_expect(&element, &sequence.content, CC_DER_OCTET_STRING)) {
        return false;
    }
    extension->value = element.content;
    return sequence.content.at == sequence.content.end;
}
