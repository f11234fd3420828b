/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the header of the PROXY protocol, version 2, with which a proxy begins a connection. */
#include <stddef.h>
#include <string.h>

#include <apr_strings.h>

#include <http_core.h>
#include <util_filter.h>

#include "forward/proxy_protocol.h"
#include "httpd/conf/module.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/quota.h"
#include "httpd/peer/forwarded.h"
#include "httpd/peer/peer.h"
#include "httpd/peer/proxy_filter.h"
#include "httpd/peer/pushback.h"

/*
 * Nothing of a header is passed on before its last octet has arrived and all of it is correct. So
 * the filter has to wait within one read of its caller. mod_reqtimeout, above, limits the time of a
 * request by the timeout that it sets for each read from the socket. All that this filter reads for
 * one call takes no longer than that timeout.
 */

const char cc_proxy_filter[] = "CLIENTCERT_PROXY_PROTOCOL";

/* How a header of version 1 begins. */
#define VERSION_1 "PROXY "

typedef enum {
    READING, /* the header, or what may become one */
    GIVING,  /* what has been read passes to the caller, of whatever kind it is */
    PASSING, /* the filter is no longer needed */
    BROKEN   /* the connection has ended */
} reader_state_t;

typedef struct reader_t {
    reader_state_t state;
    unsigned char fixed[CC_PROXY_PROTOCOL_FIXED];
    unsigned char *octets; /* of the header: `fixed`, then memory of `pool` */
    apr_size_t have, want; /* how many there are, and how many are needed next */
    apr_pool_t *pool;      /* of the header; NULL: not needed yet */
    apr_bucket_brigade *octets_in, *given;
} reader_t;

int cc_proxy_filter_add(conn_rec *c, void *socket)
{
    const cc_proxies_t *proxies = cc_vhost_conf_of(c->base_server)->proxies;
    reader_t *reader;

    (void)socket;
    if (c->master || !cc_peer_of(c) || !proxies || !proxies->proxy_protocol) {
        return OK;
    }
    reader = apr_pcalloc(c->pool, sizeof(*reader));
    reader->octets = reader->fixed;
    reader->want = CC_PROXY_PROTOCOL_FIXED;
    reader->octets_in = apr_brigade_create(c->pool, c->bucket_alloc);
    reader->given = apr_brigade_create(c->pool, c->bucket_alloc);
    ap_add_input_filter(cc_proxy_filter, reader, NULL, c);
    return OK;
}

/* ---- the certificate ------------------------------------------------------------------------- */

static cc_forwarded_t *none_make(const conn_rec *c, apr_pool_t *p)
{
    cc_forwarded_t *made = apr_pcalloc(p, sizeof(*made));

    made->via = CC_VIA_PROXY_PROTOCOL;
    made->proxy = cc_peer_of(c)->address_text;
    return made;
}

/* The header has no certificate that counts. */
static cc_forwarded_t *none_keep(conn_rec *c)
{
    cc_forwarded_t *kept = none_make(c, c->pool);

    cc_peer_of(c)->of_proxy = kept;
    return kept;
}

static void cert_keep(conn_rec *c, const cc_proxy_header_t *header)
{
    cc_forwarded_t *kept = none_keep(c);

    if (header->der) {
        kept->value = apr_pmemdup(c->pool, header->der, header->der_len);
        kept->len = header->der_len;
    }
    kept->bad = header->veto;
}

const cc_forwarded_t *cc_proxy_filter_forwarded(request_rec *r)
{
    const cc_forwarded_t *kept = cc_peer_of(r->connection)->of_proxy;

    return kept ? kept : none_make(r->connection, r->pool);
}

void cc_proxy_filter_ignored(const conn_rec *c, const server_rec *s, const char *why)
{
    cc_counters_rejected(s, CC_REJECTED_UNTRUSTED_PROXY);
    if (cc_quota_lets(s, CC_QUOTA_PROXY_CERT)) {
        ap_log_cserror(APLOG_MARK, APLOG_WARNING, 0, c, s,
                       "CC0162: ignored the certificate in the header of the PROXY protocol from "
                       "%s, which %s",
                       cc_peer_of(c)->address_text, why);
    }
}

