/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a connection with the filter for the PROXY protocol, and reads what a client sends. */
#include <string.h>

#include <check.h>

#include <apr_strings.h>

#include <http_core.h>

#include "fakehttpd.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/use.h"
#include "httpd/peer/peer.h"
#include "httpd/peer/proxy_filter.h"
#include "proxiedset.h"

proxied_t proxied;

static proxied_net_t *const net = &proxied.net;

void proxied_send(const void *octets, apr_size_t len)
{
    memcpy(net->octets + net->len, octets, len);
    net->len += len;
}

static void bytes_out(apr_bucket_brigade *bb, apr_size_t most, bool take)
{
    apr_size_t len = net->ready - net->at < most ? net->ready - net->at : most;

    apr_brigade_write(bb, NULL, NULL, net->octets + net->at, len);
    net->at += take ? len : 0;
}

static void line_out(apr_bucket_brigade *bb)
{
    const char *from = net->octets + net->at;
    const char *end = memchr(from, '\n', net->ready - net->at);

    bytes_out(bb, end ? (apr_size_t)(end + 1 - from) : net->ready, true);
}

static apr_status_t net_end(apr_bucket_brigade *bb)
{
    if (net->ended) {
        return APR_EOF;
    }
    net->ended = true;
    APR_BRIGADE_INSERT_TAIL(bb, apr_bucket_eos_create(proxied.c->bucket_alloc));
    return APR_SUCCESS;
}

/* As the core of httpd reads from a connection. */
static apr_status_t net_read(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                             apr_read_type_e block, apr_off_t most)
{
    bool waits = net->at == net->ready;

    (void)f;
    apr_socket_timeout_get(ap_get_conn_socket(proxied.c), &net->timeout);
    if (mode == AP_MODE_INIT) {
        net->inits = true;
        return APR_SUCCESS;
    }
    if (waits && net->at == net->len) {
        return net_end(bb);
    }
    if (waits) {
        net->ready = net->len - net->at < net->piece ? net->len : net->at + net->piece;
        apr_sleep(net->takes);
    }
    if (waits && block == APR_NONBLOCK_READ) {
        return APR_SUCCESS;
    }
    if (mode == AP_MODE_GETLINE) {
        line_out(bb);
    } else {
        bytes_out(bb, (apr_size_t)most, mode == AP_MODE_READBYTES);
    }
    return APR_SUCCESS;
}

/* ---- the connection -------------------------------------------------------------------------- */

void proxied_trust(const char *subnet)
{
    cc_proxies_t *proxies = (cc_proxies_t *)proxied.conf->proxies;
    apr_array_header_t *list = apr_array_make(fake.pconf, 1, sizeof(apr_ipsubnet_t *));

    apr_ipsubnet_create(&APR_ARRAY_PUSH(list, apr_ipsubnet_t *), subnet, NULL, fake.pconf);
    proxies->trusted = list;
}

void proxied_core(void)
{
    ap_filter_t *core = ap_add_input_filter("core", NULL, NULL, proxied.c);

    core->frec->filter_func.in_func = net_read;
}

void proxied_begin(void)
{
    proxied.c = fake_connection(fake.main);
    cc_peer_pre_connection(proxied.c, NULL);
    proxied_core();
    cc_proxy_filter_add(proxied.c, NULL);
}

void proxied_setup(void)
{
    cc_proxies_t *proxies;
    cc_proxy_protocol_spec_t *spec;

    memset(&proxied, 0, sizeof(proxied));
    fake_begin();
    proxyset_setup();
    fake_configured("ClientCertMap user=x");
    cc_use_find(fake.pconf, NULL, NULL, fake.main);
    proxied.conf = cc_vhost_conf_of(fake.main);
    proxied.conf->proxies = proxies = apr_pcalloc(fake.pconf, sizeof(*proxies));
    proxied.conf->counters = apr_pcalloc(fake.pconf, sizeof(*proxied.conf->counters));
    proxies->proxy_protocol = spec = apr_pcalloc(fake.pconf, sizeof(*spec));
    spec->type = PP2_CERT;
    proxied_trust("192.0.2.1");
    proxied_begin();
    proxied.c->input_filters->frec->filter_func.in_func = cc_proxy_filter_read;
    apr_socket_timeout_set(ap_get_conn_socket(proxied.c), apr_time_from_sec(60));
    net->piece = sizeof(net->octets);
}

