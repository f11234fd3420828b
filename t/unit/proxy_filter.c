/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests how the filter for the PROXY protocol reads a header: in all modes, whatever the pieces in
 * which the octets arrive.
 */
#include <string.h>

#include <http_core.h>

#include "fakehttpd.h"
#include "httpd/peer/peer.h"
#include "proxiedset.h"
#include "suite.h"

/* ---- pieces and modes ------------------------------------------------------------------------ */

static const apr_size_t pieces[] = {1, 2, 7, 15, 16, 17, 27, 28, 29, 44, 45, 100, 100000};

TEST_LOOP(a_header_is_read_in_any_pieces, 0, COUNT(pieces))
{
    proxied.net.piece = pieces[_i];
    proxied_send_cert();
    proxied_expect_shortened(AP_MODE_READBYTES, APR_BLOCK_READ, 100);
    proxied_expect_cert();
}

TEST_LOOP(and_without_waiting, 0, COUNT(pieces))
{
    proxied.net.piece = pieces[_i];
    proxied_send_cert();
    proxied_expect_shortened(AP_MODE_READBYTES, APR_NONBLOCK_READ, 100);
    proxied_expect_cert();
}

TEST_LOOP(and_by_a_caller_that_reads_a_few_octets, 0, COUNT(pieces))
{
    proxied_send_cert();
    proxied_expect_shortened(AP_MODE_READBYTES, APR_BLOCK_READ, pieces[_i]);
    proxied_expect_cert();
}

TEST_LOOP(a_line_may_be_read_first, 0, COUNT(pieces))
{
    proxied.net.piece = pieces[_i];
    proxied_send_cert();
    proxied_expect_shortened(AP_MODE_GETLINE, APR_BLOCK_READ, 0);
    proxied_expect_cert();
}

TEST_LOOP(octets_that_are_looked_at_stay, 0, COUNT(pieces))
{
    apr_size_t len, whole;
    apr_status_t rv;
    const char *expected, *octets;

    proxied.net.piece = pieces[_i];
    proxied_send_cert();
    expected = proxied_shortened(&whole);
    octets = proxied_read(AP_MODE_SPECULATIVE, APR_BLOCK_READ, 20, &len, &rv);
    ck_assert_int_eq(rv, APR_SUCCESS);
    ck_assert_uint_eq(len, 20);
    ck_assert_mem_eq(octets, expected, 20);
    proxied_expect_shortened(AP_MODE_READBYTES, APR_BLOCK_READ, 9);
}

TEST(octets_after_those_of_the_filter_are_looked_at_too)
{
    apr_size_t len;
    apr_status_t rv;

    proxied_send(REQUEST, strlen(REQUEST));
    ck_assert_str_eq(proxied_read(AP_MODE_SPECULATIVE, APR_BLOCK_READ, 24, &len, &rv),
                     "GET / HTTP/1.1\r\nHost: a\r");
}

TEST(a_mode_that_needs_no_octets_reads_none)
{
    apr_size_t len;
    apr_status_t rv;

    proxied_send_cert();
    proxied_read(AP_MODE_INIT, APR_BLOCK_READ, 0, &len, &rv);
    ck_assert_int_eq(rv, APR_SUCCESS);
    proxied_read(AP_MODE_EATCRLF, APR_NONBLOCK_READ, 0, &len, &rv);
    ck_assert_int_eq(rv, APR_SUCCESS);
    ck_assert_uint_eq(proxied.net.at, 0);
    proxied_expect_shortened(AP_MODE_READBYTES, APR_BLOCK_READ, 100);
}

TEST(a_read_that_must_not_wait_returns_nothing)
{
    apr_size_t len;
    apr_status_t rv;

    proxied.net.piece = 20;
    proxied_send_cert();
    for (int i = 0; i < 2; i++) {
        proxied_read(AP_MODE_READBYTES, APR_NONBLOCK_READ, 100, &len, &rv);
        ck_assert_int_eq(rv, APR_SUCCESS);
        ck_assert_uint_eq(len, 0);
        ck_assert_ptr_null(cc_peer_of(proxied.c)->of_proxy);
    }
    proxied_expect_shortened(AP_MODE_READBYTES, APR_NONBLOCK_READ, 100);
}

