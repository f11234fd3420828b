/* SPDX-License-Identifier: Apache-2.0 */
/* Makes headers of the PROXY protocol, version 2, and expects how they are read. */
#include <string.h>

#include <check.h>

#include "proxyset.h"

proxyset_t pp2;

void pp2_put(const void *from, apr_size_t count)
{
    ck_assert_uint_le(pp2.len + count, sizeof(pp2.octets));
    memcpy(pp2.octets + pp2.len, from, count);
    pp2.len += count;
    pp2.octets[14] = (unsigned char)((pp2.len - CC_PROXY_PROTOCOL_FIXED) >> 8);
    pp2.octets[15] = (unsigned char)(pp2.len - CC_PROXY_PROTOCOL_FIXED);
}

void pp2_cut(apr_size_t len)
{
    pp2.len = len;
    pp2_put("", 0);
}

void pp2_begin(int command, int family)
{
    const unsigned char rest[] = {(unsigned char)command, (unsigned char)family, 0, 0};

    memcpy(pp2.octets, CC_PROXY_PROTOCOL_SIGNATURE, 12);
    memcpy(pp2.octets + 12, rest, sizeof(rest));
    pp2.len = CC_PROXY_PROTOCOL_FIXED;
}

void proxyset_setup(void)
{
    apr_pool_create(&pp2.pool, NULL);
    pp2_begin(0x21, 0x11);
    pp2_put(PP2_ADDRESSES, 12);
}

void proxyset_teardown(void)
{
    apr_pool_destroy(pp2.pool);
}

void pp2_tlv_begin(int type, apr_size_t count)
{
    pp2_put(
        (unsigned char[]){(unsigned char)type, (unsigned char)(count >> 8), (unsigned char)count},
        3);
}

void pp2_tlv(int type, const char *value, apr_size_t count)
{
    pp2_tlv_begin(type, count);
    pp2_put(value, count);
}

void pp2_ssl(const char *flags, const char *der, apr_size_t count)
{
    pp2_tlv_begin(PP2_SSL, 5 + 3 + count);
    pp2_put(flags, 5);
    pp2_tlv(PP2_CERT, der, count);
}

apr_status_t pp2_read(int type)
{
    pp2.error = (cc_error_t){0};
    ck_assert_uint_eq(cc_proxy_protocol_length(pp2.octets), pp2.len);
    return cc_proxy_protocol_read(&pp2.header, pp2.octets, type, pp2.pool, &pp2.error);
}

void pp2_expect_cert(int type)
{
    apr_status_t rv = pp2_read(type);

    ck_assert_msg(rv == APR_SUCCESS, "%s", pp2.error.message);
    ck_assert_ptr_nonnull(pp2.header.der);
    ck_assert_uint_eq(pp2.header.der_len, sizeof(PP2_DER) - 1);
    ck_assert_mem_eq(pp2.header.der, PP2_DER, sizeof(PP2_DER) - 1);
    ck_assert_ptr_null(pp2.header.veto);
}

void pp2_expect_none(int type)
{
    apr_status_t rv = pp2_read(type);

    ck_assert_msg(rv == APR_SUCCESS, "%s", pp2.error.message);
    ck_assert_ptr_null(pp2.header.der);
    ck_assert_ptr_null(pp2.header.veto);
}

void pp2_expect_veto(int type, const char *words)
{
    apr_status_t rv = pp2_read(type);

    ck_assert_msg(rv == APR_SUCCESS, "%s", pp2.error.message);
    ck_assert_msg(pp2.header.veto && strstr(pp2.header.veto, words), "%s: %s", words,
                  pp2.header.veto);
}

void pp2_expect_error(int type, const char *tag, const char *words)
{
    ck_assert_int_eq(pp2_read(type), APR_EINVAL);
    ck_assert_str_eq(pp2.error.tag, tag);
    ck_assert_msg(strstr(pp2.error.message, words), "%s: %s", words, pp2.error.message);
}