void proxied_teardown(void)
{
    proxyset_teardown();
    fake_end();
}

void proxied_send_header(void)
{
    proxied_send(pp2.octets, pp2.len);
    proxied_send(REQUEST, strlen(REQUEST));
}

void proxied_send_cert(void)
{
    pp2_ssl(PP2_PRESENTED, PP2_DER, 5);
    proxied_send_header();
}

const char *proxied_read(ap_input_mode_t mode, apr_read_type_e block, apr_size_t most,
                         apr_size_t *len, apr_status_t *rv)
{
    apr_bucket_brigade *bb = apr_brigade_create(proxied.c->pool, proxied.c->bucket_alloc);
    char *octets = NULL;

    *len = 0;
    *rv = ap_get_brigade(proxied.c->input_filters, bb, mode, block, (apr_off_t)most);
    ck_assert_int_eq(apr_brigade_pflatten(bb, &octets, len, proxied.c->pool), APR_SUCCESS);
    return octets ? apr_pstrmemdup(proxied.c->pool, octets, *len) : "";
}

apr_size_t proxied_read_all(ap_input_mode_t mode, apr_read_type_e block, apr_size_t most)
{
    apr_size_t got = 0, len;
    apr_status_t rv;

    do {
        const char *octets = proxied_read(mode, block, most, &len, &rv);

        memcpy(proxied.all + got, octets, len);
        got += len;
    } while (rv == APR_SUCCESS && !net->ended);
    return got;
}

void proxied_expect(ap_input_mode_t mode, apr_read_type_e block, apr_size_t most,
                    const void *expected, apr_size_t len)
{
    ck_assert_uint_eq(proxied_read_all(mode, block, most), len);
    ck_assert_mem_eq(proxied.all, expected, len);
    ck_assert_ptr_ne(proxied.c->input_filters->frec->filter_func.in_func, cc_proxy_filter_read);
}

const char *proxied_shortened(apr_size_t *len)
{
    char *text = apr_pmemdup(proxied.c->pool, pp2.octets, 28 + sizeof(REQUEST));

    text[14] = 0;
    text[15] = 12;
    memcpy(text + 28, REQUEST, sizeof(REQUEST));
    *len = 28 + sizeof(REQUEST) - 1;
    return text;
}

const cc_forwarded_t *proxied_forwarded(void)
{
    return cc_proxy_filter_forwarded(fake_request_on(proxied.c, fake.main, "/"));
}

void proxied_expect_cert(void)
{
    ck_assert_ptr_nonnull(cc_peer_of(proxied.c)->of_proxy);
    ck_assert_int_eq(proxied_forwarded()->via, CC_VIA_PROXY_PROTOCOL);
    ck_assert_str_eq(proxied_forwarded()->proxy, "192.0.2.1");
    ck_assert_uint_eq(proxied_forwarded()->len, 5);
    ck_assert_mem_eq(proxied_forwarded()->value, PP2_DER, 5);
    ck_assert_ptr_null(proxied_forwarded()->bad);
}

void proxied_expect_none(void)
{
    ck_assert_int_eq(proxied_forwarded()->via, CC_VIA_PROXY_PROTOCOL);
    ck_assert_str_eq(proxied_forwarded()->proxy, "192.0.2.1");
    ck_assert_ptr_null(proxied_forwarded()->value);
    ck_assert_ptr_null(proxied_forwarded()->bad);
}

void proxied_expect_shortened(ap_input_mode_t mode, apr_read_type_e block, apr_size_t most)
{
    apr_size_t len;
    const char *expected = proxied_shortened(&len);

    proxied_expect(mode, block, most, expected, len);
}