TEST_LOOP(a_header_that_does_not_end_is_the_end, CC_PROXY_PROTOCOL_FIXED, 44)
{
    apr_size_t len;
    apr_status_t rv;

    pp2_ssl(PP2_PRESENTED, PP2_DER, 5);
    proxied_send(pp2.octets, (apr_size_t)_i);
    proxied.net.piece = 5;
    for (int i = 0; i < 2; i++) {
        proxied_read(AP_MODE_READBYTES, APR_BLOCK_READ, 100, &len, &rv);
        ck_assert_int_eq(rv, APR_EOF);
        ck_assert_uint_eq(len, 0);
    }
    ck_assert_ptr_null(cc_peer_of(proxied.c)->of_proxy);
    fake_expect_log("");
}

TEST_LOOP(fewer_octets_than_a_header_has_pass_before_the_end, 1, CC_PROXY_PROTOCOL_FIXED)
{
    apr_size_t len;
    apr_status_t rv;

    proxied_send(pp2.octets, (apr_size_t)_i);
    proxied.net.piece = 5;
    proxied_expect(AP_MODE_READBYTES, APR_BLOCK_READ, 100, (const char *)pp2.octets,
                   (apr_size_t)_i);
    proxied_read(AP_MODE_READBYTES, APR_BLOCK_READ, 100, &len, &rv);
    ck_assert_int_eq(rv, APR_EOF);
    ck_assert_ptr_null(cc_peer_of(proxied.c)->of_proxy);
}

/* A request may still point to a filter that has been removed. */
TEST(the_filter_passes_everything_once_it_is_done)
{
    ap_filter_t *removed = proxied.c->input_filters;
    apr_bucket_brigade *bb = apr_brigade_create(proxied.c->pool, proxied.c->bucket_alloc);
    apr_size_t len;
    apr_status_t rv;
    char text[100];

    proxied_send_cert();
    proxied_read(AP_MODE_READBYTES, APR_BLOCK_READ, 28, &len, &rv);
    ck_assert_uint_eq(len, 28);
    ck_assert_ptr_ne(proxied.c->input_filters, removed);
    ck_assert_int_eq(ap_get_brigade(removed, bb, AP_MODE_READBYTES, APR_BLOCK_READ, 100),
                     APR_SUCCESS);
    len = sizeof(text);
    apr_brigade_flatten(bb, text, &len);
    ck_assert_uint_eq(len, strlen(REQUEST));
    proxied_read(AP_MODE_INIT, APR_BLOCK_READ, 0, &len, &rv);
    ck_assert(proxied.net.inits);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* Every octet arrives within the timeout of the socket, but not all of them do. */
TEST(one_read_takes_no_longer_than_the_timeout_of_the_socket)
{
    apr_interval_time_t timeout;
    apr_size_t len;
    apr_status_t rv;

    apr_socket_timeout_set(ap_get_conn_socket(proxied.c), apr_time_from_msec(100));
    proxied.net.piece = 1;
    proxied.net.takes = apr_time_from_msec(30);
    proxied_send_cert();
    proxied_read(AP_MODE_READBYTES, APR_BLOCK_READ, 100, &len, &rv);
    ck_assert(APR_STATUS_IS_TIMEUP(rv));
    /* on a busy machine, the first octet alone may take longer */
    ck_assert(proxied.net.at == 1 || proxied.net.timeout < apr_time_from_msec(100));
    ck_assert_uint_lt(proxied.net.at, 10);
    apr_socket_timeout_get(ap_get_conn_socket(proxied.c), &timeout);
    ck_assert_int_eq(timeout, apr_time_from_msec(100));
}

TEST(a_socket_without_a_timeout_has_none)
{
    apr_socket_timeout_set(ap_get_conn_socket(proxied.c), -1);
    proxied.net.piece = 1;
    proxied_send_cert();
    proxied_expect_shortened(AP_MODE_READBYTES, APR_BLOCK_READ, 100);
    ck_assert_int_eq(proxied.net.timeout, -1);
}

SUITE("proxy_filter", .setup = proxied_setup, .teardown = proxied_teardown);
