/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests which certificates are good, revoked and unknown according to CRLs in files of all
 * kinds.
 */
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "crlset.h"
#include "suite.h"

static crlset_t set;
static pki_t ca, alice, bob;

static void setup(void)
{
    crlset_begin(&set);
    ca = pki_ca("CA", NULL);
    alice = pki_client("alice", &ca);
    bob = pki_client("bob", &ca);
    crlset_trust(&set, &ca);
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&ca);
    pki_free(&alice);
    pki_free(&bob);
}

/* The CRL of most tests, which lists bob. */
#define BOB_REVOKED .ca = &ca, .number = "1", .entries = {{.cert = bob.cert, .reason = 1}}

static void expect_bob_revoked(void)
{
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "good");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "revoked keyCompromise");
}

/* ---- answers --------------------------------------------------------------------------- */

TEST(who_is_listed_is_revoked_with_reason_and_date_and_who_is_not_is_good)
{
    crlset_put(&set, "a.crl", &(crl_recipe_t){BOB_REVOKED});
    crlset_open(&set, "a.crl");
    expect_bob_revoked();
    ck_assert_int_eq(apr_time_sec(set.answer.revoked_at), 1767225600);
    ck_assert_uint_eq(set.answer.generation, cc_crls_generation(set.crls));
}

TEST(all_reasons_are_told_apart_and_hold_is_one_of_them)
{
    static const char *const names[] = {
        "unspecified",     "keyCompromise",        "cACompromise",    "affiliationChanged",
        "superseded",      "cessationOfOperation", "certificateHold", NULL,
        NULL /* remove */, "privilegeWithdrawn",   "aACompromise"};

    for (int i = 0; i <= 10; i++) {
        crl_recipe_t recipe = {.ca = &ca, .entries = {{.cert = bob.cert, .reason = i}}};

        if (names[i]) {
            crlset_put(&set, "a.crl", &recipe);
            crlset_open(&set, "a.crl");
            ck_assert_str_eq(crlset_ask(&set, &bob, &ca),
                             apr_pstrcat(set.pool, "revoked ", names[i], NULL));
        }
    }
}

TEST(a_crl_without_entries_makes_all_good)
{
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &ca, .number = "1"});
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "good");
}

TEST(a_certificate_without_a_crl_of_its_issuer_is_unknown)
{
    pki_t other = pki_ca("other", NULL);
    pki_t carol = pki_client("carol", &other);

    crlset_put(&set, "a.crl", &(crl_recipe_t){BOB_REVOKED});
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &carol, &other), "unknown: there is no CRL of its issuer");
    cc_crls_check(&set.answer, set.crls, alice.cert, NULL, apr_time_now());
    ck_assert_int_eq(set.answer.state, CC_CRL_UNKNOWN);
    ck_assert_str_eq(set.answer.cause, "its issuer's certificate is not available");
    pki_free(&carol);
    pki_free(&other);
}

TEST(two_cas_of_one_name_are_told_apart_by_their_keys)
{
    pki_t twin = pki_ca("CA", NULL);
    pki_t carol = pki_client("carol", &twin);

    crlset_trust(&set, &twin);
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &ca, .entries = {{.cert = carol.cert}}});
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &carol, &twin), "unknown: there is no CRL of its issuer");
    crlset_put(&set, "b.crl", &(crl_recipe_t){.ca = &twin});
    crlset_open(&set, "a.crl b.crl");
    ck_assert_str_eq(crlset_ask(&set, &carol, &twin), "good");
    crlset_put(&set, "b.crl", &(crl_recipe_t){.ca = &twin, .entries = {{.cert = carol.cert}}});
    crlset_open(&set, "a.crl b.crl");
    ck_assert_str_eq(crlset_ask(&set, &carol, &twin), "revoked unspecified");
    pki_free(&carol);
    pki_free(&twin);
}

/* As CRLs of a CA that omits numbers and publishes two CRLs in a minute. */
TEST(of_two_crls_with_one_number_and_time_the_one_that_lists_more_counts)
{
    static const char *const orders[] = {"a.crl b.crl", "b.crl a.crl"};

    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &ca, .number = "1"});
    crlset_put(&set, "b.crl", &(crl_recipe_t){BOB_REVOKED});
    for (int i = 0; i < 2; i++) {
        crlset_open(&set, orders[i]);
        expect_bob_revoked();
    }
}

