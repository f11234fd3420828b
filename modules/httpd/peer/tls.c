/* SPDX-License-Identifier: Apache-2.0 */
/* Knows mod_ssl's connections: whose certificate a request comes with, and what is known of it. */
#include <http_main.h>
#include <http_ssl.h>
#include <mod_ssl_openssl.h>

#include "httpd/conf/configuration.h"
#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/peer/client.h"
#include "httpd/peer/graceful_close.h"
#include "httpd/peer/slots.h"
#include "httpd/peer/tls.h"
#include "httpd/peer/tls_client.h"
#include "httpd/peer/tls_hooks.h"
#include "httpd/peer/vhost.h"
#include "trust/trust.h"

/*
 * More than the rule sets and renegotiations of most connections. What comes after that is kept in
 * slots, which are used again (slots.c).
 */
#define CC_CONNECTION_MEMORY 32

/* A pool of its own that a stream has asked for. */
typedef struct cc_link_t {
    struct cc_link_t *next;
    apr_pool_t *pool;
} cc_link_t;

/* The record of a TLS connection. Lists only ever grow at their front. */
typedef struct cc_conn_t {
    SSL *ssl; /* mod_ssl's: ask live_ssl() for it */
    _Atomic(cc_entry_t *) entries;
    _Atomic(cc_link_t *) links;
    _Atomic(cc_slots_t *) slots; /* NULL: none needed yet */
    atomic_uint_least64_t clients;
    atomic_int asked;
    atomic_bool ends; /* it is to be closed after an answer */
} cc_conn_t;

static apr_status_t conn_cleanup(void *data)
{
    cc_conn_t *conn = data;
    cc_link_t *link = atomic_load(&conn->links);
    cc_slots_t *slots = atomic_load(&conn->slots);

    while (link) {
        cc_link_t *next = link->next; /* the link is in the pool that goes */
        apr_pool_destroy(link->pool);
        link = next;
    }
    if (slots) {
        cc_slots_end(slots);
    }
    return APR_SUCCESS;
}

int cc_tls_pre_handshake(conn_rec *c, SSL *ssl, int is_proxy)
{
    cc_conn_t *conn;

    if (is_proxy || cc_use_anywhere(ap_server_conf) == CC_USE_NONE) {
        return OK;
    }
    conn = apr_pcalloc(c->pool, sizeof(*conn));
    apr_pool_cleanup_register(c->pool, conn, conn_cleanup, apr_pool_cleanup_null);
    conn->ssl = ssl;
    ap_set_module_config(c->conn_config, &clientcert_module, conn);
    if (cc_configuration_of(ap_server_conf)->ends_connections) {
        cc_graceful_close_ready(c, &conn->ends);
    }
    return OK;
}

/* ---- a request's client ------------------------------------------------------------------ */

static conn_rec *tls_conn(const request_rec *r)
{
    return r->connection->master ? r->connection->master : r->connection;
}

static cc_conn_t *conn_of(const request_rec *r)
{
    return ap_get_module_config(tls_conn(r)->conn_config, &clientcert_module);
}

/*
 * The SSL of a connection, or NULL where mod_ssl has freed it. It does so before the connection
 * ends: when plain HTTP is spoken to a TLS port, and when a back end breaks off. Requests are still
 * answered and logged after that.
 */
static SSL *live_ssl(const cc_conn_t *conn, const request_rec *r)
{
    return conn && ap_ssl_conn_is_ssl(tls_conn(r)) ? conn->ssl : NULL;
}

/*
 * A Certificate message alone proves nothing. That the client holds the key is proved once the
 * handshake has finished. mod_ssl may go on with a request whose post-handshake authentication
 * failed. A stream of HTTP/2 need not be asked, since no certificate can be asked for there any
 * more (RFC 9113 9.2.3); and its master's thread may be in the middle of a KeyUpdate.
 */
static bool is_proven(const request_rec *r, const SSL *ssl)
{
    return r->connection->master || SSL_is_init_finished(ssl);
}

/*
 * Streams run beside each other and beside their master connection, whose pool is not theirs: each
 * gets a pool of its own that the master's cleanup destroys.
 */
static apr_pool_t *stream_pool(cc_conn_t *conn)
{
    apr_pool_t *p;
    cc_link_t *link;

    if (apr_pool_create(&p, NULL) != APR_SUCCESS) {
        return NULL;
    }
    apr_pool_tag(p, "clientcert_stream");
    link = apr_palloc(p, sizeof(*link));
    link->pool = p;
    link->next = atomic_load_explicit(&conn->links, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&conn->links, &link->next, link,
                                                  memory_order_release, memory_order_relaxed)) {
    }
    return p;
}

apr_pool_t *cc_connection_pool(request_rec *r)
{
    cc_conn_t *conn = conn_of(r);

    if (atomic_fetch_add(&conn->asked, 1) >= CC_CONNECTION_MEMORY) {
        atomic_fetch_sub(&conn->asked, 1);
        return NULL;
    }
    return r->connection->master ? stream_pool(conn) : r->connection->pool;
}

