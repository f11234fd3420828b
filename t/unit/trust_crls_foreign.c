/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that CRLs of issuers that are not trusted are skipped where other hosts may need them. */
#include <stdlib.h>
#include <string.h>

#include "crlset.h"
#include "suite.h"

static crlset_t set;
static pki_t ca, other, alice, bob, carol;

static void setup(void)
{
    crlset_begin(&set);
    ca = pki_ca("CA", NULL);
    other = pki_ca("other", NULL);
    alice = pki_client("alice", &ca);
    bob = pki_client("bob", &ca);
    carol = pki_client("carol", &other);
    crlset_trust(&set, &ca);
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&ca);
    pki_free(&other);
    pki_free(&alice);
    pki_free(&bob);
    pki_free(&carol);
}

/* Opens it for hosts that trust different CAs: NULL, or the tag of the error. */
static const char *try_shared(const char *arguments)
{
    cc_crl_spec_t *spec = NULL;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_crls_parse(&spec, arguments, set.pool, NULL), APR_SUCCESS);
    ck_assert_int_eq(cc_trust_create(&set.trust, set.ctx, set.pool, NULL), APR_SUCCESS);
    spec->root = set.folder;
    spec->where = "site.conf:1";
    spec->pass_foreign = true;
    return cc_crls_open(&set.crls, spec, set.trust, set.pool, &err) == APR_SUCCESS ? NULL : err.tag;
}

static void put_both(const char *name)
{
    crlset_put(&set, name,
               &(crl_recipe_t){.ca = &ca, .number = "1", .entries = {{.cert = alice.cert}}});
    crlset_add(&set, name, &(crl_recipe_t){.ca = &other});
}

static void use_add(const cc_crl_info_t *info, void *baton)
{
    strcat(baton, info->use == CC_CRL_FOREIGN ? "f" : "u");
}

static const char *uses(void)
{
    static char found[9];

    found[0] = '\0';
    cc_crls_each(set.crls, use_add, found);
    return found;
}

TEST(one_of_an_issuer_that_is_not_known_is_passed_over_and_makes_nobody_good)
{
    put_both("a.crl");
    crlset_put(&set, "b.crl", &(crl_recipe_t){.ca = &other});
    ck_assert_ptr_null(try_shared("a.crl b.crl"));
    ck_assert_str_eq(uses(), "uff");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "good");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked unspecified");
    ck_assert_str_eq(crlset_ask(&set, &carol, &other), "unknown: there is no CRL of its issuer");
}

TEST(where_nobody_shares_it_it_is_refused)
{
    put_both("a.crl");
    ck_assert_ptr_nonnull(strstr(crlset_try(&set, "a.crl"), "CC0410: site.conf:1: "));
}

TEST(a_damaged_one_of_a_known_issuer_is_refused_all_the_same)
{
    pki_t twin = pki_ca("CA", NULL);

    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &twin, .no_akid = true});
    ck_assert_str_eq(try_shared("a.crl"), "CC0411");
    pki_free(&twin);
}

TEST(one_of_a_ca_with_the_same_name_and_another_key_is_foreign)
{
    pki_t twin = pki_ca("CA", NULL);

    put_both("a.crl");
    crlset_add(&set, "a.crl", &(crl_recipe_t){.ca = &twin});
    ck_assert_ptr_null(try_shared("a.crl"));
    ck_assert_str_eq(uses(), "uff");
    pki_free(&twin);
}

TEST(a_known_issuer_that_may_not_sign_is_not_foreign)
{
    static pki_extensions_t other_usage = {"basicConstraints", "critical,CA:TRUE", "keyUsage",
                                           "critical,keyCertSign", NULL};
    pki_t no_crls = pki_make("no CRLs", NULL, other_usage, -60, 3600);

    crlset_trust(&set, &no_crls);
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &no_crls, .no_akid = true});
    ck_assert_str_eq(try_shared("a.crl"), "CC0410");
    pki_free(&no_crls);
}

TEST(a_file_that_gave_something_is_not_replaced_by_foreign_ones_alone)
{
    const char *told;

    put_both("a.crl");
    crlset_put(&set, "b.crl", &(crl_recipe_t){.ca = &other});
    ck_assert_ptr_null(try_shared("a.crl b.crl"));
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &other, .number = "9"});
    crlset_put(&set, "b.crl", &(crl_recipe_t){.ca = &other, .number = "9"});
    told = crlset_poll(&set);
    ck_assert_msg(strstr(told, "CC0410: site.conf:1: ") && strstr(told, "a.crl") &&
                      !strstr(told, "b.crl"),
                  "%s", told);
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked unspecified");
    put_both("a.crl");
    crlset_add(&set, "a.crl", &(crl_recipe_t){.ca = &other});
    ck_assert_ptr_null(strstr(crlset_poll(&set), "CC0410"));
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "good");
}

/* ---- certificates whose issuer is not known ------------------------------------------------- */

/* As signers of OCSP answers that the configuration trusts may have any issuer. */
TEST(a_certificate_of_a_ca_of_the_host_is_looked_up_without_its_issuer)
{
    pki_t twin = pki_ca("CA", NULL), stranger = pki_client("alice", &twin);
    pki_t self = pki_ca("self", NULL);
    apr_time_t now = apr_time_now();

    ASN1_STRING_copy(X509_get_serialNumber(stranger.cert), X509_get0_serialNumber(alice.cert));
    crlset_put(&set, "a.crl",
               &(crl_recipe_t){.ca = &ca, .number = "1", .entries = {{.cert = alice.cert}}});
    crlset_open(&set, "a.crl");
    ck_assert(cc_crls_revoke(set.crls, alice.cert, NULL, now));
    ck_assert(!cc_crls_revoke(set.crls, bob.cert, NULL, now));
    ck_assert(!cc_crls_revoke(set.crls, carol.cert, NULL, now));
    ck_assert(!cc_crls_revoke(set.crls, stranger.cert, NULL, now));
    ck_assert(!cc_crls_revoke(set.crls, self.cert, NULL, now));
    pki_free(&twin);
    pki_free(&stranger);
    pki_free(&self);
}

SUITE("foreign", .setup = setup, .teardown = teardown, .timeout = 300);
