/* SPDX-License-Identifier: Apache-2.0 */
/* Implements TLS as a source of clients: finds the certificate that a connection presents. */
#include <http_ssl.h>
#include <mod_ssl_openssl.h>

#include "base/inline.h"
#include "cert/cert.h"
#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/peer/client.h"
#include "httpd/peer/client_map.h"
#include "httpd/peer/graceful_close.h"
#include "httpd/peer/peer.h"
#include "httpd/peer/tls.h"
#include "httpd/peer/tls_client.h"
#include "httpd/peer/vhost.h"
#include "trust/trust.h"

int cc_tls_pre_handshake(conn_rec *c, SSL *ssl, int is_proxy)
{
    cc_peer_t *peer = cc_peer_of(c);

    if (is_proxy || !peer) {
        return OK;
    }
    peer->ssl = ssl;
    return OK;
}

/* ---- a request's client ------------------------------------------------------------------ */

/*
 * The SSL of a connection, or NULL if mod_ssl has freed it. mod_ssl may do so before the connection
 * ends: when a client sends plain HTTP to a TLS port, or when a back end breaks off. Requests are
 * still answered and logged after that.
 */
static SSL *live_ssl_on(const cc_peer_t *peer, conn_rec *c)
{
    return peer && ap_ssl_conn_is_ssl(c->master ? c->master : c) ? peer->ssl : NULL;
}

static SSL *live_ssl(const cc_peer_t *peer, const request_rec *r)
{
    return live_ssl_on(peer, r->connection);
}

/*
 * A Certificate message alone proves nothing. The client has proved possession of the key only when
 * the handshake has finished. mod_ssl may continue with a request whose post-handshake
 * authentication failed. Streams of HTTP/2 need no check, since HTTP/2 forbids a server to request
 * a certificate after the handshake (RFC 9113 9.2.3). Besides, the thread of their master
 * connection may be in the middle of a KeyUpdate.
 */
static bool is_proven(const request_rec *r, const SSL *ssl)
{
    return r->connection->master || SSL_is_init_finished(ssl);
}

/* The entry for a host and its CAs (conf/vhost_conf.h). */
static cc_tls_client_t *entry_find(const cc_peer_t *peer, const SSL *ssl, const X509 *x509,
                                   apr_uint64_t number)
{
    const SSL_SESSION *session = SSL_get_session(ssl);
    cc_tls_client_t *entry = atomic_load_explicit(&peer->tls_clients, memory_order_acquire);

    while (entry && (entry->x509 != x509 || entry->session != session ||
                     atomic_load_explicit(&entry->number, memory_order_relaxed) != number)) {
        entry = entry->next;
    }
    return entry;
}

/* The newest entry for a host, whatever its CAs were. */
static cc_tls_client_t *entry_find_older(const cc_peer_t *peer, const cc_client_map_key_t *key)
{
    cc_tls_client_t *entry = atomic_load_explicit(&peer->tls_clients, memory_order_acquire);

    while (entry && (entry->x509 != key->what[0] || entry->session != key->what[1] ||
                     entry->trust != key->what[2])) {
        entry = entry->next;
    }
    return entry;
}

static void entry_push(cc_peer_t *peer, cc_tls_client_t *entry)
{
    entry->next = atomic_load_explicit(&peer->tls_clients, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&peer->tls_clients, &entry->next, entry,
                                                  memory_order_release, memory_order_relaxed)) {
    }
}

static const cc_client_source_t tls; /* below */

/*
 * Makes the entry in the memory of the connection while its share lasts, and in the map after that.
 */
