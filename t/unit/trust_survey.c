/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which certificates of a store can be above a client's certificate, and why others cannot.
 */
#include <string.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "crlset.h"
#include "suite.h"
#include "trust/survey.h"

static crlset_t set;
static pki_t root, staff, deep, alice;

static void setup(void)
{
    crlset_begin(&set);
    root = pki_ca("root", NULL);
    staff = pki_ca("staff", &root);
    deep = pki_ca("deep", &staff);
    alice = pki_client("alice", &staff);
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&root);
    pki_free(&staff);
    pki_free(&deep);
    pki_free(&alice);
}

static const char *words_of(const cc_surveyed_t *one)
{
    static const char *const states[] = {
        [CC_SURVEYED_CA] = "ca",           [CC_SURVEYED_NOT_CA] = "no ca",
        [CC_SURVEYED_EXPIRED] = "expired", [CC_SURVEYED_NOT_YET] = "not yet",
        [CC_SURVEYED_OTHER] = "other",     [CC_SURVEYED_NO_ISSUER] = "no issuer"};
    static const char *const crls[] = {[CC_SURVEYED_NO_CRL] = "",
                                       [CC_SURVEYED_CRL_EXPIRED] = " expired-crl",
                                       [CC_SURVEYED_CRL] = " crl"};

    return one->state == CC_SURVEYED_CA
               ? apr_psprintf(set.pool, "%s %d%s%s%s", one->name, one->depth,
                              one->root ? " root" : "", one->issues_cas ? " above" : "",
                              crls[one->crl])
               : apr_psprintf(set.pool, "%s %s", one->name, states[one->state]);
}

/* The survey of these certificates: "CN=root 1 root, CN=alice no ca", in the order of the store. */
static const char *surveyed(const pki_t *const *certs)
{
    const apr_array_header_t *all;
    const char *text = "";

    for (; *certs; certs++) {
        crlset_trust(&set, *certs);
    }
    ck_assert_int_eq(cc_trust_create(&set.trust, set.ctx, set.pool, NULL), APR_SUCCESS);
    all = cc_trust_survey(set.trust, apr_time_now(), set.pool);
    ck_assert_uint_eq(ERR_peek_error(), 0);
    for (int i = 0; i < all->nelts; i++) {
        text = apr_pstrcat(set.pool, text, i > 0 ? ", " : "",
                           words_of(&APR_ARRAY_IDX(all, i, cc_surveyed_t)), NULL);
    }
    return text;
}

#define SURVEYED(...) surveyed((const pki_t *const[]){__VA_ARGS__, NULL})

TEST(a_chain_of_cas_and_the_depth_that_each_needs)
{
    const char *text = SURVEYED(&root, &staff, &deep);

    ck_assert_ptr_nonnull(strstr(text, "CN=root 1 root above"));
    ck_assert_ptr_nonnull(strstr(text, "CN=staff 2 above"));
    ck_assert_ptr_nonnull(strstr(text, "CN=deep 3"));
}

TEST(cas_without_a_root)
{
    const char *text = SURVEYED(&staff, &deep);

    ck_assert_ptr_nonnull(strstr(text, "CN=staff no issuer"));
    ck_assert_ptr_nonnull(strstr(text, "CN=deep other"));
}

/* The key of the CA has another certificate, by a root that is there. */
TEST(a_ca_whose_root_is_missing_may_be_cross_certified)
{
    pki_t other = pki_ca("other", NULL);
    pki_t cross;

    EVP_PKEY_up_ref(staff.key);
    cross = pki_make_with("staff", &other, pki_is_ca, NULL, staff.key);
    ck_assert_ptr_null(strstr(SURVEYED(&staff, &cross, &other), "no issuer"));
    pki_free(&cross);
    pki_free(&other);
}

TEST(a_certificate_that_is_not_a_ca)
{
    ck_assert_ptr_nonnull(strstr(SURVEYED(&root, &staff, &alice), "CN=alice no ca"));
}

TEST(a_client_that_is_trusted_itself)
{
    pki_t alone = pki_client("alone", NULL);

    ck_assert_str_eq(SURVEYED(&alone), "CN=alone other");
    pki_free(&alone);
}

TEST(cas_outside_of_their_dates)
{
    pki_t past = pki_make("past", NULL, pki_is_ca, -90, -9);
    pki_t later = pki_make("later", NULL, pki_is_ca, 9000, 90000);

    ck_assert_str_eq(SURVEYED(&past), "CN=past expired");
    ck_assert_ptr_nonnull(strstr(SURVEYED(&later), "CN=later not yet"));
    pki_free(&past);
    pki_free(&later);
}

TEST(an_expired_ca_that_was_renewed)
{
    pki_t renewed = pki_ca("renewed", NULL);
    pki_t past = pki_make("renewed", NULL, pki_is_ca, -90, -9);
    ck_assert_ptr_null(strstr(SURVEYED(&past, &renewed), "expired"));
    pki_free(&past);
    pki_free(&renewed);
}

static void crl_add(const char *name, const crl_recipe_t *recipe)
{
    crlset_put(&set, name, recipe);
    ck_assert_int_eq(X509_STORE_load_file(SSL_CTX_get_cert_store(set.ctx), crlset_path(&set, name)),
                     1);
}

TEST(crls_in_the_store)
{
    crl_add("old", &(crl_recipe_t){.ca = &staff, .begin = -90, .end = -9});
    ck_assert_ptr_nonnull(strstr(SURVEYED(&root, &staff), "CN=staff 2 expired-crl"));
    crl_add("new", &(crl_recipe_t){.ca = &staff});
    ck_assert_ptr_nonnull(strstr(SURVEYED(&root, &staff), "CN=staff 2 crl"));
}

SUITE("survey", .setup = setup, .teardown = teardown, .timeout = 300);
