/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how the verification wraps the callback in place, and the result of a seal that fails. */
#include <openssl/err.h>

#include "suite.h"
#include "tls.h"
#include "trust/internal.h"

static apr_pool_t *pool;
static pki_t ca, client;
static host_t *at;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
    client = pki_client("client", &ca);
    at = host_make(TLS13_TICKET, &ca, pool);
    host_ready(at, pool);
}

static void teardown(void)
{
    pki_free(&ca);
    pki_free(&client);
    apr_pool_destroy(pool);
}

TEST(the_context_of_the_verification_is_left_as_it_was)
{
    SSL *ssl = SSL_new(at->ctx);
    SSL_SESSION *session = SSL_SESSION_new();
    X509_STORE_CTX *store_ctx = X509_STORE_CTX_new();
    cc_seal_t seal;
    int mark;

    ck_assert(SSL_set_session(ssl, session));
    ck_assert(X509_STORE_CTX_init(store_ctx, SSL_CTX_get_cert_store(at->ctx), client.cert, NULL));
    X509_STORE_CTX_set_ex_data(store_ctx, SSL_get_ex_data_X509_STORE_CTX_idx(), ssl);
    X509_STORE_CTX_set_app_data(store_ctx, &mark);
    X509_STORE_CTX_set_verify_cb(store_ctx, tls_strict);

    ck_assert_int_eq(cc_trust_verify(store_ctx, at->trust), 1);
    ck_assert_ptr_eq(X509_STORE_CTX_get_app_data(store_ctx), &mark);
    ck_assert(X509_STORE_CTX_get_verify_cb(store_ctx) == tls_strict);
    cc_trust_unseal(&seal, at->trust, session, client.cert);
    ck_assert_int_eq(seal.state, CC_TRUST_OK);

    X509_STORE_CTX_free(store_ctx);
    SSL_SESSION_free(session);
    SSL_free(ssl);
}

/* Continues with an error of its own if OpenSSL has found none. */
static int object(int ok, X509_STORE_CTX *store_ctx)
{
    X509_STORE_CTX_set_error(store_ctx, X509_V_ERR_APPLICATION_VERIFICATION);
    return ok;
}

TEST(an_error_that_the_callback_found_itself_is_failed)
{
    tls_t tls = tls_open(at, &client, NULL);

    SSL_set_verify(tls.server, SSL_VERIFY_PEER, object);
    ck_assert(tls_handshake(&tls));
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_FAILED);
    tls_free(&tls);
}

SUITE("callback", .setup = setup, .teardown = teardown);
