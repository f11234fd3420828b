/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how CRL files are reloaded: which are accepted, rejected, or waited for. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "crlset.h"
#include "suite.h"

static crlset_t set;
static pki_t ca, bob;

static void setup(void)
{
    crlset_begin(&set);
    ca = pki_ca("CA", NULL);
    bob = pki_client("bob", &ca);
    crlset_trust(&set, &ca);
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&ca);
    pki_free(&bob);
}

/* A CRL with this number, which lists bob or not. */
static void put(const char *name, const char *number, bool with_bob)
{
    crl_recipe_t recipe = {.ca = &ca, .number = number};

    recipe.entries[0].cert = with_bob ? bob.cert : NULL;
    crlset_put(&set, name, &recipe);
}

static void expect_bob(const char *answer)
{
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), answer);
}

#define LISTED "revoked unspecified"
#define NO_CRL "unknown: there is no CRL of its issuer"

/* CRL number 10, without bob, settled. */
static void open_ten(const char *arguments)
{
    put("a.crl", "10", false);
    crlset_open(&set, arguments);
    crlset_poll(&set);
    ck_assert_str_eq(crlset_poll(&set), "");
    expect_bob("good");
}

/* Expects a message that begins with this tag and has these words. */
static void expect_told(const char *told, const char *tag, const char *words)
{
    ck_assert_msg(strncmp(told, tag, strlen(tag)) == 0 && strstr(told, words), "%s", told);
}

/* ---- changes --------------------------------------------------------------------------- */

TEST(a_later_crl_takes_the_place_of_the_one_before)
{
    apr_uint64_t before;

    open_ten("a.crl");
    before = cc_crls_generation(set.crls);
    put("a.crl", "11", true);
    ck_assert_str_eq(crlset_poll(&set), "changed");
    expect_bob(LISTED);
    ck_assert_uint_gt(cc_crls_generation(set.crls), before);
    ck_assert_uint_eq(set.answer.generation, cc_crls_generation(set.crls));
    ck_assert_str_eq(crlset_poll(&set), "");
}

TEST(the_same_crl_written_again_is_no_change)
{
    apr_size_t len = 0;
    void *octets = NULL;
    apr_uint64_t before;

    open_ten("a.crl");
    before = cc_crls_generation(set.crls);
    octets = crlset_read(&set, "a.crl", &len);
    crlset_write(&set, "a.crl", octets, len);
    ck_assert_str_eq(crlset_poll(&set), "");
    ck_assert_uint_eq(cc_crls_generation(set.crls), before);
}

TEST(another_crl_with_the_same_number_and_time_is_a_change)
{
    pki_t carol = pki_client("carol", &ca);
    crl_recipe_t recipe = {.ca = &ca, .number = "11", .entries = {{.cert = carol.cert}}};

    ck_assert(ASN1_INTEGER_set(X509_get_serialNumber(carol.cert), 1));
    ck_assert(ASN1_INTEGER_set(X509_get_serialNumber(bob.cert), 2));
    open_ten("a.crl");
    for (int i = 0; i < 24; i++) { /* signatures may differ in length; many of these do not */
        recipe.entries[0].cert = i % 2 ? bob.cert : carol.cert;
        crlset_put(&set, "a.crl", &recipe);
        ck_assert_str_eq(crlset_poll(&set), "changed");
        expect_bob(i % 2 ? LISTED : "good");
    }
    pki_free(&carol);
}

TEST(files_that_come_and_go_in_a_folder_are_noticed)
{
    pki_t other = pki_ca("other", &ca);
    pki_t carol = pki_client("carol", &other);

    open_ten(".");
    crlset_put(&set, "b.crl", &(crl_recipe_t){.ca = &other});
    crlset_add_cert(&set, "b.crl", &other);
    ck_assert_str_eq(crlset_poll(&set), "changed");
    ck_assert_str_eq(crlset_ask(&set, &carol, &other), "good");
    ck_assert_int_eq(unlink(crlset_path(&set, "b.crl")), 0);
    ck_assert_str_eq(crlset_poll_gone(&set), "changed");
    ck_assert_str_eq(crlset_ask(&set, &carol, &other), NO_CRL);
    expect_bob("good");
    pki_free(&carol);
    pki_free(&other);
}

TEST(a_file_that_is_away_for_a_moment_keeps_its_crls)
{
    open_ten("a.crl");
    ck_assert_int_eq(unlink(crlset_path(&set, "a.crl")), 0);
    expect_told(crlset_poll(&set), "CC0406", "No such file");
    expect_bob("good");
    put("a.crl", "11", true);
    ck_assert_str_eq(crlset_poll(&set), "changed");
    expect_bob(LISTED);
}

