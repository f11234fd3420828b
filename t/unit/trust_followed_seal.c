/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which records of the CAs of a set hold, octet by octet. */
#include <string.h>

#include "caset.h"
#include "suite.h"
#include "tls.h"

static caset_t set;
static pki_t root, below, alice; /* `below` and `root` are above alice */
static host_t *at;
static SSL_SESSION *session; /* holds alice's record, made by a handshake */
static unsigned char record[512];
static size_t record_len;

static void serve(void)
{
    tls_t tls;
    void *data;

    at = host_make(TLS13_TICKET, &root, set.pool);
    host_follow(at, set.cas, set.pool);
    tls = tls_open(at, &alice, NULL);
    ck_assert(tls_handshake(&tls));
    SSL_SESSION_free(session);
    session = SSL_get1_session(tls.server);
    SSL_SESSION_get0_ticket_appdata(session, &data, &record_len);
    ck_assert(data != NULL && record_len < sizeof record);
    memcpy(record, data, record_len);
    tls_free(&tls);
}

static void setup(void)
{
    caset_begin(&set);
    root = pki_ca("Root", NULL);
    below = pki_ca("Below", &root);
    alice = pki_client("alice", &below);
    CASET_PUT(&set, "cas.pem", &root, &below);
    caset_open(&set, "cas.pem depth=2");
    session = NULL;
    serve();
}

static void teardown(void)
{
    SSL_SESSION_free(session);
    pki_free(&root);
    pki_free(&below);
    pki_free(&alice);
    caset_end(&set);
}

static cc_seal_t unseal(size_t len)
{
    cc_seal_t seal;

    ck_assert(SSL_SESSION_set1_ticket_appdata(session, record, len));
    cc_trust_unseal(&seal, at->trust, session, alice.cert);
    ck_assert(seal.state == CC_TRUST_OK || (!seal.ca_known && seal.ca_count == 0));
    return seal;
}

/* The end of a record: group, count of CAs, length of the path, marks. */
#define MARK CC_CA_MARK_LEN
#define MARKS (record_len - 2 * MARK)
#define COUNT_AT (MARKS - 2)
#define GROUP_AT (COUNT_AT - 2)

TEST(a_record_has_a_mark_for_each_ca_of_the_set_and_no_more)
{
    cc_seal_t seal = unseal(record_len);
    host_t *plain = host_make(TLS13_TICKET, &root, set.pool);
    size_t plain_len;
    void *data;
    tls_t tls;

    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    ck_assert_int_eq(seal.ca_count, 2);
    host_ready(plain, set.pool);
    tls = tls_open(plain, &alice, NULL);
    ck_assert(SSL_add1_chain_cert(tls.client, below.cert));
    ck_assert(tls_handshake(&tls));
    SSL_SESSION_get0_ticket_appdata(SSL_get0_session(tls.server), &data, &plain_len);
    ck_assert_uint_eq(record_len, plain_len + 2 * MARK);
    tls_free(&tls);
}

TEST(every_shorter_or_longer_record_is_bad)
{
    for (size_t len = 1; len <= sizeof record; len++) {
        ck_assert_int_eq(unseal(len).state, len == record_len ? CC_TRUST_OK : CC_TRUST_BAD_RECORD);
    }
}

TEST(a_mark_of_another_ca_does_not_hold)
{
    for (size_t bit = MARKS * 8; bit < record_len * 8; bit++) {
        record[bit / 8] ^= (unsigned char)(1u << bit % 8);
        ck_assert_int_eq(unseal(record_len).state, CC_TRUST_CA_LEFT);
        ck_assert(!cc_trust_may_resume(at->trust, session, 0, apr_time_now()));
        record[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}

TEST(a_group_that_does_not_exist_does_not_hold)
{
    for (int bit = 0; bit < 16; bit++) {
        record[GROUP_AT + (size_t)bit / 8] ^= (unsigned char)(1u << bit % 8);
        ck_assert_int_eq(unseal(record_len).state, CC_TRUST_CA_LEFT);
        record[GROUP_AT + (size_t)bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}

TEST(a_record_without_cas_or_with_too_many_does_not_hold)
{
    for (int count = 0; count < 256; count++) {
        cc_trust_state_t state;

        record[COUNT_AT] = (unsigned char)count;
        state = unseal(record_len).state;
        ck_assert_int_eq(state, count == 2 ? CC_TRUST_OK : CC_TRUST_BAD_RECORD);
        state = unseal(MARKS).state;
        ck_assert_int_eq(state, count == 0 || count == CC_SEAL_CAS_MAX + 1 ? CC_TRUST_CA_LEFT
                                                                           : CC_TRUST_BAD_RECORD);
    }
}

TEST(a_verdict_from_before_the_cas_came_does_not_hold)
{
    cc_seal_t seal = unseal(record_len);

    ck_assert(cc_trust_holds(at->trust, &seal));
    seal.verified_at -= apr_time_from_sec(3600);
    ck_assert(!cc_trust_holds(at->trust, &seal));
}

SUITE("octets", .setup = setup, .teardown = teardown);
