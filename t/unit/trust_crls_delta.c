/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how delta CRLs change complete ones (RFC 5280 5.2.4). */
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

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

enum { HOLD = 6, REMOVE = 8 };

/* Complete CRL number 10 with bob on hold, and a delta for `base` with this entry. */
static void put(const char *base, const char *number, const pki_t *who, int reason)
{
    crl_recipe_t delta = {.ca = &ca, .number = number, .base = base};

    if (who) {
        delta.entries[0] = (crl_entry_t){.cert = who->cert, .reason = reason};
    }
    crlset_put(&set, "base.crl",
               &(crl_recipe_t){
                   .ca = &ca, .number = "10", .entries = {{.cert = bob.cert, .reason = HOLD}}});
    crlset_put(&set, "delta.crl", &delta);
}

TEST(a_delta_adds_to_its_base)
{
    put("10", "11", &alice, 1);
    crlset_open(&set, "base.crl delta.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked keyCompromise");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "revoked certificateHold");
    put("9", "11", NULL, 0);
    crlset_open(&set, "delta.crl base.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "good");
}

TEST(what_a_delta_removes_is_good)
{
    put("10", "11", &bob, REMOVE);
    crlset_open(&set, "base.crl delta.crl");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "good");
}

TEST(what_a_delta_changes_has_the_new_reason)
{
    put("10", "11", &bob, 1);
    crlset_open(&set, "base.crl delta.crl");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "revoked keyCompromise");
}

TEST(a_delta_that_is_older_than_the_complete_crl_says_nothing)
{
    put("8", "10", &alice, 1);
    crlset_open(&set, "base.crl delta.crl");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "good");
    put("8", "10", &bob, REMOVE);
    crlset_open(&set, "base.crl delta.crl");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "revoked certificateHold");
}

static void expect_no_base(void)
{
    const char *error = crlset_try(&set, "base.crl delta.crl");

    ck_assert_msg(strstr(error, "CC0413: site.conf:1: ") && strstr(error, "number 11 or later"),
                  "%s", error);
}

TEST(a_delta_needs_its_base)
{
    pki_t other = pki_ca("other", NULL);

    put("11", "12", &alice, 1);
    expect_no_base();
    crlset_put(&set, "base.crl", &(crl_recipe_t){.ca = &ca}); /* without a number */
    expect_no_base();
    crlset_trust(&set, &other);
    crlset_put(&set, "base.crl", &(crl_recipe_t){.ca = &other, .number = "11"});
    expect_no_base();
    crlset_put(
        &set, "base.crl",
        &(crl_recipe_t){.ca = &ca,
                        .number = "11",
                        .extensions = {"issuingDistributionPoint", "critical,onlyuser:TRUE"}});
    expect_no_base();
    pki_free(&other);
}

TEST(a_delta_has_a_number)
{
    crlset_put(&set, "delta.crl", &(crl_recipe_t){.ca = &ca, .base = "1"});
    ck_assert_ptr_nonnull(
        strstr(crlset_try(&set, "delta.crl"), "it is a delta CRL without a CRL number"));
}

TEST(a_delta_that_is_out_of_date_removes_nothing_and_still_adds)
{
    crl_recipe_t delta = {
        .ca = &ca,
        .number = "11",
        .base = "10",
        .begin = -60,
        .end = 600,
        .entries = {{.cert = bob.cert, .reason = REMOVE}, {.cert = alice.cert, .reason = 1}}};

    put("10", "11", NULL, 0);
    crlset_put(&set, "delta.crl", &delta);
    crlset_open(&set, "base.crl delta.crl");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "good");
    ck_assert_int_lt(set.answer.stale_at, apr_time_now() + apr_time_from_sec(610));
    set.later = apr_time_from_sec(660);
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "revoked certificateHold");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked keyCompromise");
}

TEST(who_is_listed_and_removed_at_once_is_revoked)
{
    crl_recipe_t delta = {.ca = &ca, .number = "11", .base = "10"};

    for (int i = 0; i < 2; i++) {
        delta.entries[i] = (crl_entry_t){.cert = bob.cert, .reason = 1};
        delta.entries[!i] = (crl_entry_t){.cert = bob.cert, .reason = REMOVE};
        put("10", "11", NULL, 0);
        crlset_put(&set, "delta.crl", &delta);
        crlset_open(&set, "base.crl delta.crl");
        ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "revoked keyCompromise");
    }
}

TEST(removeFromCRL_is_for_deltas_alone)
{
    crlset_put(&set, "base.crl",
               &(crl_recipe_t){.ca = &ca, .entries = {{.cert = bob.cert, .reason = REMOVE}}});
    ck_assert_ptr_nonnull(strstr(crlset_try(&set, "base.crl"), "CC0409"));
}

/* ---- while they change ----------------------------------------------------------------- */

static void put_base(const char *number)
{
    crlset_put(&set, "base.crl", &(crl_recipe_t){.ca = &ca, .number = number});
}

