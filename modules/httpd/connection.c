/* SPDX-License-Identifier: Apache-2.0 */
/* Knows mod_ssl's connections: verdicts are sealed at the handshake, read at the request. */
#include "counters.h"
#include "glue.h"

#include <apr_strings.h>
#include <http_connection.h>
#include <http_ssl.h>
#include <mod_ssl_openssl.h>

#include "trust/trust.h"

/* More than the rule sets and renegotiations of any sane connection. */
#define CC_CONNECTION_MEMORY 64

/* The record of a virtual host with TLS. */
typedef struct cc_host_t {
    cc_trust_t *trust;
    SSL_SESSION *(*get_session)(SSL *, const unsigned char *, int, int *); /* mod_ssl's */
} cc_host_t;

/* A client as one host judges it; found again by these pointers, all of which are held. */
typedef struct cc_entry_t {
    struct cc_entry_t *next;
    X509 *x509;
    SSL_SESSION *session;
    const cc_trust_t *trust;
    cc_seal_t seal;
    cc_client_t client;
} cc_entry_t;

/* A pool of its own that a stream has asked for. */
typedef struct cc_link_t {
    struct cc_link_t *next;
    apr_pool_t *pool;
} cc_link_t;

/* The record of a TLS connection. Lists only ever grow at their front. */
typedef struct cc_conn_t {
    SSL *ssl;
    _Atomic(cc_entry_t *) entries;
    _Atomic(cc_link_t *) links;
    atomic_int asked;
} cc_conn_t;

static const cc_host_t *host_of(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &clientcert_module);
}

/* mod_ssl leaves the virtual host in each context, and SNI has chosen the context by now. */
static const cc_host_t *host_of_ssl(SSL *ssl)
{
    const server_rec *s = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    return s ? host_of(s) : NULL;
}

/* ---- the gate: which sessions may be resumed --------------------------------------------- */

static bool may_resume(SSL *ssl, SSL_SESSION *session)
{
    const cc_host_t *host = host_of_ssl(ssl);

    return host && cc_trust_may_resume(host->trust, session, apr_time_now());
}

static SSL_TICKET_RETURN gate_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *keyname,
                                     size_t keyname_len, SSL_TICKET_STATUS status, void *arg)
{
    (void)keyname;
    (void)keyname_len;
    (void)arg;
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    if (!may_resume(ssl, session)) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

static SSL_SESSION *gate_cache(SSL *ssl, const unsigned char *id, int id_len, int *copy)
{
    const cc_host_t *host = host_of_ssl(ssl);
    SSL_SESSION *session = host ? host->get_session(ssl, id, id_len, copy) : NULL;

    if (session && !may_resume(ssl, session)) {
        if (!*copy) { /* then the reference that mod_ssl gave is ours to return */
            SSL_SESSION_free(session);
        }
        return NULL;
    }
    return session;
}

/* mod_ssl leaves the connection in the SSL. What is told is long, and not kept as long as that. */
static void refused(const cc_refusal_t *refusal, void *server)
{
    conn_rec *c = SSL_get_app_data(refusal->ssl);
    apr_pool_t *p;

    cc_counters_rejected(server, CC_REJECTED_HANDSHAKE);
    if (cc_log_wants_refusal(c, server) && apr_pool_create(&p, c->pool) == APR_SUCCESS) {
        cc_refused_t told = {cc_cert_wrap(refusal->leaf, p), cc_cert_wrap(refusal->cert, p),
                             refusal->depth, cc_refusal_text(refusal, p)};

        cc_log_refusal(c, server, &told, p);
        apr_pool_destroy(p);
    }
}

/* ---- mod_ssl's hooks --------------------------------------------------------------------- */

/* Every context gets the gates: the first one on an address owns the tickets and the cache. */
static int init_server(server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *ctx)
{
    cc_error_t err = {0};
    cc_host_t *host;

    if (is_proxy) {
        return OK;
    }
    host = apr_pcalloc(p, sizeof(*host));
    if (cc_trust_create(&host->trust, ctx, p, &err) != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "%s", cc_error_text(&err, p));
        return APR_EGENERAL;
    }
    cc_trust_on_refusal(host->trust, refused, s);
    SSL_CTX_set_cert_verify_callback(ctx, cc_trust_verify, host->trust);
    SSL_CTX_set_session_ticket_cb(ctx, NULL, gate_ticket, NULL);
    host->get_session = SSL_CTX_sess_get_get_cb(ctx);
    if (host->get_session) {
        SSL_CTX_sess_set_get_cb(ctx, gate_cache);
    }
    ap_set_module_config(s->module_config, &clientcert_module, host);
    return OK;
}

