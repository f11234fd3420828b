/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which records in a session are accepted, octet by octet. */
#include <string.h>

#include "suite.h"
#include "tls.h"

static apr_pool_t *pool;
static pki_t ca, alice, bob;
static host_t *at;
static SSL_SESSION *session; /* holds alice's record, made by a handshake */
static unsigned char record[256];
static size_t record_len;

static void setup(void)
{
    tls_t tls;
    void *data;

    apr_pool_create(&pool, NULL);
    ca = pki_ca("CA", NULL);
    alice = pki_client("alice", &ca);
    bob = pki_client("bob", &ca);
    at = host_make(TLS13_TICKET, &ca, pool);
    host_ready(at, pool);
    tls = tls_open(at, &alice, NULL);
    ck_assert(tls_handshake(&tls));
    session = SSL_get1_session(tls.server);
    SSL_SESSION_get0_ticket_appdata(session, &data, &record_len);
    ck_assert(data != NULL && record_len < sizeof record);
    memcpy(record, data, record_len);
    tls_free(&tls);
}

static void teardown(void)
{
    SSL_SESSION_free(session);
    pki_free(&ca);
    pki_free(&alice);
    pki_free(&bob);
    apr_pool_destroy(pool);
}

/* The result for `cert` if the session has these octets. */
static cc_trust_state_t state_of(const void *octets, size_t len, X509 *cert)
{
    cc_seal_t seal;

    ck_assert(SSL_SESSION_set1_ticket_appdata(session, octets, len));
    cc_trust_unseal(&seal, at->trust, session, cert);
    ck_assert(seal.state == CC_TRUST_OK || !seal.ca_known);
    ck_assert(seal.state == CC_TRUST_OK || seal.state == CC_TRUST_OTHER_TRUST ||
              seal.verified_at == 0);
    return seal.state;
}

TEST(the_octets_that_were_sealed_hold)
{
    ck_assert_int_eq(state_of(record, record_len, alice.cert), CC_TRUST_OK);
    ck_assert(cc_trust_may_resume(at->trust, session, 0, apr_time_now()));
}

TEST(a_record_of_another_leaf_is_bad)
{
    ck_assert_int_eq(state_of(record, record_len, bob.cert), CC_TRUST_BAD_RECORD);
}

TEST(no_octets_are_no_record)
{
    ck_assert_int_eq(state_of(NULL, 0, alice.cert), CC_TRUST_NO_RECORD);
    ck_assert(!cc_trust_may_resume(at->trust, session, 0, apr_time_now()));
}

TEST(every_shorter_or_longer_record_is_bad)
{
    for (size_t len = 1; len <= sizeof record; len++) {
        cc_trust_state_t state = state_of(record, len, alice.cert);

        ck_assert_int_eq(state, len == record_len ? CC_TRUST_OK : CC_TRUST_BAD_RECORD);
    }
}

/* Magic, verdict, trust id and leaf; the rest does not decide. */
#define DECIDES (4 + 1 + 16 + 16)

TEST(a_record_with_any_bit_changed_that_decides_gives_no_identity)
{
    for (size_t bit = 0; bit < DECIDES * 8; bit++) {
        record[bit / 8] ^= (unsigned char)(1u << bit % 8);
        ck_assert_int_ne(state_of(record, record_len, alice.cert), CC_TRUST_OK);
        ck_assert(!cc_trust_may_resume(at->trust, session, 0, apr_time_now()));
        record[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}

/* The seal of a handshake that goes on with a certificate that does not verify. */
static cc_seal_t sealed_failure(const pki_t *who, const host_t *reader)
{
    host_t *lax = host_make(TLS12_TICKET, &ca, pool);
    cc_seal_t seal;
    tls_t tls;

    SSL_CTX_set_verify(lax->ctx, SSL_VERIFY_PEER, tls_optional_no_ca);
    host_ready(lax, pool);
    tls = tls_open(lax, who, NULL);
    ck_assert(tls_handshake(&tls));
    seal = tls_unseal(&tls, reader ? reader : lax);
    tls_free(&tls);
    return seal;
}

TEST(a_failed_verdict_keeps_its_cause)
{
    pki_t stranger = pki_client("stranger", NULL), far = pki_ca("Far", NULL);
    pki_t bill = pki_client("bill", &far);
    cc_seal_t seal = sealed_failure(&stranger, NULL);

    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
    ck_assert_int_eq(seal.fault.cause, CC_CAUSE_SELF_SIGNED);
    seal = sealed_failure(&bill, NULL);
    ck_assert_str_eq(cc_seal_text(&seal, bill.cert, pool),
                     "it was issued by CN=Far: no such CA is trusted here");
    pki_free(&stranger);
    pki_free(&far);
    pki_free(&bill);
}

/* What other CAs found may be wrong here. */
TEST(a_verdict_that_failed_elsewhere_says_only_that)
{
    pki_t far = pki_ca("Far", NULL), bill = pki_client("bill", &far);
    host_t *other = host_make(TLS12_TICKET, &far, pool);
    cc_seal_t seal;

    host_ready(other, pool);
    seal = sealed_failure(&bill, other);
    ck_assert_int_eq(seal.state, CC_TRUST_FAILED);
    ck_assert_int_eq(seal.fault.cause, CC_CAUSE_OTHER_HOST);
    pki_free(&far);
    pki_free(&bill);
}

/* The end of a record without lists: cause, depth, number, group, and two counts of CAs. */
#define CAUSE (record_len - 4 - 3)

TEST(a_cause_that_contradicts_the_verdict_is_bad)
{
    unsigned char digest[32];

    record[CAUSE] = CC_CAUSE_EXPIRED;
    ck_assert_int_eq(state_of(record, record_len, alice.cert), CC_TRUST_BAD_RECORD);
    record[4] = 0; /* the verdict: failed */
    ck_assert(X509_digest(alice.cert, EVP_sha256(), digest, NULL));
    memcpy(record + DECIDES - 16, digest, 16); /* then the leaf is known by its digest */
    ck_assert_int_eq(state_of(record, record_len, alice.cert), CC_TRUST_FAILED);
    record[CAUSE] = CC_CAUSE_SEALED_MAX + 1;
    ck_assert_int_eq(state_of(record, record_len, alice.cert), CC_TRUST_BAD_RECORD);
    record[CAUSE] = CC_CAUSE_NONE;
    ck_assert_int_eq(state_of(record, record_len, alice.cert), CC_TRUST_BAD_RECORD);
}

TEST(every_state_says_what_it_is)
{
    for (int a = CC_TRUST_OK; a <= CC_TRUST_NOT_CLIENT; a++) {
        ck_assert_ptr_nonnull(cc_trust_state_text((cc_trust_state_t)a));
        for (int b = CC_TRUST_OK; b < a; b++) {
            ck_assert_str_ne(cc_trust_state_text((cc_trust_state_t)a),
                             cc_trust_state_text((cc_trust_state_t)b));
        }
    }
}

SUITE("octets", .setup = setup, .teardown = teardown);
