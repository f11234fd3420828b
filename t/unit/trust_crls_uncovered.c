/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that the CAs of which no certificate can be good are found, and no others. */
#include <string.h>

#include <apr_strings.h>

#include "crlset.h"
#include "suite.h"

static crlset_t set;
static pki_t root, staff, other, lone;

static void setup(void)
{
    crlset_begin(&set);
    root = pki_ca("root", NULL);
    staff = pki_ca("staff", &root);
    other = pki_ca("other", &root);
    lone = pki_client("lone", NULL);
    crlset_trust(&set, &root);
    crlset_trust(&set, &staff);
    crlset_trust(&set, &lone);
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&root);
    pki_free(&staff);
    pki_free(&other);
    pki_free(&lone);
}

static void put(const char *name, const pki_t *ca)
{
    crlset_put(&set, name, &(crl_recipe_t){.ca = ca});
}

static const char *words_of(const cc_uncovered_t *one)
{
    static const char *const kinds[] = {[CC_UNCOVERED_NO_CRL] = "none",
                                        [CC_UNCOVERED_EXPIRED] = "expired",
                                        [CC_UNCOVERED_REVOKED] = "revoked",
                                        [CC_UNCOVERED_CA] = "uncovered"};
    const char *more = one->path ? strrchr(one->path, '/') + 1 : one->cause ? one->cause : "";

    return apr_pstrcat(set.pool, one->ca, " ", kinds[one->kind], *more ? " " : "", more, NULL);
}

/* What is found with these CRLs: "CN=root none, CN=staff expired a.crl". */
static const char *uncovered(const char *arguments, bool leaf_alone, int seconds)
{
    const apr_array_header_t *found;
    const char *text = "";

    crlset_open(&set, arguments);
    found = cc_crls_uncovered(set.crls, leaf_alone, apr_time_now() + apr_time_from_sec(seconds),
                              set.pool);
    for (int i = 0; i < found->nelts; i++) {
        text = apr_pstrcat(set.pool, text, i > 0 ? ", " : "",
                           words_of(&APR_ARRAY_IDX(found, i, cc_uncovered_t)), NULL);
    }
    return text;
}

TEST(nothing_where_each_ca_has_a_crl)
{
    put("root.crl", &root);
    put("staff.crl", &staff);
    ck_assert_str_eq(uncovered(".", false, 0), "");
    ck_assert_str_eq(uncovered(".", true, 0), "");
}

TEST(a_root_without_a_crl_matters_only_if_chains_are_checked)
{
    put("staff.crl", &staff);
    ck_assert_str_eq(uncovered(".", false, 0), "CN=root none");
    ck_assert_str_eq(uncovered(".", true, 0), "");
}

TEST(an_issuing_ca_without_a_crl)
{
    put("root.crl", &root);
    ck_assert_str_eq(uncovered(".", false, 0), "CN=staff none");
    ck_assert_str_eq(uncovered(".", true, 0), "CN=staff none");
}

TEST(a_root_needs_none_if_a_ca_below_it_is_in_the_file_of_crls)
{
    put("root.crl", &root);
    put("staff.crl", &staff);
    put("other.crl", &other);
    crlset_add_cert(&set, "other.crl", &other);
    ck_assert_str_eq(uncovered(". ", true, 0), "");
}

TEST(a_crl_that_has_expired)
{
    put("root.crl", &root);
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &staff, .number = "1", .begin = -90, .end = 9});
    ck_assert_str_eq(uncovered(".", true, 10), "CN=staff expired a.crl");
    ck_assert_str_eq(uncovered(".", false, 10), "CN=staff expired a.crl");
    ck_assert_str_eq(uncovered(". grace=60", false, 10), "");
}

TEST(a_ca_that_is_revoked)
{
    crlset_put(&set, "root.crl", &(crl_recipe_t){.ca = &root, .entries = {{.cert = staff.cert}}});
    put("staff.crl", &staff);
    ck_assert_str_eq(uncovered(".", false, 0), "CN=staff revoked");
    ck_assert_str_eq(uncovered(".", true, 0), "");
}

TEST(a_ca_that_the_crl_of_its_root_leaves_out)
{
    crlset_put(
        &set, "root.crl",
        &(crl_recipe_t){.ca = &root,
                        .extensions = {"issuingDistributionPoint", "critical,onlyuser:TRUE"}});
    put("staff.crl", &staff);
    ck_assert_str_eq(uncovered(".", false, 0),
                     "CN=staff uncovered the CRLs of its issuer do not cover this kind of "
                     "certificate");
    ck_assert_str_eq(uncovered(".", true, 0), "");
}

TEST(an_indirect_crl_may_cover_any_certificate)
{
    put("root.crl", &root);
    crlset_put(
        &set, "indirect.crl",
        &(crl_recipe_t){.ca = &root,
                        .extensions = {"issuingDistributionPoint", "critical,indirectCRL:TRUE"}});
    ck_assert_str_eq(uncovered(".", true, 0), "");
}

SUITE("uncovered", .setup = setup, .teardown = teardown, .timeout = 300);
