/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which records of a path are accepted, octet by octet. */
#include <string.h>

#include "suite.h"
#include "tls.h"
#include "trust/path.h"

static apr_pool_t *pool;
static pki_t root, upper, lower, alice; /* alice is below all of them */
static host_t *at;
static SSL_SESSION *session; /* holds alice's record, made by a handshake */
static unsigned char record[512];
static size_t record_len;

static void serve(void)
{
    tls_t tls;
    void *data;

    at = host_make(TLS13_TICKET, &root, pool);
    host_ready(at, pool);
    cc_trust_keep_path(at->trust, CC_PATH_DIGESTS);
    tls = tls_open(at, &alice, NULL);
    ck_assert(SSL_add1_chain_cert(tls.client, lower.cert));
    ck_assert(SSL_add1_chain_cert(tls.client, upper.cert));
    ck_assert(tls_handshake(&tls));
    session = SSL_get1_session(tls.server);
    tls_free(&tls);
    SSL_SESSION_get0_ticket_appdata(session, &data, &record_len);
    ck_assert(data != NULL && record_len < sizeof record);
    memcpy(record, data, record_len);
}

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    root = pki_ca("Root", NULL);
    upper = pki_ca("Upper", &root);
    lower = pki_ca("Lower", &upper);
    alice = pki_client("alice", &lower);
}

static void teardown(void)
{
    SSL_SESSION_free(session);
    pki_free(&root);
    pki_free(&upper);
    pki_free(&lower);
    pki_free(&alice);
    apr_pool_destroy(pool);
}

static cc_seal_t unseal(void)
{
    cc_seal_t seal;

    ck_assert(SSL_SESSION_set1_ticket_appdata(session, record, record_len));
    cc_trust_unseal(&seal, at->trust, session, alice.cert);
    ck_assert(seal.state == CC_TRUST_OK || (!seal.ca_known && seal.path_count == 0));
    return seal;
}

/* The start of a record: magic, verdict, trust id, leaf, two times; then ca_known. */
#define CA_KNOWN (4 + 1 + 16 + 16 + 8 + 8)
/* Its end, without marks: the number of CAs in the path, the two above the issuer. */
#define ABOVE (2 * sizeof(cc_seal_ca_t))
#define COUNT_AT (record_len - ABOVE - 1)

TEST(a_record_whose_path_contradicts_itself_is_bad)
{
    serve();
    ck_assert_int_eq(record[COUNT_AT], 3);
    for (int count = 0; count < 256; count++) {
        record[COUNT_AT] = (unsigned char)count;
        ck_assert_int_eq(unseal().state, count == 3 ? CC_TRUST_OK : CC_TRUST_BAD_RECORD);
    }
    record[COUNT_AT] = 3;
    record[CA_KNOWN] = 0;
    ck_assert_int_eq(unseal().state, CC_TRUST_BAD_RECORD);
}

TEST(the_digests_are_those_of_the_cas)
{
    const pki_t *above[] = {&upper, &root};
    cc_seal_t seal;

    serve();
    seal = unseal();
    ck_assert_int_eq(seal.path_count, 3);
    for (int i = 0; i < 2; i++) {
        unsigned char sha256[32], spki_sha256[32];

        cc_cert_digests(cc_cert_wrap(above[i]->cert, pool), sha256, spki_sha256);
        ck_assert_mem_eq(seal.above[i].sha256, sha256, 32);
        ck_assert_mem_eq(seal.above[i].spki_sha256, spki_sha256, 32);
    }
}

SUITE("record", .setup = setup, .teardown = teardown);
