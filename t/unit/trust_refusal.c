/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the report of a verification that ends a handshake: the client, the certificate at
 * fault, the reason.
 */
#include <string.h>

#include <apr_strings.h>

#include "suite.h"
#include "tls.h"

static apr_pool_t *pool;
static pki_t ca, alice, expired, stranger, server;

/* The last report. */
typedef struct told_t {
    int count;
    const char *leaf, *cert; /* their subjects */
    cc_fault_t fault;
    const char *text;
    const SSL *ssl;
} told_t;

static told_t told;

static const char *subject(const X509 *cert)
{
    char *line = X509_NAME_oneline(X509_get_subject_name(cert), NULL, 0);
    const char *copy = apr_pstrdup(pool, line);

    OPENSSL_free(line);
    return copy;
}

static void tell(const cc_refusal_t *refusal, void *baton)
{
    told_t *to = baton;

    to->count++;
    to->leaf = subject(refusal->leaf);
    to->cert = subject(refusal->cert);
    to->fault = refusal->fault;
    to->text = cc_fault_text(&refusal->fault, refusal->leaf, refusal->cert, pool);
    to->ssl = refusal->ssl;
}

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
    alice = pki_client("alice", &ca);
    expired = pki_make("expired", &ca, pki_is_client, -7200, -3600);
    stranger = pki_client("stranger", NULL);
    server = pki_make("server", &ca, pki_is_server, -60, 3600);
    memset(&told, 0, sizeof(told));
}

static void teardown(void)
{
    pki_free(&ca);
    pki_free(&alice);
    pki_free(&expired);
    pki_free(&stranger);
    pki_free(&server);
    apr_pool_destroy(pool);
}

static host_t *host(tls_way_t way, SSL_verify_cb callback)
{
    host_t *made = host_make(way, &ca, pool);

    SSL_CTX_set_verify(made->ctx, SSL_VERIFY_PEER, callback);
    host_ready(made, pool);
    cc_trust_on_refusal(made->trust, tell, &told);
    return made;
}

static bool connects(host_t *at, const pki_t *who)
{
    tls_t tls = tls_open(at, who, NULL);
    bool done = tls_handshake(&tls);

    ck_assert(told.count == 0 || told.ssl == tls.server);
    tls_free(&tls);
    return done;
}

static void check_refused(SSL_verify_cb callback, const pki_t *who, cc_cause_t cause,
                          const char *text)
{
    for (int way = 0; way < TLS_WAYS; way++) {
        told.count = 0;
        ck_assert(!connects(host((tls_way_t)way, callback), who));
        ck_assert_int_eq(told.count, 1);
        ck_assert_str_eq(told.leaf, subject(who->cert));
        ck_assert_int_eq(told.fault.cause, cause);
        ck_assert_msg(strstr(told.text, text) == told.text, "%s", told.text);
    }
}

TEST(what_verifies_is_not_told)
{
    for (int way = 0; way < TLS_WAYS; way++) {
        ck_assert(connects(host((tls_way_t)way, tls_strict), &alice));
        ck_assert(connects(host((tls_way_t)way, tls_optional_no_ca), &stranger));
        ck_assert(connects(host((tls_way_t)way, tls_strict), NULL));
    }
    ck_assert_int_eq(told.count, 0);
}

TEST(what_openssl_turns_down_is_told)
{
    check_refused(tls_strict, &expired, CC_CAUSE_EXPIRED, "it has expired: 20");
    check_refused(tls_optional_no_ca, &expired, CC_CAUSE_EXPIRED, "it has expired: 20");
    check_refused(tls_strict, &server, CC_CAUSE_SERVER_ONLY, "its extended key usage");
    check_refused(tls_strict, &stranger, CC_CAUSE_SELF_SIGNED,
                  "it is self-signed, and not trusted here");
    ck_assert_str_eq(told.cert, "/CN=stranger");
    ck_assert_int_eq(told.fault.depth, 0);
}

/* As mod_ssl does with SSLVerifyDepth 0: it fails without an error of the context. */
static int only_leaves(int ok, X509_STORE_CTX *store_ctx)
{
    return ok && X509_STORE_CTX_get_error_depth(store_ctx) == 0;
}

TEST(a_callback_that_finds_the_chain_too_long_is_told)
{
    check_refused(only_leaves, &alice, CC_CAUSE_TOO_LONG,
                  "the chain is longer than SSLVerifyDepth allows: it needs SSLVerifyDepth 1");
    ck_assert_str_eq(told.cert, "/CN=CA");
    ck_assert_int_eq(told.fault.depth, 1);
}

/* As mod_ssl does after OCSP. */
static int revoked(int ok, X509_STORE_CTX *store_ctx)
{
    (void)ok;
    X509_STORE_CTX_set_error(store_ctx, X509_V_ERR_CERT_REVOKED);
    return 0;
}

TEST(a_callback_with_an_error_of_its_own_is_told)
{
    check_refused(revoked, &alice, CC_CAUSE_REVOKED, "the CA \"CN=CA\" above it: it was revoked");
}

/* As mod_ssl does with an expired CRL, so that the client gets another alert. */
static int disguise(int ok, X509_STORE_CTX *store_ctx)
{
    if (!ok) {
        X509_STORE_CTX_set_error(store_ctx, -1);
    }
    return ok;
}

TEST(a_callback_that_disguises_an_error_hides_nothing)
{
    check_refused(disguise, &expired, CC_CAUSE_EXPIRED, "it has expired: 20");
}

TEST(an_error_of_no_certificate_is_told_of_the_clients)
{
    host_t *at = host(TLS13_TICKET, tls_strict);

    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(at->ctx), X509_V_FLAG_EXPLICIT_POLICY);
    ck_assert(!connects(at, &alice));
    ck_assert_str_eq(told.cert, "/CN=alice");
    ck_assert_int_eq(told.fault.depth, 0);
    ck_assert_int_eq(told.fault.cause, CC_CAUSE_POLICY);
    ck_assert_ptr_nonnull(strstr(told.text, "policies"));
}

TEST(the_crls_of_a_chain_are_told)
{
    host_t *at = host_make(TLS12_TICKET, &ca, pool);
    X509_STORE *store = SSL_CTX_get_cert_store(at->ctx);
    X509_CRL *crl = pki_crl(&ca, alice.cert);

    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    host_ready(at, pool);
    cc_trust_on_refusal(at->trust, tell, &told);
    ck_assert(!connects(at, &alice));
    ck_assert_str_eq(told.text, "there is no CRL of its issuer: CN=CA");
    ck_assert(X509_STORE_add_crl(store, crl));
    X509_CRL_free(crl);
    ck_assert(!connects(at, &alice));
    ck_assert_str_eq(told.text, "it was revoked");
    ck_assert_int_eq(told.count, 2);
}

TEST(a_certificate_that_is_asked_for_later_is_told_too)
{
    for (int way = 0; way < TLS_WAYS; way++) {
        host_t *at = host((tls_way_t)way, tls_strict);
        tls_t tls = tls_open(at, NULL, NULL);

        SSL_set_verify(tls.server, SSL_VERIFY_NONE, tls_strict);
        told.count = 0;
        ck_assert(tls_handshake(&tls));
        ck_assert(SSL_use_certificate(tls.client, expired.cert));
        ck_assert(SSL_use_PrivateKey(tls.client, expired.key));
        ck_assert(!tls_ask_again(&tls));
        ck_assert_int_eq(told.count, 1);
        ck_assert_str_eq(told.leaf, "/CN=expired");
        tls_free(&tls);
    }
}

SUITE("refusal", .setup = setup, .teardown = teardown);