TEST(a_file_that_stays_away_takes_its_crls_along)
{
    open_ten("a.crl");
    ck_assert_int_eq(unlink(crlset_path(&set, "a.crl")), 0);
    ck_assert_ptr_nonnull(strstr(crlset_poll_gone(&set), " | changed"));
    expect_bob(NO_CRL);
    ck_assert_str_eq(crlset_poll(&set), "");
}

TEST(a_folder_that_cannot_be_read_keeps_its_crls)
{
    ck_assert_int_eq(mkdir(crlset_path(&set, "crls"), 0700), 0);
    put("crls/a.crl", "10", true);
    crlset_open(&set, "crls");
    crlset_poll(&set);
    ck_assert_int_eq(rename(crlset_path(&set, "crls"), crlset_path(&set, "away")), 0);
    expect_told(crlset_poll(&set), "CC0406", "No such file");
    ck_assert_str_eq(crlset_poll_gone(&set), "");
    expect_bob(LISTED);
    ck_assert_int_eq(rename(crlset_path(&set, "away"), crlset_path(&set, "crls")), 0);
    ck_assert_str_eq(crlset_poll(&set), "");
    expect_bob(LISTED);
}

/* ---- steps back ------------------------------------------------------------------------ */

TEST(a_lower_number_is_refused_and_told_once)
{
    open_ten("a.crl");
    put("a.crl", "11", true);
    crlset_poll(&set);
    put("a.crl", "10", false);
    expect_told(crlset_poll(&set), "CC0412", "older than the one loaded before, number 11");
    ck_assert_str_eq(crlset_poll(&set), "");
    expect_bob(LISTED);
    put("a.crl", NULL, false);
    expect_told(crlset_poll(&set), "CC0412", "number none");
    expect_bob(LISTED);
}

TEST(an_earlier_this_update_is_refused_whatever_the_number)
{
    open_ten("a.crl");
    crlset_put(&set, "a.crl",
               &(crl_recipe_t){.ca = &ca, .number = "11", .begin = -3600, .end = 86400});
    expect_told(crlset_poll(&set), "CC0412", "is refused");
}

TEST(removing_a_file_is_no_way_back)
{
    open_ten("a.crl");
    put("a.crl", "11", true);
    crlset_poll(&set);
    ck_assert_int_eq(unlink(crlset_path(&set, "a.crl")), 0);
    crlset_poll_gone(&set);
    put("a.crl", "10", false);
    expect_told(crlset_poll(&set), "CC0412", "older than the one loaded before");
    expect_bob(NO_CRL);
    put("a.crl", "11", true);
    ck_assert_str_eq(crlset_poll(&set), "changed");
    expect_bob(LISTED);
}

TEST(of_two_files_with_one_series_the_newer_counts_and_then_nothing_older)
{
    put("a.crl", "10", false);
    put("b.crl", "11", true);
    crlset_open(&set, "a.crl b.crl");
    crlset_poll(&set);
    expect_bob(LISTED);
    ck_assert_int_eq(unlink(crlset_path(&set, "b.crl")), 0);
    ck_assert_ptr_nonnull(strstr(crlset_poll_gone(&set), "CC0415"));
    expect_bob(NO_CRL);
    ck_assert_str_eq(crlset_poll(&set), "");
}

TEST(a_file_with_an_older_and_a_newer_one_is_taken)
{
    open_ten("a.crl");
    crlset_add(&set, "b", &(crl_recipe_t){.ca = &ca, .number = "9"});
    crlset_add(&set, "b",
               &(crl_recipe_t){.ca = &ca, .number = "11", .entries = {{.cert = bob.cert}}});
    ck_assert_int_eq(rename(crlset_path(&set, "b"), crlset_path(&set, "a.crl")), 0);
    ck_assert_str_eq(crlset_poll(&set), "changed");
    expect_bob(LISTED);
}

TEST(a_crl_from_the_future_waits_until_then)
{
    open_ten("a.crl");
    crlset_put(&set, "a.crl",
               &(crl_recipe_t){.ca = &ca,
                               .number = "11",
                               .begin = 1000,
                               .end = 86400,
                               .entries = {{.cert = bob.cert}}});
    expect_told(crlset_poll(&set), "CC0414", "not used before its thisUpdate");
    expect_bob("good");
    ck_assert_str_eq(crlset_poll(&set), "");
    set.later = apr_time_from_sec(1000);
    ck_assert_str_eq(crlset_poll(&set), "changed");
    expect_bob(LISTED);
}

/* ---- damage ---------------------------------------------------------------------------- */

