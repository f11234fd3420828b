/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which differences make the trust of two hosts different, and which do not. */
#include <openssl/evp.h>

#include "suite.h"
#include "tls.h"

static apr_pool_t *pool;
static pki_t one, two;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    one = pki_ca("one", NULL);
    two = pki_ca("two", NULL);
}

static void teardown(void)
{
    pki_free(&one);
    pki_free(&two);
    apr_pool_destroy(pool);
}

static void ctx_trust(SSL_CTX *ctx, const pki_t *ca)
{
    ck_assert(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca->cert));
    ck_assert(SSL_CTX_add_client_CA(ctx, ca->cert));
}

/* A context that trusts `a` and then `b`, unless they are NULL. */
static SSL_CTX *ctx_make(const pki_t *a, const pki_t *b)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    ck_assert_ptr_nonnull(ctx);
    if (a != NULL) {
        ctx_trust(ctx, a);
}
    if (b != NULL) {
        ctx_trust(ctx, b);
}
    return ctx;
}

/* The trust of a context, which is freed; so it must hold a reference of its own. */
static cc_trust_t *trust_of(SSL_CTX *ctx)
{
    cc_trust_t *trust = NULL;

    ck_assert_int_eq(cc_trust_create(&trust, ctx, pool, NULL), APR_SUCCESS);
    SSL_CTX_free(ctx);
    return trust;
}

static void check_changed(SSL_CTX *ctx)
{
    ck_assert(!cc_trust_same(trust_of(ctx), trust_of(ctx_make(&one, &two))));
}

TEST(the_order_of_cas_does_not_matter)
{
    ck_assert(cc_trust_same(trust_of(ctx_make(&one, &two)), trust_of(ctx_make(&two, &one))));
    ck_assert(cc_trust_same(trust_of(ctx_make(NULL, NULL)), trust_of(ctx_make(NULL, NULL))));
}

TEST(a_ca_removed_is_another_trust)
{
    check_changed(ctx_make(&one, NULL));
    check_changed(ctx_make(&two, NULL));
    check_changed(ctx_make(NULL, NULL));
}

TEST(a_ca_with_the_same_name_and_another_key_is_another_trust)
{
    pki_t twin = pki_ca("two", NULL);

    check_changed(ctx_make(&one, &twin));
    pki_free(&twin);
}

TEST(a_crl_added_is_another_trust)
{
    SSL_CTX *ctx = ctx_make(&one, &two);
    X509_CRL *crl = pki_crl(&one, NULL);

    ck_assert(X509_STORE_add_crl(SSL_CTX_get_cert_store(ctx), crl));
    X509_CRL_free(crl);
    check_changed(ctx);
}

TEST(a_ca_name_added_is_another_trust)
{
    SSL_CTX *ctx = ctx_make(&one, &two);
    pki_t three = pki_ca("three", NULL);

    ck_assert(SSL_CTX_add_client_CA(ctx, three.cert));
    check_changed(ctx);
    pki_free(&three);
}

TEST(a_store_that_starts_to_check_crls_is_another_trust)
{
    SSL_CTX *ctx = ctx_make(&one, &two);

    X509_STORE_set_flags(SSL_CTX_get_cert_store(ctx), X509_V_FLAG_CRL_CHECK);
    check_changed(ctx);
}

TEST(another_depth_or_security_level_is_another_trust)
{
    SSL_CTX *deep = ctx_make(&one, &two), *hard = ctx_make(&one, &two);

    SSL_CTX_set_verify_depth(deep, 1);
    check_changed(deep);
    SSL_CTX_set_security_level(hard, SSL_CTX_get_security_level(hard) + 1);
    check_changed(hard);
}

TEST(a_ca_rejected_for_clients_is_another_trust)
{
    SSL_CTX *ctx;
    X509 *rejected = X509_dup(two.cert);
    pki_t with = {rejected, NULL};

    ck_assert(X509_add1_reject_object(rejected, OBJ_nid2obj(NID_client_auth)));
    ctx = ctx_make(&one, &with);
    check_changed(ctx);
    X509_free(rejected);
}

TEST(a_store_for_verification_alone_is_the_one_that_counts)
{
    SSL_CTX *ctx = ctx_make(&one, &two), *same = ctx_make(&one, &two);
    X509_STORE *store = X509_STORE_new();

    ck_assert(X509_STORE_add_cert(store, one.cert) && SSL_CTX_set1_verify_cert_store(ctx, store));
    check_changed(ctx);
    ck_assert(X509_STORE_add_cert(store, two.cert) && SSL_CTX_set1_verify_cert_store(same, store));
    ck_assert(cc_trust_same(trust_of(same), trust_of(ctx_make(&one, &two))));
    X509_STORE_free(store);
}

TEST(without_a_digest_there_is_an_error_and_no_trust)
{
    SSL_CTX *ctx = ctx_make(&one, NULL);
    cc_trust_t *trust = NULL;
    cc_error_t err = {0};

    ck_assert(EVP_set_default_properties(NULL, "provider=none"));
    ck_assert_int_eq(cc_trust_create(&trust, ctx, pool, &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0401");
    ck_assert_ptr_null(trust);
    ck_assert(EVP_set_default_properties(NULL, ""));
    SSL_CTX_free(ctx);
}

SUITE("trust ids", .setup = setup, .teardown = teardown);