static cc_tls_client_t *entry_make(request_rec *r, cc_peer_t *peer, SSL *ssl,
                                   const cc_tls_judge_t *by, const cc_client_map_key_t *key)
{
    apr_pool_t *lasting = cc_peer_pool(r->connection);
    cc_client_map_t *map = lasting ? NULL : cc_peer_map(r->connection, true);
    apr_pool_t *p = map ? cc_client_map_pool() : lasting;
    cc_tls_client_t *entry = cc_tls_client_make(r, ssl, by, p ? p : r->pool);

    entry->client.source = &tls;
    entry->client.number = atomic_fetch_add(&peer->numbers, 1) + 1;
    entry->lasts = lasting != NULL;
    if (lasting) {
        entry_push(peer, entry);
    } else if (p) {
        cc_client_map_keep(map, key, entry, p, cc_request_client(r)->pool);
    }
    return entry;
}

/*
 * `entry` is the entry in the memory of the connection, which has to be checked again, or NULL. An
 * entry in the map is newer.
 */
static __attribute__((noinline)) cc_tls_client_t *
entry_renew(request_rec *r, cc_peer_t *peer, SSL *ssl, apr_uint64_t number, cc_tls_client_t *entry)
{
    cc_tls_judge_t by = {cc_vhost_with_tls(r->server), number};
    cc_client_map_key_t key = {
        0, {SSL_get0_peer_certificate(ssl), SSL_get_session(ssl), by.host ? by.host->trust : NULL}};
    cc_client_map_t *map = cc_peer_map(r->connection, false);
    cc_tls_client_t *kept = map ? cc_client_map_take(map, &key, cc_request_client(r)->pool) : NULL;

    if (kept && kept->number == number && cc_tls_client_holds(kept, by.host, r)) {
        return kept;
    }
    if (kept) {
        entry = kept;
    } else if (!entry) {
        entry = entry_find_older(peer, &key);
    }
    if (entry && cc_tls_client_renew(entry, r, ssl, &by)) { /* the answer is the same as before */
        return entry;
    }
    return entry_make(r, peer, ssl, &by, &key);
}

CC_INLINE cc_client_t *client_of(request_rec *r, cc_peer_t *peer, SSL *ssl)
{
    const X509 *x509 = SSL_get0_peer_certificate(ssl);
    cc_vhost_conf_t *conf = cc_vhost_conf_of(r->server);
    apr_uint64_t number = atomic_load_explicit(&conf->number, memory_order_acquire);
    cc_tls_client_t *entry;

    if (!x509) {
        return NULL;
    }
    entry = entry_find(peer, ssl, x509, number);
    if (!entry || !cc_tls_client_holds(entry, conf->vhost, r)) {
        entry = entry_renew(r, peer, ssl, number, entry); /* new entries are found before it */
    }
    return &entry->client;
}

cc_client_t *cc_peer_client(request_rec *r, cc_nobody_t *why)
{
    cc_peer_t *peer = cc_peer_of(r->connection);
    SSL *ssl = live_ssl(peer, r);

    *why = (cc_nobody_t){.gone = !ssl && peer && peer->ssl};
    if (!ssl) {
        return peer && peer->finder ? peer->finder->find(peer->finder, r, why) : NULL;
    }
    if (!is_proven(r, ssl)) {
        why->unproven = "its TLS handshake has not finished";
        return NULL;
    }
    return client_of(r, peer, ssl);
}

/* ---- facts without a client ---------------------------------------------------------------- */

bool cc_tls_is_on(const request_rec *r)
{
    return ap_ssl_conn_is_ssl(r->connection) != 0;
}

bool cc_tls_was_on(const request_rec *r)
{
    const cc_peer_t *peer = cc_peer_of(r->connection);

    return peer && peer->ssl;
}

bool cc_tls_has_cas(const request_rec *r)
{
    SSL *ssl = live_ssl(cc_peer_of(r->connection), r);
    const cc_vhost_t *host = ssl ? cc_vhost_of_ssl(ssl) : NULL;

    return host && host->cas;
}

static const char *variable(request_rec *r, const char *name)
{
    return ap_ssl_var_lookup(r->pool, r->server, r->connection, r, name);
}

