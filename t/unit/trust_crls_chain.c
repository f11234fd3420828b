/* SPDX-License-Identifier: Apache-2.0 */
/* Tests CRLs about the CAs above a client, and about the signers of CRLs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <openssl/pem.h>

#include "crlset.h"
#include "suite.h"

static crlset_t set;
static pki_t root, middle, issuing, alice;

static void setup(void)
{
    crlset_begin(&set);
    root = pki_ca("root", NULL);
    middle = pki_ca("middle", &root);
    issuing = pki_ca("issuing", &middle);
    alice = pki_client("alice", &issuing);
    crlset_trust(&set, &root);
    crlset_trust(&set, &middle);
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&root);
    pki_free(&middle);
    pki_free(&issuing);
    pki_free(&alice);
}

/* The CRLs of all three; `issuing` is in its file. */
static void put_all(const crl_recipe_t *of_root, const crl_recipe_t *of_middle)
{
    crlset_put(&set, "root.crl", of_root);
    crlset_put(&set, "middle.crl", of_middle);
    crlset_put(&set, "issuing.crl", &(crl_recipe_t){.ca = &issuing});
    crlset_add_cert(&set, "issuing.crl", &issuing);
}

TEST(the_whole_chain_is_good_where_every_crl_is_there)
{
    put_all(&(crl_recipe_t){.ca = &root}, &(crl_recipe_t){.ca = &middle});
    crlset_open(&set, ".");
    ck_assert_str_eq(crlset_ask_chain(&set, &alice, &issuing), "0 good");
}

TEST(a_ca_that_is_revoked_revokes_the_chain_and_not_the_leaf)
{
    put_all(&(crl_recipe_t){.ca = &root},
            &(crl_recipe_t){.ca = &middle, .entries = {{.cert = issuing.cert, .reason = 2}}});
    crlset_open(&set, ".");
    ck_assert_str_eq(crlset_ask_chain(&set, &alice, &issuing), "1 revoked cACompromise");
    put_all(&(crl_recipe_t){.ca = &root, .entries = {{.cert = middle.cert, .reason = 5}}},
            &(crl_recipe_t){.ca = &middle});
    crlset_open(&set, ".");
    ck_assert_str_eq(crlset_ask_chain(&set, &alice, &issuing), "2 revoked cessationOfOperation");
}

TEST(a_revoked_ca_counts_more_than_a_leaf_that_is_unknown)
{
    crlset_put(&set, "middle.crl",
               &(crl_recipe_t){.ca = &middle, .entries = {{.cert = issuing.cert}}});
    crlset_put(&set, "root.crl", &(crl_recipe_t){.ca = &root});
    crlset_add_cert(&set, "root.crl", &middle);
    crlset_add_cert(&set, "root.crl", &issuing);
    crlset_open(&set, ".");
    ck_assert_str_eq(crlset_ask(&set, &alice, &issuing), "unknown: there is no CRL of its issuer");
    ck_assert_str_eq(crlset_ask_chain(&set, &alice, &issuing), "1 revoked unspecified");
}

TEST(a_ca_without_a_crl_above_it_is_unknown)
{
    crlset_put(&set, "issuing.crl", &(crl_recipe_t){.ca = &issuing});
    crlset_add_cert(&set, "issuing.crl", &issuing);
    crlset_put(&set, "root.crl", &(crl_recipe_t){.ca = &root});
    crlset_open(&set, ".");
    ck_assert_str_eq(crlset_ask(&set, &alice, &issuing), "good");
    ck_assert_str_eq(crlset_ask_chain(&set, &alice, &issuing),
                     "1 unknown: there is no CRL of its issuer");
    ck_assert(!set.answer.no_issuer);
}

TEST(a_ca_that_only_the_client_has_is_unknown)
{
    pki_t last = pki_ca("last", &issuing);
    pki_t bob = pki_client("bob", &last);

    put_all(&(crl_recipe_t){.ca = &root}, &(crl_recipe_t){.ca = &middle});
    crlset_open(&set, ".");
    ck_assert_str_eq(crlset_ask_chain(&set, &bob, &last),
                     "1 unknown: its issuer's certificate is not available");
    ck_assert(set.answer.no_issuer);
    pki_free(&bob);
    pki_free(&last);
}

