/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that broken headers of the PROXY protocol are refused. */
#include <stdint.h>

#include "proxyset.h"
#include "suite.h"

/* ---- TLVs ------------------------------------------------------------------------------------ */

TEST(no_tlv_extends_beyond_the_header)
{
    apr_size_t before = pp2.len;

    pp2_ssl(PP2_PRESENTED, PP2_DER, 5);
    for (apr_size_t end = pp2.len - 1; end > before; end--) {
        pp2_cut(end);
        pp2_expect_error(PP2_CERT, "CC0493", "the end of the header");
    }
    pp2_cut(before);
    pp2_expect_none(PP2_CERT);
}

TEST(no_tlv_extends_beyond_its_parent)
{
    for (apr_size_t count = 1; count < 3 + 5; count++) {
        pp2.len = CC_PROXY_PROTOCOL_FIXED + 12;
        pp2_tlv_begin(PP2_SSL, 5 + count);
        pp2_put(PP2_PRESENTED, 5);
        pp2_tlv_begin(PP2_CERT, 5);
        pp2_put(PP2_DER, 5);
        pp2.len -= 3 + 5 - count;
        PP2_TLV(PP2_NOOP, "0123456789"); /* what the TLV would extend into */
        pp2_expect_error(PP2_CERT, "CC0493", "PP2_TYPE_SSL");
        pp2_expect_error(PP2_CUSTOM, "CC0493", "PP2_TYPE_SSL");
    }
}

TEST(no_type_that_counts_occurs_twice)
{
    pp2_ssl(PP2_PRESENTED, PP2_DER, 5);
    pp2_ssl(PP2_PRESENTED, PP2_DER, 5);
    pp2_expect_error(PP2_CERT, "CC0494", "0x20");
    pp2_expect_error(PP2_CUSTOM, "CC0494", "0x20");
}

TEST(no_second_certificate_is_in_the_tlv_about_tls)
{
    pp2_tlv_begin(PP2_SSL, 5 + 3 + 5 + 3);
    pp2_put(PP2_PRESENTED, 5);
    PP2_TLV(PP2_CERT, PP2_DER);
    PP2_TLV(PP2_CERT, "");
    pp2_expect_error(PP2_CERT, "CC0494", "0x28");
}

TEST(a_second_tlv_for_applications_is_an_error_if_the_first_counts)
{
    PP2_TLV(PP2_CUSTOM, PP2_DER);
    PP2_TLV(PP2_CUSTOM, "");
    pp2_expect_error(PP2_CUSTOM, "CC0494", "0xE0");
    pp2_expect_none(PP2_CERT);
    pp2_expect_none(PP2_CUSTOM + 1);
}

TEST(the_tlv_about_tls_has_at_least_5_octets)
{
    PP2_TLV(PP2_SSL, "\3\0\0\0");
    pp2_expect_error(PP2_CERT, "CC0495", "at least 5");
}

/* ---- CRC32C ---------------------------------------------------------------------------------- */

/* Bit by bit, as the polynomial of RFC 4960 says. */
static uint32_t crc_of(const void *text, apr_size_t count)
{
    const unsigned char *at = text;
    uint32_t crc = 0xFFFFFFFF;

    for (apr_size_t i = 0; i < 8 * count; i++) {
        crc ^= (uint32_t)(at[i / 8] >> i % 8 & 1);
        crc = crc & 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
    }
    return ~crc;
}

/* A header with a CRC before the certificate. */
static apr_size_t crc_put(void)
{
    apr_size_t place = pp2.len + 3;
    uint32_t crc;

    pp2_tlv(PP2_CRC32C, "\0\0\0\0", 4);
    pp2_ssl(PP2_PRESENTED, PP2_DER, 5);
    crc = crc_of(pp2.octets, pp2.len);
    for (int i = 0; i < 4; i++) {
        pp2.octets[place + i] = (unsigned char)(crc >> (24 - 8 * i));
    }
    return place;
}

TEST(a_correct_crc_is_accepted)
{
    ck_assert_uint_eq(crc_of("123456789", 9), 0xE3069283);
    crc_put();
    pp2_expect_cert(PP2_CERT);
}

/* Without its type, the CRC would be a TLV that is ignored. */
TEST(a_wrong_crc_is_an_error)
{
    apr_size_t place = crc_put();

    for (apr_size_t i = CC_PROXY_PROTOCOL_FIXED; i < pp2.len; i++) {
        if (i == place - 3) {
            continue;
        }
        pp2.octets[i] ^= 0x40;
        ck_assert_int_eq(pp2_read(PP2_CERT), APR_EINVAL);
        if (i >= place && i < place + 4) {
            ck_assert_str_eq(pp2.error.tag, "CC0496");
        }
        pp2.octets[i] ^= 0x40;
    }
    pp2.octets[pp2.len - 1] ^= 1;
    pp2_expect_error(PP2_CERT, "CC0496", "damaged");
}

TEST(a_crc_has_4_octets)
{
    apr_size_t before = pp2.len;

    PP2_TLV(PP2_CRC32C, "\0\0\0");
    pp2_expect_error(PP2_CERT, "CC0495", "a CRC32C has 4");
    pp2.len = before;
    PP2_TLV(PP2_CRC32C, "\0\0\0\0\0");
    pp2_expect_error(PP2_CERT, "CC0495", "a CRC32C has 4");
}

SUITE("proxy_protocol_broken", .setup = proxyset_setup, .teardown = proxyset_teardown);
