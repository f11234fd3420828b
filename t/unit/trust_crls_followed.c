/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how CRLs follow a set of CAs: those of a CA that comes are used, those of one that goes
 * not. */
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "followset.h"
#include "suite.h"

static followset_t set;
static cc_crl_counters_t counters;

static void setup(void)
{
    followset_begin(&set);
}

static void teardown(void)
{
    followset_end(&set);
}

static void put(const char *name, crl_recipe_t recipe)
{
    crlset_put(&set.crls, name, &recipe);
}

static void open_settled(const char *arguments)
{
    followset_open(&set, arguments);
    memset(&counters, 0, sizeof(counters));
    cc_crls_counters_start(&counters, set.crls.crls);
    cc_crls_count_in(set.crls.crls, &counters);
}

static void expect_counts(apr_uint64_t loads, apr_uint64_t failures, apr_uint64_t refused)
{
    ck_assert_uint_eq(counters.loads, loads);
    ck_assert_uint_eq(counters.load_failures, failures);
    ck_assert_uint_eq(counters.refused, refused);
}

/* ---- a CA comes, a CA goes ----------------------------------------------------------------- */

TEST(the_crl_of_a_ca_that_comes_is_used_at_once)
{
    apr_uint64_t before;

    followset_put_staff(&set, "a.crl");
    followset_put_other(&set, "b.crl");
    FOLLOWSET_TRUST(&set, &set.staff);
    open_settled(".");
    ck_assert_str_eq(followset_uses(&set), "uf");
    ck_assert_str_eq(followset_ask(&set, &set.carol), "-");
    before = cc_crls_generation(set.crls.crls);
    FOLLOWSET_TRUST(&set, &set.staff, &set.other);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "changed");
    ck_assert_uint_gt(cc_crls_generation(set.crls.crls), before);
    ck_assert_str_eq(followset_uses(&set), "uu");
    ck_assert_str_eq(followset_ask(&set, &set.carol), "revoked");
    ck_assert_str_eq(followset_ask(&set, &set.alice), "revoked");
    ck_assert_str_eq(followset_ask(&set, &set.bob), "good");
    expect_counts(2, 0, 0);
    ck_assert_str_eq(crlset_poll(&set.crls), "");
}

TEST(the_crl_of_a_ca_that_goes_is_dropped_without_an_error)
{
    followset_put_staff(&set, "a.crl");
    followset_put_other(&set, "b.crl");
    FOLLOWSET_TRUST(&set, &set.staff, &set.other);
    open_settled("a.crl b.crl");
    ck_assert_str_eq(followset_uses(&set), "uu");
    FOLLOWSET_TRUST(&set, &set.other);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "changed");
    ck_assert_str_eq(followset_uses(&set), "uf");
    ck_assert_str_eq(followset_ask(&set, &set.alice), "-");
    ck_assert_str_eq(followset_ask(&set, &set.carol), "revoked");
    expect_counts(2, 0, 0);
    ck_assert_str_eq(crlset_poll(&set.crls), "");
}

TEST(a_file_with_the_crls_of_both_gives_each_its_own)
{
    followset_put_both(&set, "a.crl");
    FOLLOWSET_TRUST(&set, &set.staff);
    open_settled("a.crl");
    ck_assert_str_eq(followset_uses(&set), "uf");
    FOLLOWSET_TRUST(&set, &set.other);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "changed");
    ck_assert_str_eq(followset_uses(&set), "uf");
    ck_assert_str_eq(followset_ask(&set, &set.carol), "revoked");
    FOLLOWSET_TRUST(&set, &set.staff, &set.other);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "changed");
    ck_assert_str_eq(followset_uses(&set), "uu");
    ck_assert_str_eq(followset_ask(&set, &set.alice), "revoked");
    ck_assert_str_eq(followset_ask(&set, &set.bob), "good");
    expect_counts(1, 0, 0);
}

TEST(a_ca_without_a_crl_is_no_change_of_the_crls)
{
    followset_put_staff(&set, "a.crl");
    FOLLOWSET_TRUST(&set, &set.staff);
    open_settled("a.crl");
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "");
    ck_assert_str_eq(followset_ask(&set, &set.dave), "unknown");
    FOLLOWSET_TRUST(&set, &set.staff);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "");
    ck_assert_str_eq(followset_ask(&set, &set.bob), "good");
    expect_counts(1, 0, 0);
}

