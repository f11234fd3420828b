/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how headers of the PROXY protocol, version 2, are read and shortened. */
#include <string.h>

#include <apr_strings.h>

#include "proxyset.h"
#include "suite.h"

/* ---- the fixed octets and the addresses ------------------------------------------------------ */

TEST(the_signature_is_recognized_from_its_first_octets_on)
{
    for (apr_size_t i = 0; i <= pp2.len; i++) {
        ck_assert(cc_proxy_protocol_begins(pp2.octets, i));
    }
    for (apr_size_t i = 0; i < 12; i++) {
        pp2.octets[i] ^= 1;
        ck_assert(cc_proxy_protocol_begins(pp2.octets, i));
        ck_assert(!cc_proxy_protocol_begins(pp2.octets, i + 1));
        pp2.octets[i] ^= 1;
    }
    ck_assert(!cc_proxy_protocol_begins((const unsigned char *)"PROXY TCP4 ", 11));
}

TEST(the_length_has_two_octets)
{
    pp2.octets[14] = 0xAB;
    pp2.octets[15] = 0xCD;
    ck_assert_uint_eq(cc_proxy_protocol_length(pp2.octets), 16 + 0xABCD);
    ck_assert_uint_eq(CC_PROXY_PROTOCOL_MAX, 16 + 0xFFFF);
}

static const struct {
    int family;
    apr_size_t addresses;
} families[] = {{0x00, 0},  {0x01, 0},  {0x10, 12}, {0x11, 12},  {0x12, 12},
                {0x21, 36}, {0x22, 36}, {0x20, 36}, {0x31, 216}, {0x32, 216}};

TEST_LOOP(the_family_implies_the_length_of_the_addresses, 0, COUNT(families))
{
    static const char zeros[216] = {0};

    pp2_begin(0x21, families[_i].family);
    pp2_put(zeros, families[_i].addresses);
    pp2_expect_none(PP2_CERT);
    ck_assert_uint_eq(pp2.header.addresses, families[_i].addresses);
    if (families[_i].addresses > 0) {
        pp2.octets[14] = 0;
        pp2.octets[15] = (unsigned char)(--pp2.len - CC_PROXY_PROTOCOL_FIXED);
        pp2_expect_error(PP2_CERT, "CC0492", "the addresses of its family");
    }
}

TEST(other_families_are_refused)
{
    static const unsigned char refused[] = {0x13, 0x1F, 0x41, 0xF1, 0x03, 0xFF};

    for (size_t i = 0; i < sizeof(refused); i++) {
        pp2.octets[13] = refused[i];
        pp2_expect_error(PP2_CERT, "CC0491", "no family");
    }
}

TEST(other_versions_and_commands_are_refused)
{
    static const unsigned char refused[] = {0x00, 0x01, 0x11, 0x22, 0x2F, 0x31, 0xF1};

    for (size_t i = 0; i < sizeof(refused); i++) {
        pp2.octets[12] = refused[i];
        pp2_expect_error(PP2_CERT, "CC0490", apr_psprintf(pp2.pool, "0x%02X;", refused[i]));
    }
}

/* HAProxy's health checks. */
TEST(of_a_header_local_nothing_counts)
{
    pp2_begin(0x20, 0xFF);
    pp2_expect_none(PP2_CERT);
    ck_assert(pp2.header.local);
    ck_assert_uint_eq(pp2.header.addresses, 0);
    pp2_ssl(PP2_PRESENTED, PP2_DER, 5);
    PP2_TLV(PP2_SSL, "");
    pp2_put("cut off", 7);
    pp2_expect_none(PP2_CERT);
    ck_assert(pp2.header.local);
}

/* ---- certificates ---------------------------------------------------------------------------- */

TEST(a_certificate_is_in_the_tlv_about_tls)
{
    pp2_ssl(PP2_PRESENTED, PP2_DER, 5);
    pp2_expect_cert(PP2_CERT);
    ck_assert(!pp2.header.local);
    ck_assert_uint_eq(pp2.header.addresses, 12);
}

TEST(a_certificate_of_a_resumed_session_counts)
{
    pp2_ssl("\5\0\0\0\0", PP2_DER, 5);
    pp2_expect_cert(PP2_CERT);
}

TEST(a_certificate_elsewhere_does_not_count)
{
    PP2_TLV(PP2_CERT, PP2_DER);
    pp2_expect_none(PP2_CERT);
    PP2_TLV(PP2_CUSTOM, PP2_DER);
    pp2_expect_none(PP2_CERT);
    pp2_expect_none(PP2_CUSTOM + 1);
}

TEST(a_type_for_applications_replaces_the_usual_one)
{
    pp2_ssl(PP2_PRESENTED, "\x30\0", 2);
    pp2_expect_none(PP2_CUSTOM);
    PP2_TLV(PP2_CUSTOM, PP2_DER);
    pp2_expect_cert(PP2_CUSTOM);
}

TEST(a_tlv_for_applications_has_der_or_base64)
{
    apr_size_t before = pp2.len;

    PP2_TLV(PP2_CUSTOM, PP2_DER);
    pp2_expect_cert(PP2_CUSTOM);
    pp2.len = before;
    PP2_TLV(PP2_CUSTOM, PP2_BASE64);
    pp2_expect_cert(PP2_CUSTOM);
}

