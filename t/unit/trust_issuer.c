/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how the issuer of a client's certificate is found again after its handshake. */
#include <openssl/err.h>

#include "suite.h"
#include "tls.h"

static apr_pool_t *pool;
static pki_t root, sub, alice, bob; /* root issues alice and sub, sub bob */
static host_t *host;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    root = pki_ca("Root", NULL);
    sub = pki_ca("Sub", &root);
    alice = pki_client("alice", &root);
    bob = pki_client("bob", &sub);
    host = host_make(TLS13_TICKET, &root, pool);
    host_ready(host, pool);
}

static void teardown(void)
{
    pki_free(&root);
    pki_free(&sub);
    pki_free(&alice);
    pki_free(&bob);
    apr_pool_destroy(pool);
}

/* The seal of a verification with these certificates in addition to the client's. */
static cc_seal_t seal_of(const pki_t *client, STACK_OF(X509) * sent)
{
    cc_seal_t seal;

    cc_trust_reverify(&seal, host->trust, client->cert, sent, apr_time_now());
    return seal;
}

static void found(const cc_seal_t *seal, const pki_t *client, STACK_OF(X509) * sent,
                  const pki_t *wanted)
{
    X509 *issuer = cc_trust_issuer(host->trust, seal, client->cert, sent);

    ck_assert((issuer != NULL) == (wanted != NULL));
    ck_assert(!issuer || X509_cmp(issuer, wanted->cert) == 0);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    X509_free(issuer);
}

TEST(an_issuer_in_the_store_is_found)
{
    cc_seal_t seal = seal_of(&alice, NULL);

    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    found(&seal, &alice, NULL, &root);
}

TEST(an_issuer_that_the_client_sent_is_found_among_what_it_sent_alone)
{
    STACK_OF(X509) *sent = sk_X509_new_null();
    cc_seal_t seal;

    sk_X509_push(sent, root.cert);
    sk_X509_push(sent, sub.cert);
    seal = seal_of(&bob, sent);
    ck_assert_int_eq(seal.state, CC_TRUST_OK);
    found(&seal, &bob, sent, &sub);
    found(&seal, &bob, NULL, NULL);
    sk_X509_free(sent);
}

TEST(of_two_with_the_same_name_it_is_the_one_that_verified)
{
    pki_t twin = pki_ca("Root", NULL);
    cc_seal_t seal = seal_of(&alice, NULL);
    X509_STORE *store = SSL_CTX_get_cert_store(host->ctx);
    STACK_OF(X509) *sent = sk_X509_new_null();

    sk_X509_push(sent, twin.cert);
    X509_STORE_add_cert(store, twin.cert);
    found(&seal, &alice, sent, &root);
    sk_X509_free(sent);
    pki_free(&twin);
}

TEST(without_a_good_seal_there_is_no_issuer)
{
    cc_seal_t seal = {.state = CC_TRUST_NO_RECORD};

    found(&seal, &alice, NULL, NULL);
}

SUITE("issuer", .setup = setup, .teardown = teardown);
