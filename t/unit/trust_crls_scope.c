/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which certificates a CRL covers: distribution points, kinds, reasons, other issuers. */
#include <string.h>

#include "crlset.h"
#include "suite.h"

static crlset_t set;
static pki_t root, ca, crl_ca, alice, named, pointed;

static pki_extensions_t of_named = {"crlDistributionPoints", "point", NULL};
static pki_extensions_t of_pointed = {"crlDistributionPoints", "URI:http://crl.example/a", NULL};
static pki_extensions_t only_signs = {"keyUsage", "critical,cRLSign", "subjectKeyIdentifier",
                                      "hash", NULL};

static const char sections[] = "[point]\nCRLissuer = dirName:signer\n[signer]\nCN = CRLs\n";

static void setup(void)
{
    crlset_begin(&set);
    root = pki_ca("root", NULL);
    ca = pki_ca("CA", &root);
    crl_ca = pki_make("CRLs", &root, only_signs, -60, 86400);
    alice = pki_client("alice", &ca);
    named = pki_make_with("named", &ca, of_named, sections, NULL);
    pointed = pki_make_with("pointed", &ca, of_pointed, NULL, NULL);
    crlset_trust(&set, &root);
    crlset_trust(&set, &ca);
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&root);
    pki_free(&ca);
    pki_free(&crl_ca);
    pki_free(&alice);
    pki_free(&named);
    pki_free(&pointed);
}

static const char no_scope[] =
    "unknown: the CRLs of its issuer do not cover this kind of certificate";

/* A CRL of the CA with this issuing distribution point, which lists alice or not. */
static void open_point(const char *idp, bool with_alice)
{
    crl_recipe_t recipe = {.ca = &ca, .extensions = {"issuingDistributionPoint", idp}};

    recipe.entries[0] = (crl_entry_t){.cert = with_alice ? alice.cert : NULL};
    crlset_put(&set, "a.crl", &recipe);
    crlset_open(&set, "a.crl");
}

/* ---- kinds ----------------------------------------------------------------------------- */

TEST(a_crl_of_users_makes_no_ca_good)
{
    pki_t below = pki_ca("below", &ca);

    open_point("critical,onlyuser:TRUE", false);
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "good");
    ck_assert_str_eq(crlset_ask(&set, &below, &ca), no_scope);
    open_point("critical,onlyCA:TRUE", false);
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), no_scope);
    ck_assert_str_eq(crlset_ask(&set, &below, &ca), "good");
    open_point("critical,onlyAA:TRUE", false);
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), no_scope);
    ck_assert_str_eq(crlset_ask(&set, &below, &ca), no_scope);
    pki_free(&below);
}

TEST(who_is_listed_is_revoked_whatever_the_scope)
{
    open_point("critical,onlyCA:TRUE", true);
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked unspecified");
    open_point("critical,fullname:URI:http://elsewhere.example/", true);
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked unspecified");
}

/* ---- reasons --------------------------------------------------------------------------- */

TEST(crls_for_some_reasons_make_good_only_together)
{
    crl_recipe_t some = {.ca = &ca,
                         .extensions = {"issuingDistributionPoint", "critical,@idp"},
                         .sections = "[idp]\nonlysomereasons = keyCompromise,CACompromise\n"};
    crl_recipe_t others = some;

    others.sections = "[idp]\nonlysomereasons = affiliationChanged,superseded,"
                      "cessationOfOperation,certificateHold,privilegeWithdrawn,AACompromise\n";
    crlset_put(&set, "some.crl", &some);
    crlset_open(&set, "some.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca),
                     "unknown: the CRLs of its issuer do not cover all reasons for revocation");
    crlset_put(&set, "others.crl", &others);
    crlset_open(&set, "some.crl others.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "good");
    others.entries[0] = (crl_entry_t){.cert = alice.cert, .reason = 6};
    crlset_put(&set, "others.crl", &others);
    crlset_open(&set, "some.crl others.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked certificateHold");
}

/* ---- distribution points --------------------------------------------------------------- */

TEST(a_crl_of_a_point_is_about_those_that_name_it)
{
    open_point("critical,fullname:URI:http://crl.example/a", false);
    ck_assert_str_eq(crlset_ask(&set, &pointed, &ca), "good");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), no_scope);
    open_point("critical,fullname:URI:http://crl.example/b", false);
    ck_assert_str_eq(crlset_ask(&set, &pointed, &ca), no_scope);
    open_point("critical,onlyuser:TRUE", false);
    ck_assert_str_eq(crlset_ask(&set, &pointed, &ca), "good");
}

TEST(a_point_with_the_issuers_own_name_is_about_all)
{
    crl_recipe_t recipe = {.ca = &ca,
                           .extensions = {"issuingDistributionPoint", "critical,@idp"},
                           .sections = "[idp]\nfullname = dirName:me\n[me]\nCN = CA\n"};

    crlset_put(&set, "a.crl", &recipe);
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "good");
}

TEST(names_below_the_issuer_are_completed_before_they_are_compared)
{
    static pki_extensions_t relative = {"crlDistributionPoints", "point", NULL};
    static const char point[] = "[point]\nrelativename = part\n[part]\nOU = one\n";
    pki_t carol = pki_make_with("carol", &ca, relative, point, NULL);
    crl_recipe_t recipe = {.ca = &ca,
                           .extensions = {"issuingDistributionPoint", "critical,@idp"},
                           .sections = "[idp]\nrelativename = part\n[part]\nOU = one\n"};

    crlset_put(&set, "a.crl", &recipe);
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &carol, &ca), "good");
    recipe.sections = "[idp]\nfullname = dirName:whole\n[whole]\n0.CN = CA\n1.OU = one\n";
    crlset_put(&set, "a.crl", &recipe);
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &carol, &ca), "good");
    recipe.sections = "[idp]\nrelativename = part\n[part]\nOU = two\n";
    crlset_put(&set, "a.crl", &recipe);
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &carol, &ca), no_scope);
    pki_free(&carol);
}