TEST(a_chain_of_one_is_unknown)
{
    cc_seal_t seal = {.state = CC_TRUST_OK, .ca_known = false};

    put_all(&(crl_recipe_t){.ca = &root}, &(crl_recipe_t){.ca = &middle});
    crlset_open(&set, ".");
    cc_crls_check_chain(&set.answer, set.crls, alice.cert, &seal, apr_time_now());
    ck_assert_int_eq(set.answer.state, CC_CRL_UNKNOWN);
}

TEST(a_signer_that_is_revoked_makes_nobody_good_and_still_revokes)
{
    pki_t bob = pki_client("bob", &issuing);
    const char *told;

    put_all(&(crl_recipe_t){.ca = &root},
            &(crl_recipe_t){.ca = &middle, .entries = {{.cert = issuing.cert}}});
    crlset_put(&set, "issuing.crl",
               &(crl_recipe_t){.ca = &issuing, .entries = {{.cert = bob.cert, .reason = 4}}});
    crlset_add_cert(&set, "issuing.crl", &issuing);
    crlset_open(&set, ".");
    ck_assert_str_eq(crlset_ask(&set, &alice, &issuing),
                     "unknown: the certificate that signed the CRL is revoked");
    ck_assert_str_eq(crlset_ask(&set, &bob, &issuing), "revoked superseded");
    told = crlset_poll(&set);
    ck_assert_msg(strstr(told, "CC0417: site.conf:1: \"CN=issuing\""), "%s", told);
    ck_assert_str_eq(crlset_poll(&set), "");
    pki_free(&bob);
}

TEST(a_link_of_the_chain_that_does_not_verify_any_more_signs_nothing)
{
    pki_t late = pki_make("issuing", &middle, pki_is_ca, -7200, -3600);

    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &late});
    crlset_add_cert(&set, "a.crl", &late);
    ck_assert_ptr_nonnull(strstr(crlset_try(&set, "a.crl"), "CC0410"));
    pki_free(&late);
}

TEST(crl_checks_of_the_store_do_not_hinder_the_signers)
{
    X509_STORE_set_flags(SSL_CTX_get_cert_store(set.ctx),
                         X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    put_all(&(crl_recipe_t){.ca = &root}, &(crl_recipe_t){.ca = &middle});
    crlset_open(&set, ".");
    ck_assert_str_eq(crlset_ask_chain(&set, &alice, &issuing), "0 good");
}

/* A certificate made by t/ca. */
static pki_t made_read(const char *name)
{
    const char *path = apr_pstrcat(set.pool, getenv("CC_CA"), "/", name, ".pem", NULL);
    FILE *in = fopen(path, "r");
    pki_t made = {in ? PEM_read_X509(in, NULL, NULL, NULL) : NULL, NULL};

    ck_assert_msg(made.cert != NULL, "%s", path);
    fclose(in);
    return made;
}

TEST(crls_of_openssl_ca_are_read)
{
    pki_t top = made_read("root"), staff = made_read("staff");
    pki_t revoked = made_read("revoked"), employee = made_read("alice");
    const char *crls = getenv("CC_CA");

    crlset_trust(&set, &top);
    crlset_trust(&set, &staff);
    crlset_open(&set, apr_pstrcat(set.pool, crls, "/root.crl ", crls, "/staff.crl", NULL));
    ck_assert_str_eq(crlset_ask_chain(&set, &employee, &staff), "0 good");
    ck_assert_int_eq(strncmp(crlset_ask_chain(&set, &revoked, &staff), "0 revoked", 9), 0);
    pki_free(&top);
    pki_free(&staff);
    pki_free(&revoked);
    pki_free(&employee);
}

SUITE("chain", .setup = setup, .teardown = teardown, .timeout = 300);
