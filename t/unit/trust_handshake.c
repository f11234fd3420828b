/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what real handshakes leave in a session, and what is found there when it is resumed. */
#include <string.h>

#include <openssl/x509v3.h>

#include "cert/cert.h"
#include "suite.h"
#include "tls.h"

static apr_pool_t *pool;
static pki_t ca, client, stranger;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
    client = pki_client("client", &ca);
    stranger = pki_client("stranger", NULL);
}

static void teardown(void)
{
    pki_free(&ca);
    pki_free(&client);
    pki_free(&stranger);
    apr_pool_destroy(pool);
}

static host_t *host(int way, SSL_verify_cb callback)
{
    host_t *made = host_make((tls_way_t)way, &ca, pool);

    SSL_CTX_set_verify(made->ctx, SSL_VERIFY_PEER, callback);
    host_ready(made, pool);
    return made;
}

/* The result of one connection. */
typedef struct outcome_t {
    bool connected;
    bool resumed;
    cc_seal_t seal;
    SSL_SESSION *session; /* for the next connection */
} outcome_t;

static outcome_t outcome_take(const tls_t *tls, const host_t *at)
{
    outcome_t outcome = {.connected = true, .resumed = SSL_session_reused(tls->server)};

    outcome.seal = tls_unseal(tls, at);
    outcome.session = tls_session(tls);
    return outcome;
}

/* One connection to `at`, which offers `from`'s session and frees it. */
static outcome_t visit(host_t *at, const pki_t *who, SSL_SESSION *from)
{
    tls_t tls = tls_open(at, who, from);
    outcome_t outcome = {0};

    if (tls_handshake(&tls)) {
        outcome = outcome_take(&tls, at);
}
    tls_free(&tls);
    SSL_SESSION_free(from);
    return outcome;
}

static void check_issuer(const cc_seal_t *seal, X509 *issuer)
{
    unsigned char sha256[32], spki_sha256[32];

    cc_cert_digests(cc_cert_wrap(issuer, pool), sha256, spki_sha256);
    ck_assert(seal->ca_known);
    ck_assert_mem_eq(seal->ca_sha256, sha256, 32);
    ck_assert_mem_eq(seal->ca_spki_sha256, spki_sha256, 32);
}

TEST_LOOP(a_verified_certificate_stays_verified_however_often_it_is_resumed, 0, TLS_WAYS)
{
    host_t *at = host(_i, tls_strict);
    apr_time_t before = apr_time_now();
    outcome_t seen = visit(at, &client, NULL);
    apr_time_t first = seen.seal.verified_at;

    ck_assert(seen.connected && !seen.resumed);
    ck_assert(before <= first && first <= apr_time_now());
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(seen.seal.state, CC_TRUST_OK);
        ck_assert_int_eq(seen.seal.verified_at, first);
        check_issuer(&seen.seal, ca.cert);
        seen = visit(at, &client, seen.session);
        ck_assert(seen.connected && seen.resumed);
    }
    SSL_SESSION_free(seen.session);
}

TEST_LOOP(a_self_signed_certificate_that_the_callback_let_pass_is_failed_full_and_resumed,
          0, TLS_WAYS)
{
    host_t *at = host(_i, tls_optional_no_ca);
    outcome_t seen = visit(at, &stranger, NULL);

    ck_assert(seen.connected && !seen.resumed);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_FAILED);
    seen = visit(at, &stranger, seen.session);
    ck_assert(seen.connected && seen.resumed);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_FAILED);
    ck_assert(!seen.seal.ca_known);
    SSL_SESSION_free(seen.session);
}

TEST_LOOP(a_session_that_would_not_hold_is_not_resumed_on_a_guarded_host, 0, TLS_WAYS)
{
    host_t *at = host(_i, tls_optional_no_ca);
    outcome_t seen;

    at->guarded = true;
    seen = visit(at, &stranger, NULL);
    seen = visit(at, &stranger, seen.session);
    ck_assert(seen.connected && !seen.resumed);
    SSL_SESSION_free(seen.session);

    seen = visit(at, &client, NULL);
    seen = visit(at, &client, seen.session);
    ck_assert(seen.connected && seen.resumed);
    SSL_SESSION_free(seen.session);
}

TEST_LOOP(a_session_without_a_certificate_is_resumed_on_a_guarded_host, 0, TLS_WAYS)
{
    host_t *at = host(_i, tls_strict);
    tls_t tls = tls_open(at, NULL, NULL), again;
    SSL_SESSION *session;

    at->guarded = true;
    ck_assert(tls_handshake(&tls));
    session = tls_session(&tls);
    again = tls_open(at, NULL, session);
    ck_assert(tls_handshake(&again));
    ck_assert(SSL_session_reused(again.server));
    SSL_SESSION_free(session);
    tls_free(&tls);
    tls_free(&again);
}

TEST_LOOP(a_session_that_nobody_sealed_carries_no_record, 0, TLS_WAYS)
{
    host_t *at = host(_i, tls_strict);
    outcome_t seen;

    SSL_CTX_set_cert_verify_callback(at->ctx, NULL, NULL);
    seen = visit(at, &client, NULL);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_NO_RECORD);
    seen = visit(at, &client, seen.session);
    ck_assert(seen.resumed);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_NO_RECORD);
    at->guarded = true;
    seen = visit(at, &client, seen.session);
    ck_assert(seen.connected && !seen.resumed);
    SSL_SESSION_free(seen.session);
}