TEST(a_bad_signature_keeps_the_last_good_one)
{
    pki_t twin = pki_ca("CA", NULL);
    apr_uint64_t before;

    open_ten("a.crl");
    before = cc_crls_generation(set.crls);
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &twin, .number = "11", .no_akid = true});
    expect_told(crlset_poll(&set), "CC0411", "not made with its issuer's key");
    ck_assert_str_eq(crlset_poll(&set), "");
    expect_bob("good");
    crlset_put(&set, "a.crl", &(crl_recipe_t){.ca = &twin, .number = "12", .no_akid = true});
    expect_told(crlset_poll(&set), "CC0411", "number 12"); /* another change, another line */
    ck_assert_uint_eq(cc_crls_generation(set.crls), before);
    pki_free(&twin);
}

TEST(one_bad_crl_refuses_its_whole_file)
{
    open_ten("a.crl");
    put("b", "11", true);
    crlset_add(&set, "b", &(crl_recipe_t){.ca = &ca, .extensions = {"1.2.3", "critical,DER:0500"}});
    ck_assert_int_eq(rename(crlset_path(&set, "b"), crlset_path(&set, "a.crl")), 0);
    expect_told(crlset_poll(&set), "CC0409", "1.2.3");
    expect_bob("good");
}

TEST(a_file_cut_off_anywhere_keeps_the_last_good_one)
{
    apr_size_t len = 0;
    char *whole = NULL;

    for (int der = 0; der < 2; der++) {
        crl_recipe_t recipe = {
            .ca = &ca, .number = der ? "21" : "11", .entries = {{.cert = bob.cert}}};

        open_ten("a.crl");
        (der ? crlset_put_der : crlset_put)(&set, "b.crl", &recipe);
        whole = crlset_read(&set, "b.crl", &len);
        for (apr_size_t left = 0; left + 1 < len; left++) {
            crlset_write(&set, "b", whole, left);
            ck_assert_int_eq(rename(crlset_path(&set, "b"), crlset_path(&set, "a.crl")), 0);
            expect_told(crlset_poll(&set), "CC040", "is refused");
            expect_bob("good");
        }
        ck_assert_int_eq(rename(crlset_path(&set, "b.crl"), crlset_path(&set, "a.crl")), 0);
        ck_assert_str_eq(crlset_poll(&set), "changed");
        expect_bob(LISTED);
    }
}

TEST(a_file_whose_end_is_to_come_is_waited_for)
{
    apr_size_t len = 0;
    char *whole = NULL;
    const char *told = NULL;

    open_ten("a.crl reload=0.2");
    put("b.crl", "11", true);
    whole = crlset_read(&set, "b.crl", &len);
    crlset_write(&set, "a.crl", whole, len / 2);
    set.later = 0;
    usleep(100000);
    set.later -= apr_time_from_sec(60);
    told = crlset_poll(&set);
    ck_assert_str_eq(told, "");
    expect_bob("good");
    crlset_write(&set, "a.crl", whole, len);
    ck_assert_str_eq(crlset_poll(&set), "changed");
    expect_bob(LISTED);
}

/* ---- times ----------------------------------------------------------------------------- */

static int told_count;

static void count(const cc_crls_t *crls, const cc_error_t *err, void *baton)
{
    (void)crls, (void)err, (void)baton;
    told_count++;
}

TEST(files_are_looked_at_every_reload_seconds_or_never)
{
    apr_time_t now = apr_time_now() + apr_time_from_sec(60);

    open_ten("a.crl reload=7");
    now = apr_time_now() + set.later + apr_time_from_sec(60);
    now += cc_crls_poll(set.crls, now, count, NULL, set.pool);
    ck_assert_int_eq(cc_crls_poll(set.crls, now, count, NULL, set.pool), apr_time_from_sec(7));
    put("a.crl", "11", true);
    told_count = 0;
    ck_assert_int_eq(cc_crls_poll(set.crls, now + apr_time_from_sec(3), count, NULL, set.pool),
                     apr_time_from_sec(4));
    ck_assert_int_eq(told_count, 0);
    cc_crls_poll(set.crls, now + apr_time_from_sec(7), count, NULL, set.pool);
    ck_assert_int_eq(told_count, 1);
    put("a.crl", "12", false);
    cc_crls_poll(set.crls, now - apr_time_from_sec(3600), count, NULL,
                 set.pool); /* the clock was set back */
    ck_assert_int_eq(told_count, 2);
    crlset_open(&set, "a.crl reload=0");
    ck_assert_int_eq(cc_crls_poll(set.crls, now, count, NULL, set.pool), 0);
}

SUITE("reload", .setup = setup, .teardown = teardown, .timeout = 300);
