/* SPDX-License-Identifier: Apache-2.0 */
/* Tests verdicts on certificates that only lack an issuer, whose keys may be pinned. */
#include <string.h>

#include "suite.h"
#include "tls.h"

static apr_pool_t *pool;
static pki_t ca, far, alice;

static pki_extensions_t is_root = {"basicConstraints", "critical,CA:TRUE", NULL};
static pki_extensions_t is_plain = {NULL};
static pki_extensions_t is_revoker = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                                      "critical,keyCertSign,cRLSign", NULL};

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
    far = pki_ca("Far", NULL);
    alice = pki_client("alice", &ca);
}

static void teardown(void)
{
    pki_free(&ca);
    pki_free(&far);
    pki_free(&alice);
    apr_pool_destroy(pool);
}

static host_t *host(int way, bool tolerates, bool pins)
{
    host_t *made = host_make((tls_way_t)way, &ca, pool);

    SSL_CTX_set_verify(made->ctx, SSL_VERIFY_PEER, tls_optional_no_ca);
    host_ready(made, pool);
    made->guarded = true;
    if (tolerates) {
        cc_trust_tolerate(made->trust);
    }
    if (pins) {
        cc_trust_pin(made->trust);
    }
    return made;
}

/* The verdict of a handshake, which ends if the state is CC_TRUST_OK although nothing is sealed. */
static cc_seal_t verdict_on(host_t *at, const pki_t *who, bool *finished)
{
    tls_t tls = tls_open(at, who, NULL);
    cc_seal_t seal = {.state = CC_TRUST_NO_RECORD};

    *finished = tls_handshake(&tls);
    if (*finished) {
        seal = tls_unseal(&tls, at);
    }
    tls_free(&tls);
    return seal;
}

static void check_lacks_issuer(pki_t who, int way, bool tolerates)
{
    bool finished;
    cc_seal_t seal = verdict_on(host(way, tolerates, true), &who, &finished);

    ck_assert(finished);
    ck_assert_msg(seal.state == CC_TRUST_NO_ISSUER, "%s: %d, cause %d",
                  X509_NAME_oneline(X509_get_subject_name(who.cert), NULL, 0), seal.state,
                  seal.fault.cause);
    ck_assert(seal.fault.cause == CC_CAUSE_SELF_SIGNED || seal.fault.cause == CC_CAUSE_NO_CA);
    ck_assert_int_gt(seal.verified_at, 0);
    ck_assert(!seal.ca_known);
    pki_free(&who);
}

TEST_LOOP(who_only_lacks_an_issuer_is_sealed_so, 0, 2 * TLS_WAYS)
{
    int way = _i % TLS_WAYS;
    bool tolerates = _i >= TLS_WAYS;

    check_lacks_issuer(pki_client("alone", NULL), way, tolerates);
    check_lacks_issuer(pki_make("root", NULL, is_root, -60, 3600), way, tolerates);
    check_lacks_issuer(pki_make("plain", NULL, is_plain, -60, 3600), way, tolerates);
    check_lacks_issuer(pki_client("guest", &far), way, tolerates);
}

static void check_is_nothing(pki_t who, int way, bool tolerates)
{
    bool finished;
    cc_seal_t seal = verdict_on(host(way, tolerates, true), &who, &finished);

    ck_assert_int_ne(seal.state, CC_TRUST_NO_ISSUER);
    ck_assert_int_ne(seal.state, CC_TRUST_OK);
    pki_free(&who);
}

/* The certificate with one bit changed, at an octet counted from its end. */
static X509 *changed(X509 *cert, int from_end)
{
    unsigned char *der = NULL;
    const unsigned char *at;
    int len = i2d_X509(cert, &der);
    X509 *made;

    der[len - from_end] ^= 1;
    at = der;
    made = d2i_X509(NULL, &at, len);
    ck_assert_ptr_nonnull(made);
    OPENSSL_free(der);
    return made;
}

/* The last octet of a signature is changed. */
static pki_t damaged(pki_t who)
{
    X509 *cert = changed(who.cert, 1);

    X509_free(who.cert);
    who.cert = cert;
    return who;
}

TEST_LOOP(any_other_fault_is_never_sealed_so, 0, 2 * TLS_WAYS)
{
    int way = _i % TLS_WAYS;
    bool tolerates = _i >= TLS_WAYS;

    check_is_nothing(pki_make("old", NULL, is_root, -7200, -3600), way, tolerates);
    check_is_nothing(pki_make("soon", NULL, is_root, 3600, 7200), way, tolerates);
    check_is_nothing(pki_make("old", &far, pki_is_client, -7200, -3600), way, tolerates);
    check_is_nothing(pki_make("soon", &far, pki_is_client, 3600, 7200), way, tolerates);
    check_is_nothing(pki_make("server", NULL, pki_is_server, -60, 3600), way, tolerates);
    check_is_nothing(pki_make("server", &far, pki_is_server, -60, 3600), way, tolerates);
    check_is_nothing(pki_make("issuer", NULL, is_revoker, -60, 3600), way, tolerates);
    check_is_nothing(damaged(pki_make("damaged", NULL, is_root, -60, 3600)), way, tolerates);
    check_is_nothing(damaged(pki_make("damaged", &ca, pki_is_client, -60, 3600)), way, tolerates);
}

TEST_LOOP(what_verifies_is_as_before, 0, TLS_WAYS)
{
    bool finished;

    ck_assert_int_eq(verdict_on(host(_i, false, true), &alice, &finished).state, CC_TRUST_OK);
    ck_assert(finished);
}