static const char *const no_base64[] = {
    "MAMCAQU",   "MAMCAQU==", "MAMCAQV=",   "MAMCAQU= ", "MAMC AQU=",
    "MAMC\nAQU", "MAMC-QU=",  "====",       "(null)",    "-",
    "MAM=AQU=",  "    ",      "MAMCAQU=\n", "M",         "\xFF\xFF\xFF\xFF"};

TEST_LOOP(other_base64_is_not_used, 0, COUNT(no_base64))
{
    pp2_tlv(PP2_CUSTOM, no_base64[_i], strlen(no_base64[_i]));
    pp2_expect_veto(PP2_CUSTOM, "neither DER nor base64");
    ck_assert_ptr_null(pp2.header.der);
}

TEST(an_empty_value_is_no_certificate)
{
    pp2_ssl(PP2_PRESENTED, "", 0);
    PP2_TLV(PP2_CUSTOM, "");
    pp2_expect_none(PP2_CERT);
    pp2_expect_none(PP2_CUSTOM);
}

TEST(a_common_name_is_not_a_certificate)
{
    pp2_tlv_begin(PP2_SSL, 5 + 3 + 5);
    pp2_put(PP2_PRESENTED, 5);
    PP2_TLV(PP2_CN, "alice");
    pp2_expect_none(PP2_CERT);
    pp2_expect_none(PP2_CUSTOM);
}

TEST(other_tlvs_are_ignored)
{
    PP2_TLV(PP2_NOOP, "");
    PP2_TLV(PP2_NOOP, "\0\0\0");
    PP2_TLV(1, "h2");
    PP2_TLV(1, "h2");
    PP2_TLV(2, "www.example.com");
    PP2_TLV(0xFF, "future");
    pp2_tlv_begin(PP2_SSL, 5 + 3 + 7 + 3 + 5 + 3);
    pp2_put(PP2_PRESENTED, 5);
    PP2_TLV(0x21, "TLSv1.3");
    PP2_TLV(PP2_CERT, PP2_DER);
    PP2_TLV(0x7F, "");
    PP2_TLV(PP2_NOOP, "");
    pp2_expect_cert(PP2_CERT);
}

TEST(the_proxy_may_object)
{
    apr_size_t before = pp2.len;

    pp2_ssl("\1\0\0\0\0", PP2_DER, 5);
    pp2_expect_veto(PP2_CERT, "presented no certificate");
    for (int i = 1; i <= 4; i++) {
        char flags[5] = {3};

        flags[i] = 1;
        pp2.len = before;
        pp2_ssl(flags, PP2_DER, 5);
        pp2_expect_veto(PP2_CERT, "did not verify");
        PP2_TLV(PP2_CUSTOM, PP2_BASE64);
        pp2_expect_veto(PP2_CUSTOM, "did not verify");
    }
}

/* HAProxy says that a certificate verified when there is none. */
TEST(nothing_confirms_a_certificate)
{
    pp2_tlv_begin(PP2_SSL, 5);
    pp2_put(PP2_PRESENTED, 5);
    pp2_expect_none(PP2_CERT);
}

/* ---- what is passed on ----------------------------------------------------------------------- */

TEST(a_header_is_shortened_to_its_addresses)
{
    unsigned char out[CC_PROXY_PROTOCOL_FIXED + 12], whole[CC_PROXY_PROTOCOL_FIXED + 12];

    memcpy(whole, pp2.octets, sizeof(whole));
    pp2_ssl(PP2_PRESENTED, PP2_DER, 5);
    pp2_expect_cert(PP2_CERT);
    ck_assert_uint_eq(cc_proxy_protocol_shorten(out, pp2.octets, &pp2.header), sizeof(out));
    ck_assert_mem_eq(out, whole, sizeof(out));
    ck_assert_uint_eq(cc_proxy_protocol_shorten(pp2.octets, pp2.octets, &pp2.header), sizeof(out));
    ck_assert_mem_eq(pp2.octets, whole, sizeof(out));
}

TEST(a_header_local_is_shortened_to_nothing)
{
    unsigned char out[CC_PROXY_PROTOCOL_FIXED];

    pp2.octets[12] = 0x20;
    ck_assert_int_eq(pp2_read(PP2_CERT), APR_SUCCESS);
    ck_assert_uint_eq(cc_proxy_protocol_shorten(out, pp2.octets, &pp2.header), sizeof(out));
    ck_assert_uint_eq(cc_proxy_protocol_length(out), sizeof(out));
}

TEST(the_longest_header_is_read)
{
    static char noop[65535 - 12 - 3 - 5 - 8 - 3];

    pp2_tlv(PP2_NOOP, noop, sizeof(noop));
    pp2_ssl(PP2_PRESENTED, PP2_DER, 5);
    ck_assert_uint_eq(pp2.len, CC_PROXY_PROTOCOL_MAX);
    pp2_expect_cert(PP2_CERT);
}

SUITE("proxy_protocol", .setup = proxyset_setup, .teardown = proxyset_teardown);