/* ---- times ----------------------------------------------------------------------------- */

TEST(past_next_update_and_grace_a_crl_makes_nobody_good_and_still_revokes)
{
    crlset_put(&set, "a.crl", &(crl_recipe_t){BOB_REVOKED, .begin = -60, .end = 600});
    crlset_open(&set, "a.crl grace=300");
    expect_bob_revoked();
    crlset_ask(&set, &alice, &ca);
    ck_assert_int_gt(set.answer.stale_at, apr_time_now() + apr_time_from_sec(890));
    ck_assert_int_lt(set.answer.stale_at, apr_time_now() + apr_time_from_sec(910));
    ck_assert_int_eq(set.answer.stale_at, cc_crls_next_change(set.crls, apr_time_now()));
    set.later = apr_time_from_sec(890);
    expect_bob_revoked();
    set.later = apr_time_from_sec(910);
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "unknown: the CRL of its issuer has expired");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "revoked keyCompromise");
    ck_assert_int_eq(cc_crls_next_change(set.crls, apr_time_now() + set.later), APR_INT64_MAX);
}

TEST(before_this_update_a_crl_makes_nobody_good)
{
    crlset_put(&set, "a.crl", &(crl_recipe_t){BOB_REVOKED, .begin = 600, .end = 6000});
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca),
                     "unknown: the CRL of its issuer is not yet valid");
    ck_assert_int_eq(set.answer.stale_at, cc_crls_next_change(set.crls, apr_time_now()));
    set.later = apr_time_from_sec(610);
    expect_bob_revoked();
}

TEST(a_crl_that_runs_out_is_told_once)
{
    crlset_put(&set, "a.crl", &(crl_recipe_t){BOB_REVOKED, .begin = -60, .end = 600});
    crlset_open(&set, "a.crl grace=60");
    crlset_poll(&set);
    set.later = apr_time_from_sec(590);
    ck_assert_str_eq(crlset_poll(&set), "");
    ck_assert_ptr_nonnull(strstr(crlset_poll(&set), "CC0416"));
    ck_assert_str_eq(crlset_poll(&set), "");
}

/* ---- files ----------------------------------------------------------------------------- */

TEST(der_is_read_too_and_so_are_many_in_one_file)
{
    pki_t other = pki_ca("other", NULL);
    pki_t carol = pki_client("carol", &other);
    apr_size_t len = 0, more = 0;
    char *both = NULL; /* larger than any CRL here */

    crlset_trust(&set, &other);
    crlset_put_der(&set, "a.crl", &(crl_recipe_t){BOB_REVOKED});
    crlset_open(&set, "a.crl");
    expect_bob_revoked();
    crlset_put_der(&set, "b.crl", &(crl_recipe_t){.ca = &other});
    both = crlset_read(&set, "a.crl", &len);
    memcpy(both + len, crlset_read(&set, "b.crl", &more), 4096);
    crlset_write(&set, "both.crl", both, len + more);
    crlset_open(&set, "both.crl");
    expect_bob_revoked();
    ck_assert_str_eq(crlset_ask(&set, &carol, &other), "good");
    pki_free(&carol);
    pki_free(&other);
}

TEST(pem_with_text_and_certificates_between_its_crls_is_read)
{
    pki_t other = pki_ca("other", NULL);
    pki_t carol = pki_client("carol", &other);

    crlset_trust(&set, &other);
    crlset_write(&set, "a.crl", "Certificate Revocation List:\r\n  words\n", 39);
    crlset_add_cert(&set, "a.crl", &ca);
    crlset_add(&set, "a.crl", &(crl_recipe_t){BOB_REVOKED});
    crlset_add_cert(&set, "a.crl", &other);
    crlset_add(&set, "a.crl", &(crl_recipe_t){.ca = &other, .entries = {{.cert = carol.cert}}});
    crlset_open(&set, "a.crl");
    expect_bob_revoked();
    ck_assert_str_eq(crlset_ask(&set, &carol, &other), "revoked unspecified");
    pki_free(&carol);
    pki_free(&other);
}

static int held;

static void count(const cc_crl_info_t *info, void *baton)
{
    (void)info, (void)baton;
    held++;
}