TEST_LOOP(a_session_of_a_host_with_another_ca_holds_nothing_and_may_not_be_resumed, 0, TLS_WAYS)
{
    pki_t other_ca = pki_ca("other CA", NULL);
    host_t *at = host(_i, tls_strict);
    host_t *other = host_make((tls_way_t)_i, &other_ca, pool);
    outcome_t seen = visit(at, &client, NULL);

    host_ready(other, pool);
    seen = visit(other, NULL, seen.session);
    ck_assert(seen.connected && seen.resumed);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_OTHER_TRUST);

    other->guarded = true;
    seen = visit(other, &client, seen.session);
    ck_assert(!seen.connected); /* a full handshake, which fails with the other CA */
    pki_free(&other_ca);
}

TEST_LOOP(a_session_past_the_certificates_end_may_not_be_resumed, 0, TLS_WAYS)
{
    host_t *at = host(_i, tls_strict);
    pki_t brief = pki_make("brief", &ca, pki_is_client, -60, 3600);
    outcome_t seen = visit(at, &brief, NULL);

    at->guarded = true;
    at->now = apr_time_now() + apr_time_from_sec(3500);
    seen = visit(at, &brief, seen.session);
    ck_assert(seen.connected && seen.resumed);
    at->now = apr_time_now() + apr_time_from_sec(3700);
    seen = visit(at, &brief, seen.session);
    ck_assert(seen.connected && !seen.resumed);
    SSL_SESSION_free(seen.session);
    pki_free(&brief);
}

TEST_LOOP(an_intermediate_that_only_the_client_holds_is_its_issuer_full_and_resumed, 0, TLS_WAYS)
{
    host_t *at = host(_i, tls_strict);
    pki_t between = pki_ca("between", &ca);
    pki_t far = pki_client("far", &between);
    tls_t tls = tls_open(at, &far, NULL);
    outcome_t seen;

    ck_assert(SSL_add1_chain_cert(tls.client, between.cert));
    ck_assert(tls_handshake(&tls));
    seen = outcome_take(&tls, at);
    tls_free(&tls);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(seen.seal.state, CC_TRUST_OK);
        check_issuer(&seen.seal, between.cert);
        seen = visit(at, &far, seen.session);
        ck_assert(seen.connected && seen.resumed);
    }
    SSL_SESSION_free(seen.session);
    pki_free(&between);
    pki_free(&far);
}

TEST_LOOP(a_trusted_certificate_without_issuer_has_no_issuing_ca, 0, TLS_WAYS)
{
    host_t *at = host_make((tls_way_t)_i, &stranger, pool);
    outcome_t seen;

    host_ready(at, pool);
    seen = visit(at, &stranger, NULL);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_OK);
    ck_assert(!seen.seal.ca_known);
    SSL_SESSION_free(seen.session);
}

/* ---- certificates that are not a client's ------------------------------------------------- */

TEST_LOOP(a_ca_certificate_is_no_client, 0, TLS_WAYS)
{
    host_t *at = host(_i, tls_strict);
    pki_extensions_t says = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                             "critical,digitalSignature,keyCertSign", NULL};
    pki_t sub = pki_make("sub", &ca, says, -60, 3600);
    outcome_t seen = visit(at, &sub, NULL);

    ck_assert(seen.connected);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_NOT_CLIENT);
    at->guarded = true;
    seen = visit(at, &sub, seen.session);
    ck_assert(seen.connected && !seen.resumed);
    SSL_SESSION_free(seen.session);
    pki_free(&sub);
}

/* As a callback that tolerates everything; libssl itself refuses this certificate. */
static int let_all_pass(int ok, X509_STORE_CTX *store_ctx)
{
    (void)ok, (void)store_ctx;
    return 1;
}

TEST_LOOP(a_certificate_for_servers_only_is_no_client, 0, TLS_WAYS)
{
    pki_t server = pki_make("server", &ca, pki_is_server, -60, 3600);
    outcome_t seen = visit(host(_i, tls_strict), &server, NULL);

    ck_assert(!seen.connected);
    seen = visit(host(_i, let_all_pass), &server, NULL);
    ck_assert(seen.connected);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_FAILED);
    SSL_SESSION_free(seen.session);
    pki_free(&server);
}

TEST_LOOP(a_certificate_for_servers_only_is_no_client_even_where_the_store_says_any_purpose,
          0, TLS_WAYS)
{
    pki_t server = pki_make("server", &ca, pki_is_server, -60, 3600);
    host_t *at = host_make((tls_way_t)_i, &ca, pool);
    outcome_t seen;

    SSL_CTX_set_purpose(at->ctx, X509_PURPOSE_ANY);
    host_ready(at, pool);
    seen = visit(at, &server, NULL);
    ck_assert(seen.connected);
    ck_assert_int_eq(seen.seal.state, CC_TRUST_NOT_CLIENT);
    SSL_SESSION_free(seen.session);
    pki_free(&server);
}

TEST_LOOP(a_certificate_that_the_callback_refuses_ends_the_handshake, 0, TLS_WAYS)
{
    ck_assert(!visit(host(_i, tls_strict), &stranger, NULL).connected);
}

SUITE("TLS 1.2 and 1.3, tickets and cache", .setup = setup, .teardown = teardown);