TEST(a_ca_that_comes_back_has_its_crl_although_the_file_has_become_bad)
{
    followset_put_staff(&set, "a.crl");
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain);
    open_settled("a.crl");
    FOLLOWSET_TRUST(&set, &set.plain);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "changed");
    crlset_write(&set.crls, "a.crl", "damaged", 7);
    ck_assert_int_eq(strncmp(crlset_poll(&set.crls), "CC0408: ", 8), 0);
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "changed");
    ck_assert_str_eq(followset_ask(&set, &set.alice), "revoked");
    ck_assert_str_eq(followset_ask(&set, &set.bob), "good");
    ck_assert_str_eq(crlset_poll(&set.crls), "");
    expect_counts(1, 1, 1);
}

TEST(a_ca_with_a_new_key_is_another_ca)
{
    pki_t renewed = pki_ca("Staff", NULL);
    pki_t erin = pki_client("erin", &renewed);

    followset_put_staff(&set, "a.crl");
    FOLLOWSET_TRUST(&set, &set.staff);
    open_settled("a.crl");
    FOLLOWSET_TRUST(&set, &renewed);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "changed");
    ck_assert_str_eq(followset_uses(&set), "f");
    ck_assert_str_eq(followset_ask(&set, &set.alice), "-");
    ck_assert_str_eq(followset_ask(&set, &erin), "unknown");
    put("b.crl", (crl_recipe_t){.ca = &renewed, .number = "1"});
    crlset_open(&set.crls, "a.crl b.crl");
    ck_assert_str_eq(followset_uses(&set), "uf");
    ck_assert_str_eq(followset_ask(&set, &erin), "good");
    pki_free(&renewed);
    pki_free(&erin);
}

/* ---- files that were refused --------------------------------------------------------------- */

TEST(a_file_that_turned_foreign_is_taken_when_the_ca_comes)
{
    followset_put_staff(&set, "a.crl");
    FOLLOWSET_TRUST(&set, &set.staff);
    open_settled("a.crl");
    followset_put_other(&set, "a.crl");
    ck_assert_int_eq(strncmp(crlset_poll(&set.crls), "CC0410: ", 8), 0);
    ck_assert_str_eq(followset_ask(&set, &set.alice), "revoked");
    expect_counts(1, 1, 1);
    FOLLOWSET_TRUST(&set, &set.staff, &set.other);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "changed");
    ck_assert_str_eq(followset_ask(&set, &set.carol), "revoked");
    expect_counts(2, 1, 0);
}

TEST(a_file_may_turn_foreign_when_its_ca_has_gone)
{
    followset_put_staff(&set, "a.crl");
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain);
    open_settled("a.crl");
    FOLLOWSET_TRUST(&set, &set.plain);
    followset_put_other(&set, "a.crl");
    ck_assert_str_eq(crlset_poll(&set.crls), "changed");
    ck_assert_str_eq(followset_uses(&set), "f");
    ck_assert_str_eq(crlset_poll(&set.crls), "");
}

TEST(a_ca_that_comes_back_does_not_bring_an_older_crl)
{
    put("a.crl", followset_staff(&set, "2"));
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain);
    open_settled("a.crl");
    FOLLOWSET_TRUST(&set, &set.plain);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "changed");
    followset_put_staff(&set, "a.crl");
    ck_assert_str_eq(crlset_poll(&set.crls), "changed"); /* nothing is known about a foreign one */
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain);
    ck_assert_int_eq(strncmp(crlset_poll_again(&set.crls), "CC0412: ", 8), 0);
    ck_assert_str_eq(followset_ask(&set, &set.alice), "unknown!");
}

TEST(what_was_accepted_at_the_start_is_not_refused_because_a_ca_comes)
{
    crl_recipe_t early = followset_staff(&set, "2");

    early.begin = 86400;
    early.end = 2 * 86400;
    put("a.crl", early);
    crlset_add(&set.crls, "a.crl", &(crl_recipe_t){.ca = &set.other, .number = "1"});
    FOLLOWSET_TRUST(&set, &set.staff);
    crlset_open(&set.crls, "a.crl reload=0");
    FOLLOWSET_TRUST(&set, &set.staff, &set.other);
    usleep(100000); /* the file is no longer fresh */
    ck_assert_str_eq(crlset_poll_again(&set.crls), "changed");
    ck_assert_str_eq(followset_uses(&set), "uu");
}

/* ---- reload=0 ------------------------------------------------------------------------------ */

static int told_count;

static void count(const cc_crls_t *crls, const cc_error_t *err, void *baton)
{
    (void)crls, (void)err, (void)baton;
    told_count++;
}

