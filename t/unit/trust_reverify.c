/* SPDX-License-Identifier: Apache-2.0 */
/* Tests verifying again against another host's store, and checking the dates again. */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "cert/cert.h"
#include "suite.h"
#include "tls.h"

enum { HOUR = 3600 };

static apr_pool_t *pool;
static pki_t ca, between, alice, far, stranger;
static host_t *at;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
    between = pki_ca("between", &ca);
    alice = pki_client("alice", &ca);
    far = pki_client("far", &between);
    stranger = pki_client("stranger", NULL);
    at = host_make(TLS13_TICKET, &ca, pool);
}

static void teardown(void)
{
    pki_free(&ca);
    pki_free(&between);
    pki_free(&alice);
    pki_free(&far);
    pki_free(&stranger);
    apr_pool_destroy(pool);
}

static apr_time_t in_seconds(long seconds)
{
    return apr_time_now() + apr_time_from_sec(seconds);
}

static cc_seal_t reverify(X509 *cert, X509 *sent_along, apr_time_t now)
{
    STACK_OF(X509) *untrusted = NULL;
    cc_seal_t seal;

    if (sent_along != NULL) {
        untrusted = sk_X509_new_null();
        ck_assert_int_gt(sk_X509_push(untrusted, sent_along), 0);
    }
    if (at->trust == NULL) {
        host_ready(at, pool);
}
    cc_trust_reverify(&seal, at->trust, cert, untrusted, now);
    sk_X509_free(untrusted);
    return seal;
}

static void check_issuer(const cc_seal_t *seal, X509 *issuer)
{
    unsigned char sha256[32], spki_sha256[32];

    cc_cert_digests(cc_cert_wrap(issuer, pool), sha256, spki_sha256);
    ck_assert(seal->ca_known);
    ck_assert_mem_eq(seal->ca_sha256, sha256, 32);
    ck_assert_mem_eq(seal->ca_spki_sha256, spki_sha256, 32);
}

TEST(a_certificate_of_this_hosts_ca_verifies_anew)
{
    apr_time_t now = apr_time_now();
    cc_seal_t seal = reverify(alice.cert, NULL, now);

    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    ck_assert_int_eq(seal.verified_at, now);
    check_issuer(&seal, ca.cert);
}

TEST(a_certificate_of_another_ca_does_not)
{
    cc_seal_t seal = reverify(stranger.cert, NULL, apr_time_now());

    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
    ck_assert(!seal.ca_known);
}

TEST(a_refusal_leaves_no_error_behind_that_a_connection_would_trip_over)
{
    pki_t namesake = pki_ca("CA", NULL); /* the right name, but wrong signatures */
    pki_t forged = pki_client("alice", &namesake);

    ERR_clear_error();
    ck_assert_int_eq(reverify(forged.cert, NULL, apr_time_now()).state, CC_TRUST_FAILED);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    pki_free(&namesake);
    pki_free(&forged);
}

TEST(an_intermediate_counts_where_it_was_sent_along)
{
    cc_seal_t seal = reverify(far.cert, between.cert, apr_time_now());

    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    check_issuer(&seal, between.cert);
    ck_assert_int_eq(reverify(far.cert, NULL, apr_time_now()).state, CC_TRUST_FAILED);
}

TEST(the_time_is_the_one_that_was_given)
{
    ck_assert_int_eq(reverify(alice.cert, NULL, in_seconds(-2 * HOUR)).state, CC_TRUST_FAILED);
    ck_assert_int_eq(reverify(alice.cert, NULL, in_seconds(20 * HOUR)).state, CC_TRUST_OK);
    ck_assert_int_eq(reverify(alice.cert, NULL, in_seconds(25 * HOUR)).state, CC_TRUST_FAILED);
}

TEST(the_stores_own_flags_are_kept)
{
    X509_STORE *store = SSL_CTX_get_cert_store(at->ctx);
    X509_CRL *crl = pki_crl(&ca, alice.cert);

    ck_assert_int_eq(reverify(alice.cert, NULL, apr_time_now()).state, CC_TRUST_OK);
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    ck_assert_int_eq(reverify(alice.cert, NULL, apr_time_now()).state, CC_TRUST_FAILED);
    ck_assert(X509_STORE_add_crl(store, crl));
    ck_assert_int_eq(reverify(alice.cert, NULL, apr_time_now()).state, CC_TRUST_FAILED);
    X509_CRL_free(crl);
}

TEST(the_contexts_own_depth_is_kept)
{
    SSL_CTX_set_verify_depth(at->ctx, 0);
    ck_assert_int_eq(reverify(alice.cert, NULL, apr_time_now()).state, CC_TRUST_OK);
    ck_assert_int_eq(reverify(far.cert, between.cert, apr_time_now()).state, CC_TRUST_FAILED);
}

TEST(the_contexts_own_security_level_is_kept)
{
    SSL_CTX_set_security_level(at->ctx, 4); /* 192 bits; P-256 gives 128 */
    ck_assert_int_eq(reverify(alice.cert, NULL, apr_time_now()).state, CC_TRUST_FAILED);
}

TEST(what_is_not_a_clients_certificate_gives_no_identity)
{
    pki_t server = pki_make("server", &ca, pki_is_server, -60, HOUR);
    pki_extensions_t says = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                             "critical,digitalSignature,keyCertSign", NULL};
    pki_t sub = pki_make("sub", &ca, says, -60, HOUR);

    ck_assert_int_eq(reverify(server.cert, NULL, apr_time_now()).state, CC_TRUST_FAILED);
    ck_assert_int_eq(reverify(sub.cert, NULL, apr_time_now()).state, CC_TRUST_NOT_CLIENT);
    pki_free(&server);
    pki_free(&sub);
}

TEST(dates_hold_from_not_before_to_not_after_both_included)
{
    pki_t cert = pki_client("dates", &ca);
    apr_time_t begin, end, second = apr_time_from_sec(1);

    cc_cert_validity(cc_cert_wrap(cert.cert, pool), &begin, &end);
    ck_assert_int_eq(cc_trust_dates(cert.cert, begin - 1), CC_TRUST_NOT_YET);
    ck_assert_int_eq(cc_trust_dates(cert.cert, begin), CC_TRUST_OK);
    ck_assert_int_eq(cc_trust_dates(cert.cert, end), CC_TRUST_OK);
    ck_assert_int_eq(cc_trust_dates(cert.cert, end + second - 1), CC_TRUST_OK);
    ck_assert_int_eq(cc_trust_dates(cert.cert, end + second), CC_TRUST_EXPIRED);
    pki_free(&cert);
}

TEST(what_is_not_a_date_never_holds)
{
    pki_t cert = pki_client("no dates", &ca);
    ASN1_TIME *begin = X509_getm_notBefore(cert.cert), *end = X509_getm_notAfter(cert.cert);

    ck_assert(ASN1_STRING_set(end, "no date", -1));
    ck_assert_int_eq(cc_trust_dates(cert.cert, apr_time_now()), CC_TRUST_EXPIRED);
    ck_assert(ASN1_STRING_set(begin, "no date", -1));
    ck_assert_int_eq(cc_trust_dates(cert.cert, apr_time_now()), CC_TRUST_NOT_YET);
    pki_free(&cert);
}

SUITE("anew", .setup = setup, .teardown = teardown);