TEST(a_folder_gives_what_is_a_crl_and_links_to_it_count_once)
{
    crlset_put(&set, "a.crl", &(crl_recipe_t){BOB_REVOKED});
    crlset_put_der(&set, "b.crl", &(crl_recipe_t){.ca = &ca, .number = "0"});
    crlset_write(&set, "README", "not one", 7);
    crlset_write(&set, ".hidden", "-----BEGIN X509 CRL-----\n", 25);
    crlset_write(&set, "a.crl~", "-----BEGIN X509 CRL-----\n", 25);
    crlset_write(&set, "c.crl.tmp", "0\202", 2);
    crlset_write(&set, "empty", "", 0);
    crlset_add_cert(&set, "ca.pem", &ca);
    ck_assert_int_eq(symlink("a.crl", crlset_path(&set, "deadbeef.r0")), 0);
    ck_assert_int_eq(symlink("nowhere", crlset_path(&set, "deadbeef.r1")), 0);
    crlset_open(&set, ".");
    expect_bob_revoked();
    held = 0;
    cc_crls_each(set.crls, count, NULL);
    ck_assert_int_eq(held, 2);
}

TEST(a_certificate_in_the_file_signs_if_the_store_vouches_for_it)
{
    pki_t issuing = pki_ca("issuing", &ca);
    pki_t carol = pki_client("carol", &issuing);

    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &issuing, .entries = {{.cert = carol.cert}}});
    ck_assert_ptr_nonnull(strstr(crlset_try(&set, "a.crl"), "CC0410: site.conf:1: "));
    crlset_add_cert(&set, "a.crl", &issuing);
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &carol, &issuing), "revoked unspecified");
    pki_free(&carol);
    pki_free(&issuing);
}

TEST(a_certificate_in_the_file_that_nobody_vouches_for_signs_nothing)
{
    pki_t forger = pki_ca("CA", NULL);

    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &forger, .no_akid = true});
    crlset_add_cert(&set, "a.crl", &forger);
    ck_assert_ptr_nonnull(strstr(crlset_try(&set, "a.crl"), "CC0411"));
    pki_free(&forger);
}

/* ---- signatures ------------------------------------------------------------------------ */

static void expect_signing(EVP_PKEY *key, crl_signing_t signing, const char *error)
{
    pki_t other = pki_make_with("other", NULL, pki_is_ca, NULL, key);

    crlset_trust(&set, &other);
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &other, .signing = signing});
    ck_assert_msg(strstr(crlset_try(&set, "a.crl"), error), "%s", crlset_try(&set, "a.crl"));
    pki_free(&other);
}

TEST(rsa_pss_and_eddsa_signatures_are_verified)
{
    expect_signing(EVP_RSA_gen(2048), CRL_SHA256, "");
    expect_signing(EVP_RSA_gen(2048), CRL_PSS, "");
    expect_signing(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), CRL_OWN_DIGEST, "");
}

TEST(md5_is_no_signature)
{
    expect_signing(EVP_RSA_gen(2048), CRL_MD5, "its signature uses MD5 or a weaker digest");
}

/* ---- for operations -------------------------------------------------------------------- */

static void check_info(const cc_crl_info_t *info, void *baton)
{
    ck_assert_str_eq(info->path, crlset_path(&set, "a.crl"));
    ck_assert_str_eq(info->issuer, "CN=CA");
    ck_assert_str_eq(info->number, "340282366920938463463374607431768211457");
    ck_assert_uint_eq(info->entries, 1);
    ck_assert(!info->delta && !info->indirect && info->use == CC_CRL_USED);
    ck_assert_int_eq(info->next_update - info->this_update, apr_time_from_sec(86460));
    ck_assert_int_le(info->loaded_at, apr_time_now());
    *(bool *)baton = true;
}

TEST(each_crl_says_what_it_is)
{
    bool called = false;
    crl_recipe_t recipe = {BOB_REVOKED};

    recipe.number = "340282366920938463463374607431768211457"; /* 2^128 + 1 */
    crlset_put(&set, "a.crl", &recipe);
    crlset_open(&set, "a.crl");
    cc_crls_each(set.crls, check_info, &called);
    ck_assert(called);
}

SUITE("CRLs", .setup = setup, .teardown = teardown, .timeout = 300);