/* ---- a header -------------------------------------------------------------------------------- */

static void give(reader_t *reader, apr_size_t len)
{
    apr_brigade_write(reader->given, NULL, NULL, (const char *)reader->octets, len);
    reader->state = GIVING;
    if (reader->pool) {
        apr_pool_destroy(reader->pool);
        reader->pool = NULL;
    }
}

static apr_status_t break_off(conn_rec *c, reader_t *reader, const cc_error_t *err, apr_pool_t *p)
{
    reader->state = BROKEN;
    c->aborted = 1;
    if (cc_quota_lets(c->base_server, CC_QUOTA_PROXY_HEADER)) {
        ap_log_cserror(APLOG_MARK, APLOG_WARNING, 0, c, c->base_server,
                       "CC0161: ended a connection from %s, whose header of the PROXY protocol is "
                       "broken: %s",
                       cc_peer_of(c)->address_text, cc_error_text(err, p));
    }
    return APR_ECONNABORTED;
}

/* The first octets: allocates memory for the others. */
static apr_status_t fixed_read(conn_rec *c, reader_t *reader)
{
    cc_proxy_header_t header;
    cc_error_t err = {0};

    apr_pool_create(&reader->pool, c->pool);
    apr_pool_tag(reader->pool, "clientcert_proxy_protocol");
    if (cc_proxy_protocol_read_fixed(&header, reader->fixed, reader->pool, &err) != APR_SUCCESS) {
        return break_off(c, reader, &err, reader->pool);
    }
    reader->want = cc_proxy_protocol_length(reader->fixed);
    reader->octets = apr_palloc(reader->pool, reader->want);
    memcpy(reader->octets, reader->fixed, reader->have);
    return APR_SUCCESS;
}

static bool is_trusted(const conn_rec *c, const cc_proxies_t *proxies)
{
    const cc_peer_t *peer = cc_peer_of(c);

    return peer->address && cc_proxies_trust(proxies, peer->address);
}

static apr_status_t header_read(conn_rec *c, reader_t *reader)
{
    const cc_proxies_t *proxies = cc_vhost_conf_of(c->base_server)->proxies;
    cc_proxy_header_t header;
    cc_error_t err = {0};
    apr_status_t rv = cc_proxy_protocol_read(&header, reader->octets, proxies->proxy_protocol->type,
                                             reader->pool, &err);

    if (!is_trusted(c, proxies)) {
        none_keep(c);
        if (rv == APR_SUCCESS && (header.der || header.veto)) {
            cc_proxy_filter_ignored(c, c->base_server, "is not a trusted proxy");
        }
    } else if (rv == APR_SUCCESS) {
        cert_keep(c, &header);
    } else {
        return break_off(c, reader, &err, reader->pool);
    }
    give(reader, cc_proxy_protocol_shorten(reader->octets, reader->octets, &header));
    return APR_SUCCESS;
}

/* True if the octets are, or may become, a header of version 1, which has no certificate. */
static bool is_version_1(const reader_t *reader)
{
    return memcmp(reader->octets, VERSION_1, reader->have < 6 ? reader->have : 6) == 0;
}

