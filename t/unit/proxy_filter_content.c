/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests what the filter for the PROXY protocol takes from a header, and what it refuses or passes
 * on.
 */
#include <string.h>

#include "fakehttpd.h"
#include "httpd/conf/proxies.h"
#include "httpd/metrics/counters.h"
#include "httpd/peer/peer.h"
#include "httpd/peer/proxy_filter.h"
#include "proxiedset.h"
#include "suite.h"

/* ---- what the header says -------------------------------------------------------------------- */

TEST(a_long_header_is_read)
{
    static char der[60000];

    pp2_ssl(PP2_PRESENTED, der, sizeof(der));
    proxied_send_header();
    proxied_expect_shortened(AP_MODE_READBYTES, APR_BLOCK_READ, 8000);
    ck_assert_uint_eq(proxied_forwarded()->len, sizeof(der));
}

TEST(a_header_without_a_certificate_gives_none)
{
    proxied_send_header();
    proxied_expect_shortened(AP_MODE_READBYTES, APR_BLOCK_READ, 100);
    ck_assert_ptr_nonnull(cc_peer_of(proxied.c)->of_proxy);
    proxied_expect_none();
}

TEST(a_header_of_the_proxy_itself_gives_none)
{
    pp2_begin(0x20, 0);
    proxied_send_header();
    proxied_expect(AP_MODE_READBYTES, APR_BLOCK_READ, 100, proxied.net.octets, proxied.net.len);
    ck_assert_ptr_nonnull(cc_peer_of(proxied.c)->of_proxy);
    proxied_expect_none();
}

TEST(an_objection_of_the_proxy_is_kept)
{
    pp2_ssl("\3\0\0\0\x0A", PP2_DER, 5);
    proxied_send_header();
    proxied_expect_shortened(AP_MODE_READBYTES, APR_BLOCK_READ, 100);
    ck_assert_str_eq(proxied_forwarded()->bad,
                     "the proxy says that the certificate did not verify");
}

static const char *const others[] = {
    REQUEST,
    "PROXY TCP4 192.0.2.9 192.0.2.80 56324 443\r\n" REQUEST,
    "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03 a ClientHello",
    "\r\n\r\n" REQUEST,
    "GET /\r\n",
    "PROXY",
    "PUT / HTTP/1.1\r\n\r\n",
    "PROXYGET / HTTP/1.1\r\n\r\n",
    "\r",
    "\r\n\r\nX",
};

/* What may become a header passes once it cannot. */
TEST_LOOP(what_is_not_a_header_passes_unchanged, 0, COUNT(others) * 3)
{
    static const ap_input_mode_t modes[] = {AP_MODE_READBYTES, AP_MODE_GETLINE, AP_MODE_READBYTES};
    const char *other = others[_i / 3];

    proxied.net.piece = _i % 3 == 2 ? 1 : 100;
    proxied_send(other, strlen(other));
    proxied_expect(modes[_i % 3], APR_BLOCK_READ, 100, other, strlen(other));
    ck_assert((cc_peer_of(proxied.c)->of_proxy != NULL) == !strncmp(other, "PROXY ", 6));
    proxied_expect_none();
}

TEST(a_second_header_passes_unchanged)
{
    pp2_ssl(PP2_PRESENTED, PP2_DER, 5);
    proxied_send(pp2.octets, pp2.len);
    proxied_send(pp2.octets, pp2.len);
    proxied_read_all(AP_MODE_READBYTES, APR_BLOCK_READ, 1000);
    ck_assert_mem_eq(proxied.all + 28, pp2.octets, pp2.len);
}

/* ---- broken headers -------------------------------------------------------------------------- */

static void expect_broken(const char *line)
{
    apr_size_t len;
    apr_status_t rv;

    for (int i = 0; i < 3; i++) {
        proxied_read(i < 2 ? AP_MODE_READBYTES : AP_MODE_INIT, APR_BLOCK_READ, 100, &len, &rv);
        ck_assert_int_eq(rv, APR_ECONNABORTED);
        ck_assert_uint_eq(len, 0);
    }
    ck_assert_int_eq(proxied.c->aborted, 1);
    ck_assert_ptr_null(cc_peer_of(proxied.c)->of_proxy);
    fake_expect_log(line);
}

#define BROKEN                                                                                     \
    "warn CC0161: ended a connection from 192.0.2.1, whose header of the PROXY protocol is "       \
    "broken: "

