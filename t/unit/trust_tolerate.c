/* SPDX-License-Identifier: Apache-2.0 */
/* Tests handshakes that go on although the certificate fails: sealed as failed, never resumed. */
#include <string.h>

#include "suite.h"
#include "tls.h"

static apr_pool_t *pool;
static pki_t ca, far, alice;

/* A way to fail, and its cause. */
typedef struct failure_t {
    pki_t who;
    cc_cause_t cause;
} failure_t;

static failure_t failures[6];
static int told_tolerated, told_refused; /* how often */
static cc_fault_t told;                  /* the last one */
static int known;                        /* how often the callback did not accept */

static pki_extensions_t is_both = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                                   "critical,digitalSignature,keyCertSign", NULL};

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
    far = pki_ca("Far", NULL);
    alice = pki_client("alice", &ca);
    failures[0] = (failure_t){pki_client("far", &far), CC_CAUSE_NO_CA};
    failures[1] = (failure_t){pki_client("alone", NULL), CC_CAUSE_SELF_SIGNED};
    failures[2] = (failure_t){pki_make("old", &ca, pki_is_client, -7200, -3600), CC_CAUSE_EXPIRED};
    failures[3] =
        (failure_t){pki_make("soon", &ca, pki_is_client, 3600, 7200), CC_CAUSE_NOT_YET_VALID};
    failures[4] =
        (failure_t){pki_make("server", &ca, pki_is_server, -60, 3600), CC_CAUSE_SERVER_ONLY};
    failures[5] = (failure_t){pki_make("both", &ca, is_both, -60, 3600), CC_CAUSE_CA_CERTIFICATE};
    told_tolerated = told_refused = known = 0;
}

static void teardown(void)
{
    pki_free(&ca);
    pki_free(&far);
    pki_free(&alice);
    for (int i = 0; i < 6; i++) {
        pki_free(&failures[i].who);
    }
    apr_pool_destroy(pool);
}

static void tell(const cc_refusal_t *refusal, void *baton)
{
    (void)baton;
    told_tolerated += refusal->tolerated;
    told_refused += !refusal->tolerated;
    told = refusal->fault;
    ck_assert_ptr_nonnull(refusal->cert);
}

/* As mod_ssl's under optional_no_ca: it remembers what it did not accept. */
static int no_ca(int ok, X509_STORE_CTX *store_ctx)
{
    int answer = tls_optional_no_ca(ok, store_ctx);

    known += answer == 0;
    return answer;
}

static host_t *host(int way, int mode)
{
    host_t *made = host_make((tls_way_t)way, &ca, pool);

    SSL_CTX_set_verify(made->ctx, mode, no_ca);
    host_ready(made, pool);
    made->guarded = true;
    cc_trust_tolerate(made->trust);
    cc_trust_on_refusal(made->trust, tell, NULL);
    return made;
}

static void check_goes_on(host_t *at, const failure_t *failure, SSL_SESSION **session)
{
    tls_t tls = tls_open(at, &failure->who, *session);
    cc_seal_t seal;

    known = told_tolerated = 0;
    ck_assert(tls_handshake(&tls));
    ck_assert(!SSL_session_reused(tls.server));
    ck_assert_int_eq(SSL_get_verify_result(tls.server),
                     X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    seal = tls_unseal(&tls, at);
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
    ck_assert_int_eq(seal.fault.cause, failure->cause);
    ck_assert_int_eq(told.cause, failure->cause);
    ck_assert_int_eq(told_tolerated, 1);
    ck_assert_int_ge(known, 1);
    SSL_SESSION_free(*session);
    *session = tls_session(&tls);
    tls_free(&tls);
}

TEST_LOOP(whatever_is_wrong_the_handshake_goes_on, 0, 6 * TLS_WAYS)
{
    host_t *at = host(_i % TLS_WAYS, SSL_VERIFY_PEER);
    SSL_SESSION *session = NULL;

    check_goes_on(at, &failures[_i / TLS_WAYS], &session);
    check_goes_on(at, &failures[_i / TLS_WAYS], &session); /* it offers its session in vain */
    ck_assert_int_eq(told_refused, 0);
    SSL_SESSION_free(session);
}

TEST_LOOP(what_verifies_is_as_before, 0, TLS_WAYS)
{
    host_t *at = host(_i, SSL_VERIFY_PEER);
    tls_t tls = tls_open(at, &alice, NULL);
    SSL_SESSION *session;

    ck_assert(tls_handshake(&tls));
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_OK);
    ck_assert_int_eq(SSL_get_verify_result(tls.server), X509_V_OK);
    session = tls_session(&tls);
    tls_free(&tls);
    tls = tls_open(at, &alice, session);
    ck_assert(tls_handshake(&tls));
    ck_assert(SSL_session_reused(tls.server));
    ck_assert_int_eq(told_tolerated + told_refused + known, 0);
    tls_free(&tls);
    SSL_SESSION_free(session);
}

/* SSLVerifyClient require in a section. */
TEST_LOOP(where_a_certificate_is_required_the_handshake_ends, 0, TLS_WAYS)
{
    host_t *at = host(_i, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);

    for (int i = 2; i < 5; i++) {
        tls_t tls = tls_open(at, &failures[i].who, NULL);

        ck_assert(!tls_handshake(&tls));
        tls_free(&tls);
    }
    ck_assert_int_eq(told_tolerated, 0);
    ck_assert_int_eq(told_refused, 3);
}

static int revoked(X509 *leaf, const cc_seal_t *seal, int *depth, void *baton)
{
    (void)leaf, (void)seal, (void)baton;
    *depth = 1;
    return X509_V_ERR_CERT_REVOKED;
}

TEST_LOOP(an_objection_is_tolerated_too, 0, TLS_WAYS)
{
    host_t *at = host(_i, SSL_VERIFY_PEER);
    tls_t tls = tls_open(at, &alice, NULL);
    cc_seal_t seal;

    cc_trust_on_success(at->trust, revoked, NULL);
    ck_assert(tls_handshake(&tls));
    seal = tls_unseal(&tls, at);
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
    ck_assert_int_eq(seal.fault.cause, CC_CAUSE_REVOKED);
    ck_assert_int_eq(seal.fault.depth, 1);
    ck_assert_int_eq(known, 1);
    ck_assert_int_eq(told_tolerated, 1);
    tls_free(&tls);
}

SUITE("tolerate", .setup = setup, .teardown = teardown);
