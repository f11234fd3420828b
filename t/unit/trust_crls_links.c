/* SPDX-License-Identifier: Apache-2.0 */
/* Tests CRLs behind symbolic links that are swapped, as in the volumes of Kubernetes. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "crlset.h"
#include "suite.h"

#define LISTED "revoked unspecified"
#define NO_CRL "unknown: there is no CRL of its issuer"

static crlset_t set;
static pki_t ca, bob;

static void expect_bob(const char *answer)
{
    ck_assert_str_eq(crlset_ask(&set, &bob, &ca), answer);
}

/* Makes a link, or replaces it atomically. */
static void link_put(const char *name, const char *target)
{
    ck_assert_int_eq(symlink(target, crlset_path(&set, ".link")), 0);
    ck_assert_int_eq(rename(crlset_path(&set, ".link"), crlset_path(&set, name)), 0);
}

static void folder_put(const char *name)
{
    ck_assert_int_eq(mkdir(crlset_path(&set, name), 0700), 0);
}

static const char *below(const char *folder, const char *name)
{
    return apr_pstrcat(set.pool, folder, "/", name, NULL);
}

/* A folder with a CRL that lists bob or not, of a date long ago. */
static void version_put(const char *folder, const char *number, bool with_bob)
{
    static const struct timespec times[2] = {{1700000000, 0}, {1700000000, 0}};
    crl_recipe_t recipe = {.ca = &ca, .number = number};

    recipe.entries[0].cert = with_bob ? bob.cert : NULL;
    folder_put(folder);
    crlset_put(&set, below(folder, "a.crl"), &recipe);
    ck_assert_int_eq(utimensat(AT_FDCWD, crlset_path(&set, below(folder, "a.crl")), times, 0), 0);
}

/* A volume: the folder "crls" has links through "..data" to one of two folders. */
static void setup(void)
{
    crlset_begin(&set);
    ca = pki_ca("CA", NULL);
    bob = pki_client("bob", &ca);
    crlset_trust(&set, &ca);
    folder_put("crls");
    version_put("crls/..2026_1", "10", false);
    version_put("crls/..2026_2", "11", true);
    link_put("crls/..data", "..2026_1");
    link_put("crls/a.crl", "..data/a.crl");
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&ca);
    pki_free(&bob);
}

/* Opens the CRLs, and waits until no file has to be read again. */
static void open_settled(const char *arguments)
{
    crlset_open(&set, arguments);
    crlset_poll(&set);
    ck_assert_str_eq(crlset_poll(&set), "");
    expect_bob("good");
}

static const char *const ways[] = {"crls", "crls/a.crl", "crls/..data", "crls/..data/a.crl"};

TEST_LOOP(a_swapped_link_is_noticed, 0, COUNT(ways))
{
    open_settled(ways[_i]);
    link_put("crls/..data", "..2026_2");
    ck_assert_str_eq(crlset_poll(&set), "changed");
    expect_bob(LISTED);
    ck_assert_str_eq(crlset_poll(&set), "");
}

TEST_LOOP(the_folder_behind_a_link_may_be_replaced, 0, COUNT(ways))
{
    open_settled(ways[_i]);
    ck_assert_int_eq(rename(crlset_path(&set, "crls/..2026_1"), crlset_path(&set, "crls/..old")),
                     0);
    ck_assert_int_eq(rename(crlset_path(&set, "crls/..2026_2"), crlset_path(&set, "crls/..2026_1")),
                     0);
    ck_assert_str_eq(crlset_poll(&set), "changed");
    expect_bob(LISTED);
}

TEST_LOOP(the_same_file_behind_another_link_is_no_change, 0, COUNT(ways))
{
    apr_uint64_t before;

    open_settled(ways[_i]);
    before = cc_crls_generation(set.crls);
    ck_assert_int_eq(rename(crlset_path(&set, "crls/..2026_1"), crlset_path(&set, "crls/..2026_3")),
                     0);
    link_put("crls/..data", "..2026_3");
    ck_assert_str_eq(crlset_poll(&set), "");
    ck_assert_uint_eq(cc_crls_generation(set.crls), before);
    expect_bob("good");
}

/* Removes the leading error of a poll about a path that is missing at the moment. */
static const char *told_after(const char *told)
{
    return strncmp(told, "CC0406: ", 8) == 0 ? "missing" : told;
}

TEST_LOOP(a_link_that_dangles_for_a_moment_keeps_its_crls, 0, COUNT(ways))
{
    const char *missing = _i == 0 ? "" : "missing";

    open_settled(ways[_i]);
    link_put("crls/..data", "..none");
    ck_assert_str_eq(told_after(crlset_poll(&set)), missing);
    expect_bob("good");
    link_put("crls/..data", "..2026_2");
    ck_assert_str_eq(crlset_poll(&set), "changed");
    expect_bob(LISTED);
}

TEST(a_file_of_another_name_behind_a_link_takes_its_place)
{
    ck_assert_int_eq(
        rename(crlset_path(&set, "crls/..2026_2/a.crl"), crlset_path(&set, "crls/..2026_2/b.crl")),
        0);
    open_settled("crls/..data");
    link_put("crls/..data", "..2026_2");
    ck_assert_str_eq(crlset_poll(&set), "changed");
    expect_bob(LISTED);
    crlset_poll_gone(&set);
    expect_bob(LISTED);
}

TEST(a_link_without_its_file_counts_as_removed)
{
    open_settled("crls");
    ck_assert_int_eq(unlink(crlset_path(&set, "crls/..2026_1/a.crl")), 0);
    ck_assert_str_eq(crlset_poll_gone(&set), "changed");
    expect_bob(NO_CRL);
}

/* ---- links that cannot be followed --------------------------------------------------------- */

TEST(a_link_in_a_folder_that_cannot_be_followed_keeps_its_crls)
{
    const char *told;

    open_settled("crls");
    link_put("crls/..data", "..data"); /* too many levels */
    told = crlset_poll_gone(&set);
    ck_assert_msg(strncmp(told, "CC0407: ", 8) == 0 && strstr(told, "/crls/a.crl\"") &&
                      strstr(told, "cannot be read: ") && !strstr(told, "changed"),
                  "%s", told);
    ck_assert_ptr_null(strstr(told, " | "));
    expect_bob("good");
    link_put("crls/..data", "..2026_2");
    ck_assert_str_eq(crlset_poll(&set), "changed");
    expect_bob(LISTED);
}

TEST(a_link_in_a_folder_that_cannot_be_followed_is_an_error_at_the_start)
{
    const char *error;

    link_put("crls/..data", "..data");
    error = crlset_try(&set, "crls");
    ck_assert_msg(strncmp(error, "CC0407: ", 8) == 0, "%s", error);
}

SUITE("links", .setup = setup, .teardown = teardown);