TEST(a_broken_header_ends_the_connection_with_one_line)
{
    pp2_ssl(PP2_PRESENTED, PP2_DER, 5);
    pp2_cut(pp2.len - 1);
    proxied_send_header();
    expect_broken(BROKEN
                  "CC0493: a TLV of the PROXY protocol extends beyond the end of the header");
}

/* The rest, which may be long, is not waited for. */
TEST(an_unknown_command_ends_the_connection_at_once)
{
    proxied_trust("192.0.2.77");
    pp2_begin(0x2F, 0x11);
    pp2.octets[14] = pp2.octets[15] = 0xFF;
    proxied_send(pp2.octets, 16);
    expect_broken(BROKEN "CC0490: the version and command of the PROXY protocol are 0x2F; 0x20 "
                         "(LOCAL) and 0x21 (PROXY) are known");
}

/* ---- other peers ----------------------------------------------------------------------------- */

static apr_uint64_t counted(void)
{
    return atomic_load(&proxied.conf->counters->rejections[CC_REJECTED_UNTRUSTED_PROXY]);
}

/* That there was a header is known, in case a virtual host trusts the peer. */
static void expect_header_alone(void)
{
    ck_assert_ptr_nonnull(cc_peer_of(proxied.c)->of_proxy);
    proxied_expect_none();
}

#define IGNORED                                                                                    \
    "warn CC0162: ignored the certificate in the header of the PROXY protocol from 192.0.2.1, "    \
    "which is not a trusted proxy"

TEST(the_certificate_of_another_peer_is_ignored)
{
    proxied_trust("192.0.2.77");
    proxied_send_cert();
    proxied_expect_shortened(AP_MODE_READBYTES, APR_BLOCK_READ, 100);
    expect_header_alone();
    ck_assert_uint_eq(counted(), 1);
    fake_expect_log(IGNORED);
}

TEST(a_header_of_another_peer_without_a_certificate_is_not_counted)
{
    proxied_trust("192.0.2.77");
    pp2_tlv_begin(PP2_SSL, 5);
    pp2_put(PP2_PRESENTED, 5);
    proxied_send_header();
    proxied_expect_shortened(AP_MODE_READBYTES, APR_BLOCK_READ, 100);
    ck_assert_uint_eq(counted(), 0);
    fake_expect_log("");
}

TEST(broken_tlvs_of_another_peer_are_cut_off)
{
    proxied_trust("192.0.2.77");
    pp2_ssl(PP2_PRESENTED, PP2_DER, 5);
    pp2_ssl(PP2_PRESENTED, PP2_DER, 5);
    proxied_send_header();
    proxied_expect_shortened(AP_MODE_READBYTES, APR_BLOCK_READ, 100);
    expect_header_alone();
}

/* ---- which connections have the filter ------------------------------------------------------- */

static bool is_filtered(void)
{
    return !strcmp(proxied.c->input_filters->frec->name, cc_proxy_filter);
}

TEST(only_a_server_that_takes_the_proxy_protocol_has_the_filter)
{
    ck_assert(is_filtered());
    ((cc_proxies_t *)proxied.conf->proxies)->proxy_protocol = NULL;
    proxied_begin();
    ck_assert(!is_filtered());
    proxied.conf->proxies = NULL;
    proxied_begin();
    ck_assert(!is_filtered());
}

TEST(streams_and_connections_to_back_ends_have_no_filter)
{
    conn_rec *master = proxied.c;

    proxied.c = fake_connection(fake.main);
    proxied.c->master = master;
    proxied_core();
    cc_proxy_filter_add(proxied.c, NULL);
    ck_assert(!is_filtered());

    proxied.c = fake_connection(fake.main);
    proxied.c->outgoing = 1;
    cc_peer_pre_connection(proxied.c, NULL);
    proxied_core();
    cc_proxy_filter_add(proxied.c, NULL);
    ck_assert(!is_filtered());
}

TEST(streams_have_the_certificate_of_their_master)
{
    conn_rec *stream = fake_connection(fake.main);

    proxied_send_cert();
    proxied_expect_shortened(AP_MODE_READBYTES, APR_BLOCK_READ, 100);
    stream->master = proxied.c;
    proxied.c = stream;
    proxied_expect_cert();
}

SUITE("proxy_filter_content", .setup = proxied_setup, .teardown = proxied_teardown);
