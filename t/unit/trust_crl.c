/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which verdicts CRLs, present and missing, lead to. */
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

/* A host that checks CRLs, with a CRL that lists bob or without any. */
static host_t *host(bool with_crl, SSL_verify_cb callback)
{
    host_t *made = host_make(TLS13_TICKET, &ca, pool);
    X509_STORE *store = SSL_CTX_get_cert_store(made->ctx);

    if (with_crl) {
        X509_CRL *crl = pki_crl(&ca, bob.cert);

        ck_assert(X509_STORE_add_crl(store, crl));
        X509_CRL_free(crl);
    }
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    SSL_CTX_set_verify(made->ctx, SSL_VERIFY_PEER, callback);
    host_ready(made, pool);
    return made;
}

/* The verdict that a full handshake seals; -1 if there is no handshake. */
static int sealed(host_t *at, const pki_t *who)
{
    tls_t tls = tls_open(at, who, NULL);
    int state = tls_handshake(&tls) ? (int)tls_unseal(&tls, at).state : -1;

    tls_free(&tls);
    return state;
}

TEST(a_crl_decides)
{
    ck_assert_int_eq(sealed(host(true, tls_strict), &alice), CC_TRUST_OK);
    ck_assert_int_eq(sealed(host(true, tls_strict), &bob), -1);
}

TEST(a_missing_crl_fails_unless_the_callback_clears_that_error)
{
    ck_assert_int_eq(sealed(host(false, tls_strict), &alice), -1);
    ck_assert_int_eq(sealed(host(false, tls_no_crl_for_cert_ok), &alice), CC_TRUST_OK);
}

/* Tolerates a missing CRL without clearing the error. */
static int shrug(int ok, X509_STORE_CTX *store_ctx)
{
    return ok || X509_STORE_CTX_get_error(store_ctx) == X509_V_ERR_UNABLE_TO_GET_CRL;
}

TEST(a_missing_crl_that_passes_without_being_cleared_is_failed)
{
    ck_assert_int_eq(sealed(host(false, shrug), &alice), CC_TRUST_FAILED);
}

/* Tolerates everything and clears every error. */
static int whitewash(int ok, X509_STORE_CTX *store_ctx)
{
    (void)ok;
    X509_STORE_CTX_set_error(store_ctx, X509_V_OK);
    return 1;
}

TEST(a_revoked_certificate_whose_error_was_cleared_is_failed)
{
    ck_assert_int_eq(sealed(host(true, whitewash), &bob), CC_TRUST_FAILED);
}

/* Tolerates everything, and clears only the error of a missing CRL. */
static int pass_all(int ok, X509_STORE_CTX *store_ctx)
{
    (void)tls_no_crl_for_cert_ok(ok, store_ctx);
    return 1;
}

/* A certificate whose first error precedes that of the CRL, in every OpenSSL. */
static pki_t unknown_extension(void)
{
    static pki_extensions_t extensions = {
        "extendedKeyUsage", "clientAuth", "1.2.3.4", "critical,DER:0500", NULL
    };

    return pki_make("odd", &ca, extensions, -60, 3600);
}

TEST(a_missing_crl_that_is_cleared_hides_no_earlier_error)
{
    pki_t odd = unknown_extension();
    host_t *at = host(false, pass_all);
    tls_t tls = tls_open(at, &odd, NULL);

    ck_assert(tls_handshake(&tls));
    ck_assert_int_eq(SSL_get_verify_result(tls.server), X509_V_OK); /* so it is well hidden */
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_FAILED);
    tls_free(&tls);
    pki_free(&odd);
}

/* OpenSSL before 3.6 needs a CRL for it, which hides the error; later versions do not. */
TEST(a_self_signed_certificate_is_failed_whether_or_not_a_crl_is_wanted_for_it)
{
    ck_assert_int_eq(sealed(host(false, tls_both), &stranger), CC_TRUST_FAILED);
}

/* Tolerates a missing CRL, and clears the error only at the next successful call. */
static int clear_later(int ok, X509_STORE_CTX *store_ctx)
{
    if (ok) {
        X509_STORE_CTX_set_error(store_ctx, X509_V_OK);
}
    return shrug(ok, store_ctx);
}

TEST(a_missing_crl_that_is_cleared_only_later_is_failed)
{
    ck_assert_int_eq(sealed(host(false, clear_later), &alice), CC_TRUST_FAILED);
}

/*
 * A CA that has changed its key: its clients' certificates are signed with the old one, its CRL
 * with the new one. The client also sends the certificate of the new key, which is verified
 * separately.
 */
static int sealed_after_new_key(long begin, SSL_verify_cb callback)
{
    pki_t old_key = pki_ca("issuing", &ca);
    pki_t new_key = pki_make("issuing", &ca, pki_is_ca, begin, 3600);
    pki_t carol = pki_client("carol", &old_key);
    host_t *at = host(true, callback);
    X509_STORE *store = SSL_CTX_get_cert_store(at->ctx);
    X509_CRL *crl = pki_crl(&new_key, NULL);
    tls_t tls;
    int state;

    X509_STORE_set_flags(store, X509_V_FLAG_EXTENDED_CRL_SUPPORT);
    ck_assert(X509_STORE_add_crl(store, crl));
    tls = tls_open(at, &carol, NULL);
    ck_assert(SSL_add1_chain_cert(tls.client, old_key.cert));
    ck_assert(SSL_add1_chain_cert(tls.client, new_key.cert));
    state = tls_handshake(&tls) ? (int)tls_unseal(&tls, at).state : -1;
    tls_free(&tls);
    X509_CRL_free(crl);
    pki_free(&old_key);
    pki_free(&new_key);
    pki_free(&carol);
    return state;
}

/* Tolerates a certificate that is not yet valid. */
static int early(int ok, X509_STORE_CTX *store_ctx)
{
    return ok || X509_STORE_CTX_get_error(store_ctx) == X509_V_ERR_CERT_NOT_YET_VALID;
}

TEST(an_error_of_the_crls_own_issuer_counts)
{
    ck_assert_int_eq(sealed_after_new_key(-60, tls_strict), CC_TRUST_OK);
    ck_assert_int_eq(sealed_after_new_key(1800, tls_strict), -1);
    ck_assert_int_eq(sealed_after_new_key(1800, early), CC_TRUST_FAILED);
}

SUITE("CRLs", .setup = setup, .teardown = teardown);