TEST(without_reload_the_files_are_read_when_the_cas_change)
{
    apr_time_t now = apr_time_now() + apr_time_from_sec(60);

    followset_put_staff(&set, "a.crl");
    followset_put_other(&set, "b.crl");
    FOLLOWSET_TRUST(&set, &set.staff);
    crlset_open(&set.crls, "a.crl b.crl reload=0");
    ck_assert_int_eq(cc_crls_poll(set.crls.crls, now, count, NULL, set.crls.pool), 0);
    FOLLOWSET_TRUST(&set, &set.staff, &set.other);
    ck_assert_int_eq(cc_crls_poll(set.crls.crls, now, count, NULL, set.crls.pool), 0);
    ck_assert_int_eq(told_count, 1);
    ck_assert_str_eq(followset_ask(&set, &set.carol), "revoked");
    put("a.crl", followset_staff(&set, "2"));
    ck_assert_int_eq(cc_crls_poll(set.crls.crls, now, count, NULL, set.crls.pool), 0);
    ck_assert_int_eq(told_count, 1);
}

TEST(without_reload_a_fresh_file_is_waited_for)
{
    apr_time_t now;

    followset_put_staff(&set, "a.crl");
    FOLLOWSET_TRUST(&set, &set.staff);
    crlset_open(&set.crls, ". reload=0 missing=allow");
    FOLLOWSET_TRUST(&set, &set.staff, &set.other);
    followset_put_other(&set, "b.crl");
    now = apr_time_now();
    ck_assert_int_gt(cc_crls_poll(set.crls.crls, now, count, NULL, set.crls.pool), 0);
    ck_assert_str_eq(followset_ask(&set, &set.carol), "unknown!");
    now += apr_time_from_sec(60);
    ck_assert_int_eq(cc_crls_poll(set.crls.crls, now, count, NULL, set.crls.pool), 0);
    ck_assert_str_eq(followset_ask(&set, &set.carol), "revoked");
}

/* ---- CAs in files of CRLs, CAs without CRLs ------------------------------------------------ */

TEST(a_certificate_in_a_file_counts_while_a_ca_vouches_for_it)
{
    pki_t below = pki_ca("Below", &set.other);
    pki_t erin = pki_client("erin", &below);

    followset_put_staff(&set, "a.crl");
    put("b.crl", (crl_recipe_t){.ca = &below, .number = "1", .entries = {{.cert = erin.cert}}});
    crlset_add_cert(&set.crls, "b.crl", &below);
    FOLLOWSET_TRUST(&set, &set.staff);
    open_settled("a.crl b.crl");
    ck_assert_str_eq(followset_uses(&set), "uf");
    FOLLOWSET_TRUST(&set, &set.staff, &set.other);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "changed");
    ck_assert_str_eq(followset_uses(&set), "uu");
    ck_assert_str_eq(crlset_ask(&set.crls, &erin, &below), "revoked unspecified");
    FOLLOWSET_TRUST(&set, &set.staff);
    ck_assert_str_eq(crlset_poll_again(&set.crls), "changed");
    ck_assert_str_eq(followset_uses(&set), "uf");
    pki_free(&below);
    pki_free(&erin);
}

/* The CAs that no CRL covers: "CN=Plain". */
static const char *uncovered(void)
{
    const apr_array_header_t *found =
        cc_crls_uncovered(set.crls.crls, true, apr_time_now(), set.crls.pool);
    const char *text = "";

    for (int i = 0; i < found->nelts; i++) {
        text = apr_pstrcat(set.crls.pool, text, *text ? " " : "",
                           APR_ARRAY_IDX(found, i, cc_uncovered_t).ca, NULL);
    }
    return text;
}

TEST(cas_without_a_crl_are_those_of_the_current_set)
{
    followset_put_staff(&set, "a.crl");
    FOLLOWSET_TRUST(&set, &set.staff);
    open_settled("a.crl");
    ck_assert_str_eq(uncovered(), "");
    FOLLOWSET_TRUST(&set, &set.staff, &set.plain);
    crlset_poll_again(&set.crls);
    ck_assert_str_eq(uncovered(), "CN=Plain");
    FOLLOWSET_TRUST(&set, &set.plain, &set.other);
    crlset_poll_again(&set.crls);
    ck_assert_ptr_nonnull(strstr(uncovered(), "CN=Other"));
    ck_assert_ptr_nonnull(strstr(uncovered(), "CN=Plain"));
}

SUITE("followed", .setup = setup, .teardown = teardown, .timeout = 120);
