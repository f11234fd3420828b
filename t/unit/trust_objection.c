/* SPDX-License-Identifier: Apache-2.0 */
/* Tests chains that verify, but to which a caller objects. */
#include <string.h>

#include "suite.h"
#include "tls.h"

static apr_pool_t *pool;
static pki_t ca, alice, below, stranger;

/* A CA certificate that OpenSSL takes for a client's. */
static pki_extensions_t is_both = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                                   "critical,digitalSignature,keyCertSign", NULL};

/* The behaviour of the caller that objects, its question, and the report afterwards. */
static int error, depth;
static int asked;
static cc_seal_t judged;
static int told;
static bool told_sealed;
static cc_fault_t told_fault;
static X509 *told_cert; /* a reference owned by this file */

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
    alice = pki_client("alice", &ca);
    below = pki_make("below", &ca, is_both, -60, 3600);
    stranger = pki_client("stranger", NULL);
    error = X509_V_OK;
    asked = told = depth = 0;
    told_cert = NULL;
}

static void teardown(void)
{
    pki_free(&ca);
    pki_free(&alice);
    pki_free(&below);
    pki_free(&stranger);
    X509_free(told_cert);
    apr_pool_destroy(pool);
}

static int object(X509 *leaf, const cc_seal_t *seal, int *at, void *baton)
{
    ck_assert_ptr_eq(baton, &asked);
    ck_assert_ptr_nonnull(leaf);
    asked++;
    judged = *seal;
    *at = depth;
    return error;
}

static void tell(const cc_refusal_t *refusal, void *baton)
{
    ck_assert_ptr_eq(baton, &told);
    told++;
    told_sealed = refusal->seal != NULL;
    told_fault = refusal->fault;
    X509_free(told_cert);
    told_cert = refusal->cert;
    X509_up_ref(told_cert);
}

static host_t *host(int way, SSL_verify_cb callback)
{
    host_t *made = host_make((tls_way_t)way, &ca, pool);

    SSL_CTX_set_verify(made->ctx, SSL_VERIFY_PEER, callback);
    host_ready(made, pool);
    cc_trust_on_success(made->trust, object, &asked);
    cc_trust_on_refusal(made->trust, tell, &told);
    return made;
}

/* Runs a handshake; its session's seal for `who` is stored in *seal. */
static bool connects(host_t *at, const pki_t *who, cc_seal_t *seal)
{
    tls_t tls = tls_open(at, who, NULL);
    bool done = tls_handshake(&tls);

    cc_trust_unseal(seal, at->trust, SSL_get_session(tls.server), who->cert);
    tls_free(&tls);
    return done;
}

TEST_LOOP(without_an_objection_it_is_verified, 0, TLS_WAYS)
{
    cc_seal_t seal;

    ck_assert(connects(host(_i, tls_strict), &alice, &seal));
    ck_assert_int_eq(asked, 1);
    ck_assert_int_eq(judged.state, CC_TRUST_OK);
    ck_assert(judged.ca_known);
    ck_assert_int_eq(told, 0);
    ck_assert_int_eq(seal.state, CC_TRUST_OK);
}

TEST_LOOP(an_objection_ends_the_handshake_and_is_told_once, 0, TLS_WAYS)
{
    cc_seal_t seal;

    error = X509_V_ERR_CERT_REVOKED;
    ck_assert(!connects(host(_i, tls_strict), &alice, &seal));
    ck_assert_int_eq(asked, 1);
    ck_assert_int_eq(told, 1);
    ck_assert(told_sealed);
    ck_assert_int_eq(told_fault.cause, CC_CAUSE_REVOKED);
    ck_assert_int_eq(told_fault.depth, 0);
    ck_assert(X509_cmp(told_cert, alice.cert) == 0);
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
}

TEST_LOOP(it_names_the_certificate_at_fault, 0, TLS_WAYS)
{
    cc_seal_t seal;

    error = X509_V_ERR_CERT_REVOKED;
    depth = 1;
    ck_assert(!connects(host(_i, tls_strict), &alice, &seal));
    ck_assert_int_eq(told_fault.depth, 1);
    ck_assert(X509_cmp(told_cert, ca.cert) == 0);
    ck_assert_int_eq(seal.fault.cause, CC_CAUSE_REVOKED);
    ck_assert_int_eq(seal.fault.depth, 1);
}

/* The callback clears this error, as mod_ssl's does with no_crl_for_cert_ok. */
TEST_LOOP(a_callback_cannot_waive_it, 0, TLS_WAYS)
{
    cc_seal_t seal;

    error = X509_V_ERR_UNABLE_TO_GET_CRL;
    ck_assert(!connects(host(_i, tls_both), &alice, &seal));
    ck_assert_int_eq(told, 1);
    ck_assert_int_eq(told_fault.cause, CC_CAUSE_NO_CRL);
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
}

/* mod_ssl takes it as verified, whatever the module decides. */
TEST_LOOP(it_is_asked_for_about_a_ca_certificate_too, 0, TLS_WAYS)
{
    cc_seal_t seal;

    ck_assert(connects(host(_i, tls_strict), &below, &seal));
    ck_assert_int_eq(judged.state, CC_TRUST_NOT_CLIENT);
    ck_assert_int_eq(seal.state, CC_TRUST_NOT_CLIENT);
    error = X509_V_ERR_CERT_REVOKED;
    ck_assert(!connects(host(_i, tls_strict), &below, &seal));
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
}

TEST_LOOP(nobody_is_asked_about_what_does_not_verify, 0, TLS_WAYS)
{
    cc_seal_t seal;

    error = X509_V_ERR_CERT_REVOKED;
    ck_assert(connects(host(_i, tls_optional_no_ca), &stranger, &seal));
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
    ck_assert_int_eq(told, 0);
    ck_assert(!connects(host(_i, tls_strict), &stranger, &seal));
    ck_assert_int_eq(asked, 0);
    ck_assert_int_eq(told, 1);
    ck_assert(!told_sealed);
}

TEST_LOOP(it_holds_for_a_certificate_that_is_asked_for_later, 0, TLS_WAYS)
{
    host_t *at = host(_i, tls_strict);
    tls_t tls = tls_open(at, NULL, NULL);

    SSL_set_verify(tls.server, SSL_VERIFY_NONE, tls_strict);
    ck_assert(tls_handshake(&tls));
    ck_assert(SSL_use_certificate(tls.client, alice.cert));
    ck_assert(SSL_use_PrivateKey(tls.client, alice.key));
    error = X509_V_ERR_CERT_REVOKED;
    ck_assert(!tls_ask_again(&tls));
    ck_assert_int_eq(told, 1);
    ck_assert(told_sealed);
    tls_free(&tls);
}

SUITE("objection", .setup = setup, .teardown = teardown);