cc_facts_t cc_tls_facts(request_rec *r)
{
    const char *resumed = variable(r, "SSL_SESSION_RESUMED"), *sni = variable(r, "SSL_TLS_SNI");

    return (cc_facts_t){.tls_known = true,
                        .tls_version = variable(r, "SSL_PROTOCOL"),
                        .tls_cipher = variable(r, "SSL_CIPHER"),
                        .tls_sni = sni && *sni ? sni : NULL,
                        .tls_resumed = resumed && !strcmp(resumed, "Resumed")};
}

/* ---- a handshake on a connection in use ---------------------------------------------------- */

/*
 * mod_ssl sets SSL_VERIFY_CLIENT_ONCE on the SSL when it has requested a certificate after the
 * handshake with TLS 1.3. The context has the mode of the handshake.
 */
static bool was_asked(const SSL *ssl)
{
    int first = SSL_CTX_get_verify_mode(SSL_get_SSL_CTX(ssl));

    return SSL_get_verify_mode(ssl) & SSL_VERIFY_CLIENT_ONCE ||
           (first & SSL_VERIFY_PEER && !SSL_session_reused(ssl));
}

/* A request can be read only after the first handshake, so any other is a later one. */
bool cc_tls_later(const request_rec *r, cc_tls_later_t *later)
{
    SSL *ssl = live_ssl(cc_peer_of(r->connection), r);

    if (!ssl || r->connection->master) {
        return false;
    }
    *later =
        (cc_tls_later_t){.required = SSL_get_verify_mode(ssl) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                         .tls13 = SSL_version(ssl) >= TLS1_3_VERSION,
                         .asked = was_asked(ssl),
                         .failed = !SSL_is_init_finished(ssl),
                         .verified = SSL_get_verify_result(ssl) == X509_V_OK};
    return true;
}

apr_array_header_t *cc_tls_ca_names(const request_rec *r, int most, int *more)
{
    const cc_vhost_t *host = cc_vhost_of(r->server);

    *more = 0;
    return host ? cc_trust_ca_names(host->trust, most, more, r->pool)
                : apr_array_make(r->pool, 1, sizeof(const char *));
}

cc_fault_t cc_tls_refused(const request_rec *r)
{
    const cc_peer_t *peer = cc_peer_of(r->connection);

    return peer ? peer->refused : (cc_fault_t){CC_CAUSE_NONE, 0, 0};
}

/* ---- the source ------------------------------------------------------------------------- */

/*
 * From now on, mod_ssl's conditions and variables report the certificate as failed. The streams of
 * an HTTP/2 connection share the SSL, so nothing is written there.
 */
static void tls_end(cc_client_t *client, request_rec *r)
{
    cc_peer_t *peer = cc_peer_of(r->connection);
    SSL *ssl = live_ssl(peer, r);

    (void)client;
    cc_graceful_close_want(r);
    if (ssl && !r->connection->master) {
        SSL_set_verify_result(ssl, X509_V_ERR_APPLICATION_VERIFICATION);
    }
}

static cc_client_t *tls_again(cc_client_t *client, request_rec *r)
{
    cc_peer_t *peer = cc_peer_of(r->connection);
    SSL *ssl = live_ssl(peer, r);

    (void)client;
    return ssl ? client_of(r, peer, ssl) : NULL;
}

static apr_pool_t *tls_pool(const cc_client_t *client, conn_rec *c)
{
    return ((const cc_tls_client_t *)client)->lasts ? cc_peer_pool(c) : NULL;
}

static cc_client_map_t *tls_map(const cc_client_t *client, conn_rec *c, bool make)
{
    (void)client;
    return cc_peer_map(c, make);
}

static STACK_OF(X509) * tls_path(const cc_client_t *client, conn_rec *c)
{
    const cc_tls_client_t *entry = (const cc_tls_client_t *)client;
    SSL *ssl = live_ssl_on(cc_peer_of(c), c);

    return entry->trust ? cc_trust_path(entry->trust, entry->x509,
                                        ssl ? SSL_get_peer_cert_chain(ssl) : NULL, apr_time_now())
                        : NULL;
}

static const cc_client_source_t tls = {tls_again, tls_end, tls_pool, tls_map, tls_path};
