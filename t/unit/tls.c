/* SPDX-License-Identifier: Apache-2.0 */
/* Runs whole TLS connections between two ends in memory, for the unit tests. */
#include "tls.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

enum { CACHE_SIZE = 16, ROUNDS = 20 };

/* A session as in a server's cache: outside of OpenSSL, as octets. */
typedef struct entry_t {
    unsigned char id[SSL_MAX_SSL_SESSION_ID_LENGTH];
    unsigned int id_len;
    unsigned char der[4096];
    int der_len;
} entry_t;

/* One cache for all hosts, as in httpd. */
static entry_t cache[CACHE_SIZE];
static int cached;

static void must(int done)
{
    if (!done) {
        abort();
}
}

/* ---- the server ------------------------------------------------------------------------- */

static bool may_resume(SSL *ssl, SSL_SESSION *session)
{
    const host_t *host = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    return !host->guarded
           || cc_trust_may_resume(host->trust, session, 0, host->now ? host->now : apr_time_now());
}

static int cache_put(SSL *ssl, SSL_SESSION *session)
{
    entry_t *entry = &cache[cached++ % CACHE_SIZE];
    unsigned char *to = entry->der;
    const unsigned char *id = SSL_SESSION_get_id(session, &entry->id_len);

    (void)ssl;
    must(i2d_SSL_SESSION(session, NULL) <= (int)sizeof entry->der);
    memcpy(entry->id, id, entry->id_len);
    entry->der_len = i2d_SSL_SESSION(session, &to);
    return 0;
}

static SSL_SESSION *cache_get(SSL *ssl, const unsigned char *id, int id_len, int *copy)
{
    SSL_SESSION *session = NULL;

    *copy = 0;
    for (int i = 0; i < CACHE_SIZE && session == NULL; i++) {
        const unsigned char *from = cache[i].der;

        if ((int)cache[i].id_len == id_len && memcmp(cache[i].id, id, (size_t)id_len) == 0) {
            session = d2i_SSL_SESSION(NULL, &from, cache[i].der_len);
}
    }
    if (session != NULL && !may_resume(ssl, session)) {
        SSL_SESSION_free(session);
        session = NULL;
    }
    return session;
}

static SSL_TICKET_RETURN ticket_get(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
                                    size_t name_len, SSL_TICKET_STATUS status, void *arg)
{
    bool good = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;

    (void)name, (void)name_len, (void)arg;
    if (!good || !may_resume(ssl, session)) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
}
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

static void resume_by(SSL_CTX *ctx, tls_way_t way)
{
    static const unsigned char context[] = "test";
    unsigned char keys[256] = {0};
    long len = SSL_CTX_get_tlsext_ticket_keys(ctx, NULL, 0);

    SSL_CTX_set_session_id_context(ctx, context, sizeof context);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    if (way == TLS12_CACHE || way == TLS13_CACHE) {
        SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
        SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(ctx, cache_put);
        SSL_CTX_sess_set_get_cb(ctx, cache_get);
    }
    must(len <= (long)sizeof keys && SSL_CTX_set_tlsext_ticket_keys(ctx, keys, len));
    must(SSL_CTX_set_session_ticket_cb(ctx, NULL, ticket_get, NULL));
}

static apr_status_t host_free(void *ctx)
{
    SSL_CTX_free(ctx);
    return APR_SUCCESS;
}

host_t *host_make(tls_way_t way, const pki_t *ca, apr_pool_t *p)
{
    int version = way == TLS12_TICKET || way == TLS12_CACHE ? TLS1_2_VERSION : TLS1_3_VERSION;
    host_t *host = apr_pcalloc(p, sizeof *host);
    pki_t server = pki_make("localhost", NULL, pki_is_server, -60, 3600);

    host->ctx = SSL_CTX_new(TLS_server_method());
    apr_pool_cleanup_register(p, host->ctx, host_free, apr_pool_cleanup_null);
    SSL_CTX_set_app_data(host->ctx, host);
    must(SSL_CTX_set_min_proto_version(host->ctx, version));
    must(SSL_CTX_set_max_proto_version(host->ctx, version));
    SSL_CTX_set_options(host->ctx, SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION);
    must(SSL_CTX_use_certificate(host->ctx, server.cert));
    must(SSL_CTX_use_PrivateKey(host->ctx, server.key));
    pki_free(&server);
    must(X509_STORE_add_cert(SSL_CTX_get_cert_store(host->ctx), ca->cert));
    must(SSL_CTX_add_client_CA(host->ctx, ca->cert));
    SSL_CTX_set_verify(host->ctx, SSL_VERIFY_PEER, tls_strict);
    resume_by(host->ctx, way);
    return host;
}

