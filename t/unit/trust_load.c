/* SPDX-License-Identifier: Apache-2.0 */
/* Tests a trust that is loaded from files alone. */
#include <string.h>

#include <openssl/err.h>

#include "crlset.h"
#include "suite.h"

static crlset_t set;
static pki_t one, two, sub, alice, bob, deep; /* one issues alice and sub, two bob, sub deep */
static cc_trust_t *trust;

static void setup(void)
{
    crlset_begin(&set);
    one = pki_ca("One", NULL);
    two = pki_ca("Two", NULL);
    sub = pki_ca("Sub", &one);
    alice = pki_client("alice", &one);
    bob = pki_client("bob", &two);
    deep = pki_client("deep", &sub);
    crlset_add_cert(&set, "one.pem", &one);
    crlset_add_cert(&set, "both.pem", &two);
    crlset_add_cert(&set, "both.pem", &one);
    trust = NULL;
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&one);
    pki_free(&two);
    pki_free(&sub);
    pki_free(&alice);
    pki_free(&bob);
    pki_free(&deep);
}

/* "" or the error. */
static const char *load(const cc_trust_files_t *files)
{
    apr_status_t status = cc_trust_load(&trust, files, set.pool, &set.err);

    ck_assert_uint_eq(ERR_peek_error(), 0);
    return status == APR_SUCCESS ? "" : cc_error_text(&set.err, set.pool);
}

/* The trust of a file. */
static const char *load_file(const char *name, int depth)
{
    return load(&(cc_trust_files_t){.ca_file = crlset_path(&set, name), .depth = depth});
}

static bool verifies(const pki_t *client, STACK_OF(X509) * sent)
{
    cc_seal_t seal;

    cc_trust_reverify(&seal, trust, client->cert, sent, apr_time_now());
    ck_assert_uint_eq(ERR_peek_error(), 0);
    return seal.state == CC_TRUST_OK;
}

/* The trust of a context with these CAs and this depth. */
static const cc_trust_t *context_trust(const pki_t *a, const pki_t *b, int depth)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    const pki_t *cas[] = {a, b};
    cc_trust_t *made = NULL;

    for (int i = 0; i < 2 && cas[i]; i++) {
        ck_assert(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cas[i]->cert));
        ck_assert(SSL_CTX_add_client_CA(ctx, cas[i]->cert));
    }
    SSL_CTX_set_verify_depth(ctx, depth);
    ck_assert_int_eq(cc_trust_create(&made, ctx, set.pool, NULL), APR_SUCCESS);
    SSL_CTX_free(ctx);
    return made;
}

/* ---- files ----------------------------------------------------------------------------- */

TEST(a_file_of_one_ca_vouches_for_its_clients_alone)
{
    ck_assert_str_eq(load_file("one.pem", 1), "");
    ck_assert(verifies(&alice, NULL));
    ck_assert(!verifies(&bob, NULL));
}

TEST(a_file_of_two_cas_vouches_for_the_clients_of_both)
{
    ck_assert_str_eq(load_file("both.pem", 1), "");
    ck_assert(verifies(&alice, NULL) && verifies(&bob, NULL));
}

TEST(what_cannot_be_read_is_an_error_that_names_it)
{
    ck_assert_ptr_nonnull(strstr(load_file("none.pem", 1), "it cannot be loaded: "));
    ck_assert_str_eq(set.err.tag, "CC0402");
    ck_assert_str_eq(set.err.word, crlset_path(&set, "none.pem"));
}

TEST(a_certificate_that_is_no_ca_vouches_for_nobody_else)
{
    pki_t below = pki_client("below", &alice);

    crlset_add_cert(&set, "alice.pem", &alice);
    ck_assert_str_eq(load_file("alice.pem", 1), "");
    ck_assert(!verifies(&below, NULL));
    ck_assert(!verifies(&alice, NULL)); /* its chain does not reach a trust anchor */
    pki_free(&below);
}

TEST(without_any_ca_nobody_is_trusted)
{
    ck_assert_str_eq(load(&(cc_trust_files_t){.depth = 1}), "");
    ck_assert(!verifies(&alice, NULL));
    ck_assert_int_eq(cc_authorities_of_store(trust, set.pool)->nelts, 0);
}

TEST(the_depth_counts_the_certificates_above_the_clients)
{
    STACK_OF(X509) *sent = sk_X509_new_null();

    sk_X509_push(sent, sub.cert);
    ck_assert_str_eq(load_file("one.pem", 1), "");
    ck_assert(!verifies(&deep, sent));
    ck_assert_str_eq(load_file("one.pem", 2), "");
    ck_assert(verifies(&deep, sent));
    ck_assert_str_eq(load_file("one.pem", 0), "");
    ck_assert(!verifies(&alice, NULL));
    sk_X509_free(sent);
}

/* ---- abilities of such a trust --------------------------------------------------------- */

TEST(its_id_is_that_of_a_context_with_the_same_cas_and_depth)
{
    ck_assert_str_eq(load_file("both.pem", 3), "");
    ck_assert(cc_trust_same(trust, context_trust(&one, &two, 2)));
    ck_assert_str_eq(cc_trust_id_text(trust, set.pool),
                     cc_trust_id_text(context_trust(&two, &one, 2), set.pool));
    ck_assert(!cc_trust_same(trust, context_trust(&one, &two, 1)));
    ck_assert(!cc_trust_same(trust, context_trust(&one, NULL, 2)));
}

TEST(it_finds_issuers_and_lists_its_cas)
{
    const apr_array_header_t *authorities;
    cc_seal_t seal;
    X509 *issuer;

    ck_assert_str_eq(load_file("both.pem", 1), "");
    cc_trust_reverify(&seal, trust, bob.cert, NULL, apr_time_now());
    issuer = cc_trust_issuer(trust, &seal, bob.cert, NULL);
    ck_assert_int_eq(X509_cmp(issuer, two.cert), 0);
    X509_free(issuer);
    authorities = cc_authorities_of_store(trust, set.pool);
    ck_assert_int_eq(authorities->nelts, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert(APR_ARRAY_IDX(authorities, i, const cc_authority_t *)->verified);
    }
}

SUITE("trust_load", .setup = setup, .teardown = teardown);