cc_slots_t *cc_connection_slots(request_rec *r, bool make)
{
    cc_conn_t *conn = conn_of(r);
    cc_slots_t *slots = atomic_load_explicit(&conn->slots, memory_order_acquire);
    cc_slots_t *made;

    if (slots || !make) {
        return slots;
    }
    made = cc_slots_make();
    if (made && !atomic_compare_exchange_strong(&conn->slots, &slots, made)) {
        cc_slots_end(made);
        return slots; /* another stream was quicker */
    }
    return made;
}

static cc_entry_t *entry_find(const cc_conn_t *conn, const SSL *ssl, const X509 *x509,
                              const cc_trust_t *trust)
{
    const SSL_SESSION *session = SSL_get_session(ssl);
    cc_entry_t *entry = atomic_load_explicit(&conn->entries, memory_order_acquire);

    while (entry && (entry->x509 != x509 || entry->session != session || entry->trust != trust)) {
        entry = entry->next;
    }
    return entry;
}

static void entry_push(cc_conn_t *conn, cc_entry_t *entry)
{
    entry->next = atomic_load_explicit(&conn->entries, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&conn->entries, &entry->next, entry,
                                                  memory_order_release, memory_order_relaxed)) {
    }
}

void cc_connection_end(request_rec *r)
{
    cc_conn_t *conn = conn_of(r);
    SSL *ssl = live_ssl(conn, r);

    cc_graceful_close_want(r, &conn->ends);
    if (ssl && !r->connection->master) {
        SSL_set_verify_result(ssl, X509_V_ERR_APPLICATION_VERIFICATION);
    }
}

/* In the connection's memory while it has some, and in a slot after that. */
static cc_entry_t *entry_make(request_rec *r, cc_conn_t *conn, SSL *ssl, const cc_slot_key_t *key)
{
    const cc_trust_t *trust = key->what[2];
    apr_pool_t *lasting = cc_connection_pool(r);
    cc_slots_t *slots = lasting ? NULL : cc_connection_slots(r, true);
    apr_pool_t *p = slots ? cc_slots_pool() : lasting;
    cc_entry_t *entry = cc_entry_make(r, ssl, trust, p ? p : r->pool);

    entry->client.number = atomic_fetch_add(&conn->clients, 1) + 1;
    entry->client.lasts = lasting != NULL;
    if (lasting) {
        entry_push(conn, entry);
    } else if (p) {
        cc_slots_keep(slots, key, entry, p, cc_request_client(r)->pool);
    }
    return entry;
}

/*
 * `entry` is what the connection's memory has, but does not hold any more, or NULL. Where there is
 * one in a slot, that is newer.
 */
static __attribute__((noinline)) cc_entry_t *entry_renew(request_rec *r, cc_conn_t *conn, SSL *ssl,
                                                         cc_entry_t *entry)
{
    const cc_vhost_t *host = cc_vhost_of(r->server);
    cc_slot_key_t key = {
        0, {SSL_get0_peer_certificate(ssl), SSL_get_session(ssl), host ? host->trust : NULL}};
    cc_slots_t *slots = cc_connection_slots(r, false);
    cc_entry_t *kept = slots ? cc_slots_take(slots, &key, cc_request_client(r)->pool) : NULL;

    if (kept && cc_entry_holds(kept, host)) {
        return kept;
    }
    entry = kept ? kept : entry;
    return entry && cc_entry_renew(entry, r, ssl) ? entry : entry_make(r, conn, ssl, &key);
}

CC_INLINE cc_client_t *client_of(request_rec *r, cc_conn_t *conn, SSL *ssl)
{
    const X509 *x509 = SSL_get0_peer_certificate(ssl);
    const cc_vhost_t *host = cc_vhost_of(r->server);
    const cc_trust_t *trust = host ? host->trust : NULL;
    cc_entry_t *entry;

    if (!x509) {
        return NULL;
    }
    entry = entry_find(conn, ssl, x509, trust);
    if (!entry || !cc_entry_holds(entry, host)) {
        entry = entry_renew(r, conn, ssl, entry); /* a new one will be found before it */
    }
    return &entry->client;
}

cc_client_t *cc_connection_peer(request_rec *r, cc_nobody_t *why)
{
    cc_conn_t *conn = conn_of(r);
    SSL *ssl = live_ssl(conn, r);

    *why = (cc_nobody_t){NULL, !ssl && conn};
    if (!ssl) {
        return NULL;
    }
    if (!is_proven(r, ssl)) {
        why->unproven = "its TLS handshake has not finished";
        return NULL;
    }
    return client_of(r, conn, ssl);
}

cc_client_t *cc_connection_client(request_rec *r)
{
    cc_conn_t *conn = conn_of(r);
    SSL *ssl = live_ssl(conn, r);

    return ssl ? client_of(r, conn, ssl) : NULL;
}
