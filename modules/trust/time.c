/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how a moment is written: in octets of ours, and in ASN.1. */
#include <string.h>

#include <openssl/asn1.h>

#include "trust/room.h"

void cc_time_put(unsigned char octets[8], apr_time_t at)
{
    for (int i = 0; i < 8; i++) {
        octets[i] = (unsigned char)((apr_uint64_t)at >> (56 - 8 * i));
    }
}

apr_time_t cc_time_get(const unsigned char octets[8])
{
    apr_uint64_t at = 0;

    for (int i = 0; i < 8; i++) {
        at = at << 8 | octets[i];
    }
    return (apr_time_t)at;
}

bool cc_time_read(apr_time_t *at, const ASN1_TIME *from)
{
    apr_time_exp_t exploded = {0};
    struct tm tm;

    if (!from || !ASN1_TIME_to_tm(from, &tm)) {
        return false;
    }
    exploded.tm_year = tm.tm_year;
    exploded.tm_mon = tm.tm_mon;
    exploded.tm_mday = tm.tm_mday;
    exploded.tm_hour = tm.tm_hour;
    exploded.tm_min = tm.tm_min;
    exploded.tm_sec = tm.tm_sec;
    return apr_time_exp_gmt_get(at, &exploded) == APR_SUCCESS;
}
