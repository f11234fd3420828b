/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the record in a session after the client was asked for a certificate once more. */
#include "suite.h"
#include "tls.h"

static apr_pool_t *pool;
static pki_t ca, alice, bob, stranger;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
    alice = pki_client("alice", &ca);
    bob = pki_client("bob", &ca);
    stranger = pki_client("stranger", NULL);
}

static void teardown(void)
{
    pki_free(&ca);
    pki_free(&alice);
    pki_free(&bob);
    pki_free(&stranger);
    apr_pool_destroy(pool);
}

static host_t *host(int way)
{
    host_t *made = host_make((tls_way_t)way, &ca, pool);

    SSL_CTX_set_verify(made->ctx, SSL_VERIFY_PEER, tls_optional_no_ca);
    host_ready(made, pool);
    return made;
}

static void change(tls_t *tls, const pki_t *to)
{
    ck_assert(SSL_use_certificate(tls->client, to->cert));
    ck_assert(SSL_use_PrivateKey(tls->client, to->key));
}

/*
 * Frees the connection, and checks its last session on the next connection. With mod_ssl's
 * SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION a renegotiation gives no ticket.
 */
static void check_next(tls_t *tls, host_t *at, const pki_t *who, cc_trust_state_t state)
{
    SSL_SESSION *session = tls_session(tls);
    tls_t next = tls_open(at, who, session);
    X509 *cert;

    ck_assert(tls_handshake(&next));
    ck_assert_int_eq(SSL_session_reused(next.server), SSL_SESSION_is_resumable(session));
    cert = SSL_get0_peer_certificate(next.server);
    ck_assert_int_eq(X509_cmp(cert, who->cert), 0);
    ck_assert_int_eq(tls_unseal(&next, at).state, state);
    SSL_SESSION_free(session);
    tls_free(&next);
    tls_free(tls);
}

TEST_LOOP(a_certificate_asked_for_later_is_sealed_into_the_session_that_comes_back, 0, TLS_WAYS)
{
    host_t *at = host(_i);
    tls_t tls = tls_open(at, &alice, NULL);

    SSL_set_verify(tls.server, SSL_VERIFY_NONE, tls_optional_no_ca);
    ck_assert(tls_handshake(&tls));
    ck_assert_ptr_null(SSL_get0_peer_certificate(tls.server));
    ck_assert(tls_ask_again(&tls));
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_OK);
    ck_assert(tls_unseal(&tls, at).ca_known);
    check_next(&tls, at, &alice, CC_TRUST_OK);
}

TEST_LOOP(a_self_signed_certificate_asked_for_later_is_failed, 0, TLS_WAYS)
{
    host_t *at = host(_i);
    tls_t tls = tls_open(at, &stranger, NULL);

    SSL_set_verify(tls.server, SSL_VERIFY_NONE, tls_optional_no_ca);
    ck_assert(tls_handshake(&tls) && tls_ask_again(&tls));
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_FAILED);
    check_next(&tls, at, &stranger, CC_TRUST_FAILED);
}

TEST_LOOP(another_certificate_takes_the_place_of_the_first_and_its_verdict, 0, TLS_WAYS)
{
    host_t *at = host(_i);
    tls_t tls = tls_open(at, &alice, NULL);

    ck_assert(tls_handshake(&tls));
    change(&tls, &bob);
    ck_assert(tls_ask_again(&tls));
    ck_assert_int_eq(X509_cmp(SSL_get0_peer_certificate(tls.server), bob.cert), 0);
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_OK);
    change(&tls, &stranger);
    ck_assert(tls_ask_again(&tls));
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_FAILED);
    check_next(&tls, at, &stranger, CC_TRUST_FAILED);
}

TEST_LOOP(a_good_certificate_replaces_a_failed_one, 0, TLS_WAYS)
{
    host_t *at = host(_i);
    tls_t tls = tls_open(at, &stranger, NULL);

    ck_assert(tls_handshake(&tls));
    change(&tls, &alice);
    ck_assert(tls_ask_again(&tls));
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_OK);
    check_next(&tls, at, &alice, CC_TRUST_OK);
}

TEST_LOOP(a_resumed_connection_can_be_asked_again, 0, TLS_WAYS)
{
    host_t *at = host(_i);
    tls_t first = tls_open(at, &stranger, NULL), tls;
    SSL_SESSION *session;

    ck_assert(tls_handshake(&first));
    session = tls_session(&first);
    tls = tls_open(at, &alice, session);
    ck_assert(tls_handshake(&tls) && SSL_session_reused(tls.server));
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_FAILED);
    ck_assert(tls_ask_again(&tls));
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_OK);
    SSL_SESSION_free(session);
    tls_free(&first);
    check_next(&tls, at, &alice, CC_TRUST_OK);
}

TEST_LOOP(the_session_before_a_change_of_certificate_gains_nothing_by_it, 0, TLS_WAYS)
{
    host_t *at = host(_i);
    tls_t tls = tls_open(at, &stranger, NULL);
    SSL_SESSION *before;
    cc_seal_t seal;

    ck_assert(tls_handshake(&tls));
    before = SSL_get1_session(tls.server);
    change(&tls, &alice);
    ck_assert(tls_ask_again(&tls));
    cc_trust_unseal(&seal, at->trust, before, stranger.cert);
    ck_assert_int_ne(seal.state, CC_TRUST_OK);
    ck_assert(!cc_trust_may_resume(at->trust, before, 0, apr_time_now()));
    SSL_SESSION_free(before);
    tls_free(&tls);
}

SUITE("renegotiation and post-handshake authentication", .setup = setup, .teardown = teardown);