TEST(a_point_that_names_an_issuer_is_for_indirect_crls_of_that_one)
{
    static const char others[] = "[point]\nfullname = URI:http://crl.example/a\n"
                                 "CRLissuer = dirName:signer\n[signer]\nCN = CRLs\n";
    static const char own[] = "[point]\nfullname = URI:http://crl.example/a\n"
                              "CRLissuer = dirName:signer\n[signer]\nCN = CA\n";
    pki_t carol = pki_make_with("carol", &ca, of_named, others, NULL);
    pki_t dave = pki_make_with("dave", &ca, of_named, own, NULL);

    open_point("critical,fullname:URI:http://crl.example/a", false);
    ck_assert_str_eq(crlset_ask(&set, &carol, &ca), no_scope);
    ck_assert_str_eq(crlset_ask(&set, &dave, &ca), no_scope);
    open_point("critical,fullname:URI:http://crl.example/a,indirectCRL:TRUE", false);
    ck_assert_str_eq(crlset_ask(&set, &carol, &ca), no_scope);
    ck_assert_str_eq(crlset_ask(&set, &dave, &ca), "good");
    pki_free(&carol);
    pki_free(&dave);
}

TEST(a_point_of_the_certificate_for_some_reasons_covers_those)
{
    static const char point[] = "[point]\nfullname = URI:http://crl.example/a\n"
                                "reasons = keyCompromise\n";
    pki_t carol = pki_make_with("carol", &ca, of_named, point, NULL);

    open_point("critical,fullname:URI:http://crl.example/a", false);
    ck_assert_str_eq(crlset_ask(&set, &carol, &ca),
                     "unknown: the CRLs of its issuer do not cover all reasons for revocation");
    pki_free(&carol);
}

/* ---- indirect CRLs --------------------------------------------------------------------- */

#define INDIRECT                                                                                   \
    .ca = &crl_ca, .extensions = {"issuingDistributionPoint", "critical,indirectCRL:TRUE"}

static void open_indirect(const crl_recipe_t *recipe)
{
    crlset_put(&set, "a.crl", recipe);
    crlset_add_cert(&set, "a.crl", &crl_ca);
    crlset_open(&set, "a.crl");
}

TEST(an_indirect_crl_is_about_those_that_name_its_issuer)
{
    open_indirect(&(crl_recipe_t){INDIRECT});
    ck_assert_str_eq(crlset_ask(&set, &named, &ca), "good");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), no_scope);
    open_indirect(&(crl_recipe_t){INDIRECT, .entries = {{.cert = named.cert, .issuer = &ca}}});
    ck_assert_str_eq(crlset_ask(&set, &named, &ca), "revoked unspecified");
}

TEST(an_issuer_holds_for_the_entries_that_follow)
{
    pki_t other = pki_ca("other", &root);
    pki_t bob = pki_client("bob", &ca);
    pki_t third = pki_client("third", &other);

    open_indirect(
        &(crl_recipe_t){INDIRECT, .entries = {{.cert = third.cert},
                                              {.cert = alice.cert, .issuer = &ca, .reason = 1},
                                              {.cert = bob.cert, .reason = 3},
                                              {.cert = named.cert, .issuer = &other}}});
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked keyCompromise");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "revoked affiliationChanged");
    ck_assert_str_eq(crlset_ask(&set, &named, &ca), "good");
    ck_assert_str_eq(crlset_ask(&set, &third, &other), "unknown: there is no CRL of its issuer");
    pki_free(&third);
    pki_free(&bob);
    pki_free(&other);
}

TEST(the_issuer_of_an_indirect_crl_stands_under_the_same_root_or_is_named)
{
    pki_t far_root = pki_ca("far root", NULL);
    pki_t far_crls = pki_make("CRLs", &far_root, only_signs, -60, 86400);
    crl_recipe_t recipe = {INDIRECT, .entries = {{.cert = alice.cert, .issuer = &ca}}};

    recipe.ca = &far_crls;
    crlset_trust(&set, &far_root);
    crlset_trust(&set, &far_crls);
    crlset_put(&set, "a.crl", &recipe);
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "unknown: there is no CRL of its issuer");
    ck_assert_str_eq(crlset_ask(&set, &named, &ca), no_scope);
    recipe.entries[0].cert = named.cert;
    crlset_put(&set, "a.crl", &recipe);
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &named, &ca), "revoked unspecified");
    pki_free(&far_crls);
    pki_free(&far_root);
}

TEST(a_ca_may_issue_an_indirect_crl_for_its_own_and_for_others)
{
    pki_t other = pki_ca("other", &root);
    pki_t carol = pki_client("carol", &other);
    crl_recipe_t recipe = {
        INDIRECT, .entries = {{.cert = alice.cert}, {.cert = carol.cert, .issuer = &other}}};

    recipe.ca = &ca;
    crlset_trust(&set, &other);
    crlset_put(&set, "a.crl", &recipe);
    crlset_open(&set, "a.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked unspecified");
    ck_assert_str_eq(crlset_ask(&set, &pointed, &ca), "good");
    ck_assert_str_eq(crlset_ask(&set, &carol, &other), "revoked unspecified");
    pki_free(&carol);
    pki_free(&other);
}

SUITE("scope", .setup = setup, .teardown = teardown, .timeout = 300);