TEST_LOOP(without_pins_it_has_failed, 0, TLS_WAYS)
{
    pki_t alone = pki_client("alone", NULL);
    bool finished;

    ck_assert_int_eq(verdict_on(host(_i, false, false), &alone, &finished).state, CC_TRUST_FAILED);
    ck_assert(finished);
    pki_free(&alone);
}

TEST_LOOP(its_session_is_not_resumed, 0, 2 * TLS_WAYS)
{
    host_t *at = host(_i % TLS_WAYS, false, true);
    pki_t alone = pki_client("alone", NULL);
    tls_t tls = tls_open(at, &alone, NULL);
    SSL_SESSION *session;

    at->guarded = _i < TLS_WAYS; /* nor by a host that leaves this to mod_ssl */
    ck_assert(tls_handshake(&tls));
    session = tls_session(&tls);
    tls_free(&tls);
    tls = tls_open(at, &alone, session);
    ck_assert(tls_handshake(&tls));
    ck_assert(!SSL_session_reused(tls.server));
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_NO_ISSUER);
    tls_free(&tls);
    SSL_SESSION_free(session);
    pki_free(&alone);
}

TEST(only_a_host_with_pins_reads_it)
{
    host_t *at = host(TLS13_TICKET, false, true), *other = host(TLS13_TICKET, false, false);
    host_t *wider = host_make(TLS13_TICKET, &far, pool);
    pki_t alone = pki_client("alone", NULL);
    tls_t tls = tls_open(at, &alone, NULL);

    ck_assert(!cc_trust_same(at->trust, other->trust));
    host_ready(wider, pool);
    cc_trust_pin(wider->trust);
    ck_assert(tls_handshake(&tls));
    ck_assert_int_eq(tls_unseal(&tls, other).state, CC_TRUST_FAILED);
    ck_assert_int_eq(tls_unseal(&tls, wider).state, CC_TRUST_OTHER_TRUST);
    tls_free(&tls);
    pki_free(&alone);
}

/* The position of the name in a certificate, from its end. */
static int name_of(X509 *cert, const char *name)
{
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der), at = 0;

    while (at < len && memcmp(der + at, name, strlen(name)) != 0) {
        at++;
    }
    OPENSSL_free(der);
    ck_assert_int_lt(at, len);
    return len - at;
}

/*
 * Where no issuer is known, nothing checks the signature: two certificates of one key may have the
 * same, as here, where only the name differs.
 */
TEST_LOOP(it_counts_for_the_whole_certificate_and_not_for_its_signature, 0, TLS_WAYS)
{
    host_t *at = host(_i, false, true);
    pki_t guest = pki_client("guest", &far);
    X509 *twin = changed(guest.cert, name_of(guest.cert, "guest"));
    tls_t tls = tls_open(at, &guest, NULL);
    cc_seal_t seal;

    ck_assert(tls_handshake(&tls));
    ck_assert_int_eq(tls_unseal(&tls, at).state, CC_TRUST_NO_ISSUER);
    cc_trust_unseal(&seal, at->trust, SSL_get_session(tls.server), twin);
    ck_assert_int_eq(seal.state, CC_TRUST_BAD_RECORD);
    tls_free(&tls);
    X509_free(twin);
    pki_free(&guest);
}

TEST(verified_again_it_still_lacks_an_issuer)
{
    host_t *at = host(TLS13_TICKET, false, true), *other = host(TLS13_TICKET, false, false);
    pki_t alone = pki_make("root", NULL, is_root, -60, 3600);
    apr_time_t now = apr_time_now();
    cc_seal_t seal;

    cc_trust_reverify(&seal, at->trust, alone.cert, NULL, now);
    ck_assert_int_eq(seal.state, CC_TRUST_NO_ISSUER);
    cc_trust_reverify(&seal, at->trust, alone.cert, NULL, now + apr_time_from_sec(7200));
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
    cc_trust_reverify(&seal, other->trust, alone.cert, NULL, now);
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
    ck_assert_ptr_nonnull(cc_trust_verify_within(&seal, at->trust, alone.cert, NULL, 1, now, pool));
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED); /* a proxy passed it on */
    pki_free(&alone);
}

/* ---- certificates that are trusted themselves ------------------------------------------------ */

static host_t *trusting(const pki_t *who)
{
    host_t *made = host_make(TLS13_TICKET, who, pool);

    SSL_CTX_set_verify(made->ctx, SSL_VERIFY_PEER, tls_strict);
    host_ready(made, pool);
    return made;
}

TEST(a_self_signed_ca_certificate_that_is_trusted_itself_is_a_client)
{
    pki_t root = pki_make("root", NULL, is_root, -60, 3600), twin;
    bool finished;
    cc_seal_t seal = verdict_on(trusting(&root), &root, &finished);

    ck_assert(finished);
    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    ck_assert(!seal.ca_known);
    EVP_PKEY_up_ref(root.key);
    twin = pki_make_with("root", NULL, is_root, NULL, root.key); /* other octets, the same key */
    seal = verdict_on(trusting(&root), &twin, &finished);
    ck_assert_int_ne(seal.state, CC_TRUST_OK);
    pki_free(&twin);
    pki_free(&root);
}

TEST(a_ca_certificate_below_another_one_is_not)
{
    static pki_extensions_t is_both = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                                       "critical,digitalSignature,keyCertSign", NULL};
    pki_t between = pki_make("between", &ca, is_both, -60, 3600);
    bool finished;

    ck_assert_int_eq(verdict_on(trusting(&ca), &between, &finished).state, CC_TRUST_NOT_CLIENT);
    pki_free(&between);
}

SUITE("pinned", .setup = setup, .teardown = teardown);