static apr_status_t conn_cleanup(void *data)
{
    cc_conn_t *conn = data;
    cc_link_t *link = atomic_load(&conn->links);

    while (link) {
        cc_link_t *next = link->next; /* the link is in the pool that goes */
        apr_pool_destroy(link->pool);
        link = next;
    }
    return APR_SUCCESS;
}

static int pre_handshake(conn_rec *c, SSL *ssl, int is_proxy)
{
    cc_conn_t *conn;

    if (is_proxy) {
        return OK;
    }
    conn = apr_pcalloc(c->pool, sizeof(*conn));
    apr_pool_cleanup_register(c->pool, conn, conn_cleanup, apr_pool_cleanup_null);
    conn->ssl = ssl;
    ap_set_module_config(c->conn_config, &clientcert_module, conn);
    return OK;
}

void cc_connection_register(void)
{
    APR_OPTIONAL_HOOK(ssl, init_server, init_server, NULL, NULL, APR_HOOK_LAST);
    APR_OPTIONAL_HOOK(ssl, pre_handshake, pre_handshake, NULL, NULL, APR_HOOK_MIDDLE);
}

/* ---- a request's client ------------------------------------------------------------------ */

static cc_conn_t *conn_of(const request_rec *r)
{
    const conn_rec *c = r->connection->master ? r->connection->master : r->connection;

    return ap_get_module_config(c->conn_config, &clientcert_module);
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

static apr_status_t free_x509(void *data)
{
    X509_free(data);
    return APR_SUCCESS;
}

static apr_status_t free_session(void *data)
{
    SSL_SESSION_free(data);
    return APR_SUCCESS;
}

/* Holds both: as long as they are held, no other object can have their addresses. */
static void entry_hold(cc_entry_t *entry, SSL *ssl, apr_pool_t *p)
{
    entry->x509 = SSL_get1_peer_certificate(ssl);
    apr_pool_cleanup_register(p, entry->x509, free_x509, apr_pool_cleanup_null);
    entry->session = SSL_get1_session(ssl);
    apr_pool_cleanup_register(p, entry->session, free_session, apr_pool_cleanup_null);
}

static bool mod_ssl_agrees(request_rec *r)
{
    const char *verify =
        ap_ssl_var_lookup(r->pool, r->server, r->connection, r, "SSL_CLIENT_VERIFY");

    return verify && !strcmp(verify, "SUCCESS");
}

/* A host that trusts others than the one of the handshake judges for itself (RFC 9110 7.4). */
static const char *judge(cc_entry_t *entry, request_rec *r, SSL *ssl)
{
    const cc_trust_t *trust = entry->trust;

    if (!trust) {
        return "its virtual host has no TLS of its own to verify it";
    }
    cc_trust_unseal(&entry->seal, trust, entry->session, entry->x509);
    if (entry->seal.state == CC_TRUST_OTHER_TRUST) {
        cc_trust_reverify(&entry->seal, trust, entry->x509, SSL_get_peer_cert_chain(ssl),
                          r->request_time);
    }
    if (entry->seal.state != CC_TRUST_OK) {
        return cc_trust_state_text(entry->seal.state);
    }
    return mod_ssl_agrees(r) ? NULL : "mod_ssl does not report it as verified";
}

static void entry_facts(cc_facts_t *facts, const cc_seal_t *seal, SSL *ssl, apr_pool_t *p)
{
    const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    facts->tls_known = true;
    facts->tls_version = SSL_get_version(ssl);
    facts->tls_cipher = SSL_get_cipher_name(ssl);
    facts->tls_sni = sni ? apr_pstrdup(p, sni) : NULL;
    facts->tls_resumed = SSL_session_reused(ssl);
    facts->ca_sha256 = seal->ca_known ? seal->ca_sha256 : NULL;
    facts->ca_spki_sha256 = seal->ca_known ? seal->ca_spki_sha256 : NULL;
}

/* Octets of the signature, which are as good as random from the first ones on. */
static void mark_set(cc_mark_t *mark, const X509 *x509)
{
    const ASN1_BIT_STRING *signature;
    const size_t skip = 8; /* of ECDSA, the head of a sequence and of its first number */

    X509_get0_signature(&signature, NULL, x509);
    if (ASN1_STRING_length(signature) >= (int)(skip + sizeof(*mark))) {
        memcpy(mark, ASN1_STRING_get0_data(signature) + skip, sizeof(*mark));
    }
}

static cc_rejection_t rejection_of(const cc_entry_t *entry)
{
    static const cc_rejection_t rejections[] = {
        [CC_TRUST_OK] = CC_REJECTED_NOT_REPORTED,
        [CC_TRUST_NO_RECORD] = CC_REJECTED_NO_RECORD,
        [CC_TRUST_BAD_RECORD] = CC_REJECTED_BAD_RECORD,
        [CC_TRUST_FAILED] = CC_REJECTED_NOT_VERIFIED,
        [CC_TRUST_OTHER_TRUST] = CC_REJECTED_OTHER_TRUST,
        [CC_TRUST_NOT_YET] = CC_REJECTED_NOT_YET,
        [CC_TRUST_EXPIRED] = CC_REJECTED_EXPIRED,
        [CC_TRUST_NOT_CLIENT] = CC_REJECTED_NOT_CLIENT,
    };

    return entry->trust ? rejections[entry->seal.state] : CC_REJECTED_NO_TLS;
}

static cc_entry_t *entry_make(request_rec *r, SSL *ssl, const cc_trust_t *trust, apr_pool_t *p)
{
    cc_entry_t *entry = apr_pcalloc(p, sizeof(*entry));
    cc_client_t *client = &entry->client;

    entry_hold(entry, ssl, p);
    entry->trust = trust;
    client->problem = judge(entry, r, ssl);
    client->cert = cc_cert_wrap(entry->x509, p);
    cc_cert_validity(client->cert, &client->not_before, &client->not_after);
    entry_facts(&client->facts, &entry->seal, ssl, p);
    if (client->problem) {
        cc_counters_rejected(r->server, rejection_of(entry));
        cc_log_problem(r, client, client->problem);
    } else if (cc_expiring_soon(client->not_after, r->request_time)) {
        client->ends_soon = true;
        mark_set(&client->mark, entry->x509);
        cc_counters_expiring(r, client);
    }
    return entry;
}

static cc_entry_t *entry_find(cc_conn_t *conn, const X509 *x509, const cc_trust_t *trust)
{
    const SSL_SESSION *session = SSL_get_session(conn->ssl);
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

cc_client_t *cc_connection_client(request_rec *r)
{
    cc_conn_t *conn = conn_of(r);
    const X509 *x509 = conn ? SSL_get0_peer_certificate(conn->ssl) : NULL;
    const cc_host_t *host = host_of(r->server);
    const cc_trust_t *trust = host ? host->trust : NULL;
    cc_entry_t *entry;
    apr_pool_t *p;

    if (!x509) {
        return NULL;
    }
    entry = entry_find(conn, x509, trust);
    if (!entry) {
        p = cc_connection_pool(r);
        entry = entry_make(r, conn->ssl, trust, p ? p : r->pool);
        if (p) {
            entry_push(conn, entry);
        }
    }
    return &entry->client;
}