void host_ready(host_t *host, apr_pool_t *p)
{
    must(cc_trust_create(&host->trust, host->ctx, p, NULL) == APR_SUCCESS);
    SSL_CTX_set_cert_verify_callback(host->ctx, cc_trust_verify, host->trust);
}

void host_follow(host_t *host, cc_cas_t *cas, apr_pool_t *p)
{
    must(cc_trust_follow(&host->trust, host->ctx, cas, p, NULL) == APR_SUCCESS);
    SSL_CTX_set_cert_verify_callback(host->ctx, cc_trust_verify, host->trust);
}

/* ---- verify callbacks ------------------------------------------------------------------- */

int tls_strict(int ok, X509_STORE_CTX *store_ctx)
{
    (void)store_ctx;
    return ok;
}

int tls_optional_no_ca(int ok, X509_STORE_CTX *store_ctx)
{
    switch (X509_STORE_CTX_get_error(store_ctx)) {
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return 1;
    default:
        return ok;
    }
}

int tls_no_crl_for_cert_ok(int ok, X509_STORE_CTX *store_ctx)
{
    if (ok || X509_STORE_CTX_get_error(store_ctx) != X509_V_ERR_UNABLE_TO_GET_CRL) {
        return ok;
}
    X509_STORE_CTX_set_error(store_ctx, X509_V_OK);
    return 1;
}

int tls_both(int ok, X509_STORE_CTX *store_ctx)
{
    return tls_no_crl_for_cert_ok(tls_optional_no_ca(ok, store_ctx), store_ctx);
}

/* ---- the connection --------------------------------------------------------------------- */

tls_t tls_open(host_t *host, const pki_t *client, SSL_SESSION *resume)
{
    tls_t tls = {.client_ctx = SSL_CTX_new(TLS_client_method()), .server = SSL_new(host->ctx)};
    BIO *near = NULL, *far = NULL;

    tls.client = SSL_new(tls.client_ctx);
    must(tls.client != NULL && tls.server != NULL && BIO_new_bio_pair(&near, 0, &far, 0));
    SSL_set_bio(tls.client, near, near);
    SSL_set_bio(tls.server, far, far);
    SSL_set_connect_state(tls.client);
    SSL_set_accept_state(tls.server);
    SSL_set_post_handshake_auth(tls.client, 1);
    if (client != NULL) {
        must(SSL_use_certificate(tls.client, client->cert));
        must(SSL_use_PrivateKey(tls.client, client->key));
    }
    if (resume != NULL) {
        must(SSL_set_session(tls.client, resume));
}
    return tls;
}

void tls_free(tls_t *tls)
{
    /* The session of a connection without a shutdown could not be resumed. */
    SSL_set_shutdown(tls->client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_set_shutdown(tls->server, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(tls->client);
    SSL_free(tls->server);
    SSL_CTX_free(tls->client_ctx);
}

/* True unless `result` is a failure: done, or waiting for the other end. */
static bool goes_on(SSL *ssl, int result)
{
    int error = SSL_get_error(ssl, result);

    return result > 0 || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

/* Lets both ends read the other's data, until there is no more. */
static bool tls_settle(tls_t *tls)
{
    char octet;

    for (int i = 0; i < ROUNDS; i++) {
        if (!goes_on(tls->client, SSL_read(tls->client, &octet, 1))
            || !goes_on(tls->server, SSL_read(tls->server, &octet, 1))) {
            return false;
}
}
    return true;
}

bool tls_handshake(tls_t *tls)
{
    for (int i = 0; i < ROUNDS; i++) {
        if (!goes_on(tls->client, SSL_do_handshake(tls->client))
            || !goes_on(tls->server, SSL_do_handshake(tls->server))) {
            return false;
}
}
    return SSL_is_init_finished(tls->client) && SSL_is_init_finished(tls->server)
           && tls_settle(tls);
}

bool tls_ask_again(tls_t *tls)
{
    SSL_set_verify(tls->server, SSL_VERIFY_PEER, SSL_get_verify_callback(tls->server));
    if (SSL_version(tls->server) == TLS1_3_VERSION) {
        must(SSL_verify_client_post_handshake(tls->server));
    } else {
        must(SSL_renegotiate(tls->server));
}
    return goes_on(tls->server, SSL_do_handshake(tls->server)) && tls_settle(tls)
           && SSL_is_init_finished(tls->client) && SSL_is_init_finished(tls->server);
}

SSL_SESSION *tls_session(const tls_t *tls)
{
    return SSL_get1_session(tls->client);
}

cc_seal_t tls_unseal(const tls_t *tls, const host_t *host)
{
    X509 *cert = SSL_get0_peer_certificate(tls->server);
    cc_seal_t seal;

    must(cert != NULL);
    cc_trust_unseal(&seal, host->trust, SSL_get_session(tls->server), cert);
    return seal;
}