/* Octets have arrived. */
static apr_status_t octets_judge(conn_rec *c, reader_t *reader)
{
    apr_status_t rv = APR_SUCCESS;

    if (is_version_1(reader) && reader->have >= 6) {
        none_keep(c);
        give(reader, reader->have);
        return APR_SUCCESS;
    }
    if (!cc_proxy_protocol_begins(reader->octets, reader->have) && !is_version_1(reader)) {
        give(reader, reader->have);
        return APR_SUCCESS;
    }
    if (reader->have == reader->want && !reader->pool) {
        rv = fixed_read(c, reader);
    }
    if (rv == APR_SUCCESS && reader->have == reader->want) {
        rv = header_read(c, reader);
    }
    return rv;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Takes what has been read: at most what is missing, or nothing before the end of the input. */
static apr_status_t octets_take(reader_t *reader, apr_read_type_e block, apr_size_t *len)
{
    apr_bucket_brigade *in = reader->octets_in;
    apr_off_t read;
    apr_status_t rv = apr_brigade_length(in, 1, &read);

    *len = reader->want - reader->have;
    if (rv != APR_SUCCESS || read > (apr_off_t)*len) {
        return APR_EGENERAL;
    }
    if (read == 0 && (block == APR_BLOCK_READ || !APR_BRIGADE_EMPTY(in))) {
        return APR_EOF;
    }
    return apr_brigade_flatten(in, (char *)reader->octets + reader->have, len);
}

/* Reads some octets, or none if they have not arrived (nonblocking). */
static apr_status_t octets_read(ap_filter_t *f, reader_t *reader, apr_read_type_e block)
{
    apr_size_t len = reader->want - reader->have;
    apr_status_t rv =
        ap_get_brigade(f->next, reader->octets_in, AP_MODE_READBYTES, block, (apr_off_t)len);

    if (rv == APR_SUCCESS) {
        rv = octets_take(reader, block, &len);
    }
    apr_brigade_cleanup(reader->octets_in);
    if (rv == APR_EOF && reader->have > 0 && !reader->pool) {
        give(reader, reader->have); /* what is too short for a header is not one */
        return APR_SUCCESS;
    }
    if (rv == APR_SUCCESS && len > 0) {
        reader->have += len;
        rv = octets_judge(f->c, reader);
    }
    return rv;
}

static apr_status_t read_nonblocking(ap_filter_t *f, reader_t *reader)
{
    apr_size_t before;
    apr_status_t rv;

    do {
        before = reader->have;
        rv = octets_read(f, reader, APR_NONBLOCK_READ);
    } while (rv == APR_SUCCESS && reader->state == READING && reader->have > before);
    return rv;
}

static apr_status_t read_blocking(ap_filter_t *f, reader_t *reader)
{
    apr_socket_t *socket = ap_get_conn_socket(f->c);
    apr_interval_time_t timeout, left;
    apr_time_t end;
    apr_status_t rv = apr_socket_timeout_get(socket, &timeout);

    end = apr_time_now() + timeout;
    while (rv == APR_SUCCESS && reader->state == READING) {
        rv = octets_read(f, reader, APR_BLOCK_READ);
        left = end - apr_time_now();
        if (rv == APR_SUCCESS && reader->state == READING && timeout > 0) {
            rv = left > 0 ? apr_socket_timeout_set(socket, left) : APR_TIMEUP;
        }
    }
    apr_socket_timeout_set(socket, timeout);
    return rv;
}

apr_status_t cc_proxy_filter_read(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                  apr_read_type_e block, apr_off_t readbytes)
{
    reader_t *reader = f->ctx;
    apr_status_t rv = APR_SUCCESS;

    if (reader->state == PASSING) {
        return ap_get_brigade(f->next, bb, mode, block, readbytes);
    }
    if (mode == AP_MODE_INIT || mode == AP_MODE_EATCRLF) {
        return reader->state == BROKEN ? APR_ECONNABORTED : APR_SUCCESS; /* they need no octets */
    }
    if (reader->state == READING) {
        rv = block == APR_BLOCK_READ ? read_blocking(f, reader) : read_nonblocking(f, reader);
    }
    if (reader->state == BROKEN) {
        return APR_ECONNABORTED;
    }
    if (rv == APR_SUCCESS && reader->state == GIVING) {
        rv = cc_pushback_read(f->next, reader->given, bb, mode, block, readbytes);
        if (APR_BRIGADE_EMPTY(reader->given)) {
            reader->state = PASSING; /* a request may still point to this filter */
            ap_remove_input_filter(f);
        }
    }
    return rv;
}