TEST(a_new_delta_waits_for_its_base_while_the_last_one_stays)
{
    const char *told;

    put("10", "11", &alice, 1);
    crlset_open(&set, "delta.crl base.crl");
    crlset_poll(&set);
    crlset_put(&set, "delta.crl", &(crl_recipe_t){.ca = &ca, .number = "21", .base = "20"});
    told = crlset_poll(&set);
    ck_assert_msg(strstr(told, "CC0413") && !strstr(told, "changed"), "%s", told);
    ck_assert_str_eq(crlset_poll(&set), "");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked keyCompromise");
    put_base("11");
    ck_assert_str_eq(crlset_poll(&set), "changed"); /* the delta has been reported */
    crlset_put(&set, "base.crl",
               &(crl_recipe_t){.ca = &ca,
                               .number = "20",
                               .entries = {{.cert = alice.cert, .reason = 1},
                                           {.cert = bob.cert, .reason = HOLD}}});
    ck_assert_str_eq(crlset_poll(&set), "changed");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked keyCompromise");
    crlset_put(&set, "delta.crl",
               &(crl_recipe_t){.ca = &ca,
                               .number = "22",
                               .base = "20",
                               .entries = {{.cert = bob.cert, .reason = REMOVE}}});
    ck_assert_str_eq(crlset_poll(&set), "changed");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "good");
}

TEST(base_and_delta_that_change_together_are_taken_together)
{
    put("10", "11", NULL, 0);
    crlset_open(&set, "delta.crl base.crl"); /* the delta is read first */
    crlset_poll(&set);
    crlset_put(&set, "delta.crl",
               &(crl_recipe_t){
                   .ca = &ca, .number = "21", .base = "20", .entries = {{.cert = alice.cert}}});
    crlset_put(&set, "base.crl", &(crl_recipe_t){.ca = &ca, .number = "20"});
    ck_assert_str_eq(crlset_poll(&set), "changed");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked unspecified");
}

TEST(a_delta_whose_base_is_gone_still_revokes_and_makes_nobody_good)
{
    put("10", "11", &alice, 1);
    crlset_open(&set, "base.crl delta.crl");
    ck_assert_int_eq(unlink(crlset_path(&set, "base.crl")), 0);
    ck_assert_ptr_nonnull(strstr(crlset_poll_gone(&set), "changed"));
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked keyCompromise");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "unknown: there is no CRL of its issuer");
}

TEST(with_missing_allow_a_delta_alone_revokes_whom_it_lists)
{
    crlset_put(&set, "delta.crl",
               &(crl_recipe_t){.ca = &ca,
                               .number = "12",
                               .base = "11",
                               .entries = {{.cert = alice.cert, .reason = 1},
                                           {.cert = bob.cert, .reason = REMOVE}}});
    ck_assert_ptr_nonnull(strstr(crlset_try(&set, "delta.crl missing=deny"), "CC0413"));
    crlset_open(&set, "delta.crl missing=allow");
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked keyCompromise");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "unknown: there is no CRL of its issuer");
    ck_assert_ptr_nonnull(strstr(crlset_poll(&set), "CC0418"));
    ck_assert_str_eq(crlset_poll(&set), "");
    put_base("11");
    crlset_open(&set, "base.crl delta.crl missing=allow");
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "good");
}

TEST(a_delta_alone_does_not_replace_one_that_says_more)
{
    const char *told;

    crlset_put(&set, "delta.crl",
               &(crl_recipe_t){
                   .ca = &ca, .number = "11", .base = "10", .entries = {{.cert = alice.cert}}});
    crlset_open(&set, "delta.crl missing=allow");
    crlset_poll(&set);
    crlset_put(&set, "delta.crl",
               &(crl_recipe_t){
                   .ca = &ca, .number = "12", .base = "11", .entries = {{.cert = bob.cert}}});
    told = crlset_poll(&set);
    ck_assert_msg(strstr(told, "CC0413") && !strstr(told, "changed"), "%s", told);
    ck_assert_str_eq(crlset_ask(&set, &alice, &ca), "revoked unspecified");
    crlset_put(&set, "delta.crl",
               &(crl_recipe_t){.ca = &ca,
                               .number = "13",
                               .base = "10",
                               .entries = {{.cert = alice.cert}, {.cert = bob.cert}}});
    ck_assert_ptr_nonnull(strstr(crlset_poll(&set), "changed"));
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), "revoked unspecified");
}

static void check_use(const cc_crl_info_t *info, void *baton)
{
    char *uses = baton;

    uses[strlen(uses)] = info->delta ? "uson"[info->use] : "USON"[info->use];
}

TEST(each_tells_what_becomes_of_a_delta)
{
    char uses[8] = "";

    put("10", "11", NULL, 0);
    crlset_open(&set, "base.crl delta.crl");
    cc_crls_each(set.crls, check_use, uses);
    ck_assert_str_eq(uses, "Uu");
    crlset_put(&set, "base.crl", &(crl_recipe_t){.ca = &ca, .number = "11"});
    ck_assert_ptr_nonnull(strstr(crlset_poll(&set), "changed"));
    memset(uses, 0, sizeof(uses));
    cc_crls_each(set.crls, check_use, uses);
    ck_assert_str_eq(uses, "Us");
    ck_assert_int_eq(unlink(crlset_path(&set, "base.crl")), 0);
    crlset_poll_gone(&set);
    memset(uses, 0, sizeof(uses));
    cc_crls_each(set.crls, check_use, uses);
    ck_assert_str_eq(uses, "n");
}

SUITE("delta", .setup = setup, .teardown = teardown, .timeout = 300);
