/* SPDX-License-Identifier: Apache-2.0 */
/* Tests CRLs of a CA that has a new key and its old name (RFC 5280 6.3.3 f). */
#include "crlset.h"
#include "suite.h"

static crlset_t set;
static pki_t root, old_ca, new_ca, alice, bob;

static void setup(void)
{
    crlset_begin(&set);
    root = pki_ca("root", NULL);
    old_ca = pki_ca("CA", &root);
    new_ca = pki_ca("CA", &root);
    alice = pki_client("alice", &old_ca);
    bob = pki_client("bob", &new_ca);
    crlset_trust(&set, &root);
    crlset_trust(&set, &old_ca);
    crlset_trust(&set, &new_ca);
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&alice);
    pki_free(&bob);
    pki_free(&old_ca);
    pki_free(&new_ca);
    pki_free(&root);
}

static const char other_key[] = "unknown: the CRLs of its issuer are signed with a different key";

TEST(a_crl_with_the_new_key_revokes_what_the_old_one_signed)
{
    crlset_put(&set, "new.crl", &(crl_recipe_t){.ca = &new_ca, .entries = {{.cert = alice.cert}}});
    crlset_open(&set, "new.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &old_ca), "revoked unspecified");
    ck_assert_str_eq(crlset_ask(&set, &bob, &new_ca), "good");
}

TEST(it_revokes_too_where_a_crl_with_the_old_key_does_not_list_it)
{
    crlset_put(&set, "new.crl", &(crl_recipe_t){.ca = &new_ca, .entries = {{.cert = alice.cert}}});
    crlset_put(&set, "old.crl", &(crl_recipe_t){.ca = &old_ca});
    crlset_open(&set, "new.crl old.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &old_ca), "revoked unspecified");
}

TEST(a_crl_with_the_old_key_revokes_what_the_new_one_signed)
{
    crlset_put(&set, "old.crl", &(crl_recipe_t){.ca = &old_ca, .entries = {{.cert = bob.cert}}});
    crlset_put(&set, "new.crl", &(crl_recipe_t){.ca = &new_ca});
    crlset_open(&set, "new.crl old.crl");
    ck_assert_str_eq(crlset_ask(&set, &bob, &new_ca), "revoked unspecified");
}

TEST(a_crl_with_another_key_makes_nobody_good)
{
    crlset_put(&set, "new.crl", &(crl_recipe_t){.ca = &new_ca});
    crlset_open(&set, "new.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &old_ca), other_key);
    crlset_put(&set, "new.crl", &(crl_recipe_t){.ca = &old_ca, .begin = -60, .end = -1});
    crlset_open(&set, "new.crl missing=allow");
    ck_assert_str_eq(crlset_ask(&set, &alice, &old_ca),
                     "unknown: the CRL of its issuer has expired");
}

TEST(a_crl_with_another_key_that_is_out_of_date_still_revokes)
{
    crlset_put(&set, "new.crl",
               &(crl_recipe_t){
                   .ca = &new_ca, .begin = -60, .end = -1, .entries = {{.cert = alice.cert}}});
    crlset_open(&set, "new.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &old_ca), "revoked unspecified");
}

TEST(a_ca_of_that_name_under_another_root_revokes_nobody_here)
{
    pki_t far_root = pki_ca("far root", NULL);
    pki_t far_ca = pki_ca("CA", &far_root);

    crlset_trust(&set, &far_root);
    crlset_trust(&set, &far_ca);
    crlset_put(&set, "far.crl", &(crl_recipe_t){.ca = &far_ca, .entries = {{.cert = alice.cert}}});
    crlset_put(&set, "old.crl", &(crl_recipe_t){.ca = &old_ca});
    crlset_open(&set, "far.crl old.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &old_ca), "good");
    pki_free(&far_ca);
    pki_free(&far_root);
}

TEST(a_ca_of_another_name_under_the_same_root_revokes_nobody_here)
{
    pki_t other = pki_ca("other", &root);

    crlset_trust(&set, &other);
    crlset_put(&set, "other.crl", &(crl_recipe_t){.ca = &other, .entries = {{.cert = alice.cert}}});
    crlset_put(&set, "old.crl", &(crl_recipe_t){.ca = &old_ca});
    crlset_open(&set, "other.crl old.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &old_ca), "good");
    pki_free(&other);
}

TEST(the_ca_itself_is_revoked_by_the_new_key_of_its_root_that_the_old_one_signed)
{
    pki_extensions_t is_issued = {
        "basicConstraints", "critical,CA:TRUE", "subjectKeyIdentifier", "hash",
        "authorityKeyIdentifier", "keyid:always", NULL};
    pki_t crossed = pki_make("root", &root, is_issued, -60, 86400);

    crlset_trust(&set, &crossed);
    crlset_put(&set, "root.crl",
               &(crl_recipe_t){.ca = &crossed, .entries = {{.cert = old_ca.cert}}});
    crlset_put(&set, "old.crl", &(crl_recipe_t){.ca = &old_ca});
    crlset_open(&set, "root.crl old.crl");
    ck_assert_str_eq(crlset_ask_chain(&set, &alice, &old_ca), "1 revoked unspecified");
    pki_free(&crossed);
}

TEST(a_delta_with_another_key_revokes_and_removes_nothing)
{
    crlset_put(&set, "new.crl", &(crl_recipe_t){.ca = &new_ca, .number = "1"});
    crlset_put(&set, "delta.crl",
               &(crl_recipe_t){
                   .ca = &new_ca, .number = "2", .base = "1", .entries = {{.cert = alice.cert}}});
    crlset_put(&set, "old.crl", &(crl_recipe_t){.ca = &old_ca, .number = "1"});
    crlset_open(&set, "new.crl delta.crl old.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &old_ca), "revoked unspecified");
    crlset_put(&set, "delta.crl",
               &(crl_recipe_t){.ca = &new_ca,
                               .number = "2",
                               .base = "1",
                               .entries = {{.cert = alice.cert, .reason = 8}}});
    crlset_put(&set, "old.crl",
               &(crl_recipe_t){.ca = &old_ca, .number = "1", .entries = {{.cert = alice.cert}}});
    crlset_open(&set, "new.crl delta.crl old.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &old_ca), "revoked unspecified");
}

SUITE("rekeyed", .setup = setup, .teardown = teardown, .timeout = 300);
