/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that variables with a name of the module's have only values from the module. */
#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/request/state.h"
#include "httpd/request/variables.h"
#include "suite.h"

static request_rec *r;
static apr_table_t *exports;

/* Adds "NAME=VALUE NAME=VALUE" to a table. */
static void add(apr_table_t *table, const char *words)
{
    char *text = apr_pstrdup(fake.pool, words), *state;

    for (char *word = apr_strtok(text, " ", &state); word; word = apr_strtok(NULL, " ", &state)) {
        char *value = strchr(word, '=');

        *value = '\0';
        apr_table_addn(table, word, value + 1);
    }
}

static const char *text_of(const apr_table_t *table)
{
    const apr_array_header_t *all = apr_table_elts(table);
    const char *text = "";

    for (int i = 0; i < all->nelts; i++) {
        const apr_table_entry_t *one = &APR_ARRAY_IDX(all, i, apr_table_entry_t);

        text = apr_pstrcat(fake.pool, text, i > 0 ? " " : "", one->key, "=", one->val, NULL);
    }
    return text;
}

static void setup(void)
{
    fake_begin();
    r = fake_request(fake.main, "/");
    exports = apr_table_make(fake.pool, 4);
    add(exports, "CLIENTCERT_USER=alice CLIENTCERT_GROUPS=a:b");
}

#define OURS "CLIENTCERT_USER=alice CLIENTCERT_GROUPS=a:b"

/* ---- one request ------------------------------------------------------------------------- */

static const struct {
    const char *before, *with, *without; /* after the module set its own; or set none */
} environments[] = {
    {"", OURS, ""},
    {"A=b C=d", "A=b C=d " OURS, "A=b C=d"},
    {"CLIENTCERT_USER=mallory", OURS, ""},
    {"A=b CLIENTCERT_X=y C=d", OURS " A=b C=d", "A=b C=d"},
    {"clientcert_user=mallory", OURS, ""},
    {"CLIENTCERT.USER=mallory", OURS, ""},
    {"clientcert-=x", OURS, ""},
    {"REDIRECT_CLIENTCERT_USER=mallory", OURS, ""},
    {"redirect_redirect.clientcert_user=x", OURS, ""},
    {"CLIENTCERTS=x CLIENT_CERT_USER=y", "CLIENTCERTS=x CLIENT_CERT_USER=y " OURS,
     "CLIENTCERTS=x CLIENT_CERT_USER=y"},
    {"REDIRECT_STATUS=200 R= C=", "REDIRECT_STATUS=200 R= C= " OURS, "REDIRECT_STATUS=200 R= C="},
    {"HTTP_CLIENTCERT_USER=x", "HTTP_CLIENTCERT_USER=x " OURS, "HTTP_CLIENTCERT_USER=x"},
};

TEST_LOOP(what_has_a_name_of_ours_goes_and_all_else_stays, 0, COUNT(environments))
{
    add(r->subprocess_env, environments[_i].before);
    cc_variables_put(r, exports);
    ck_assert_str_eq(text_of(r->subprocess_env), environments[_i].with);
    ck_assert_str_eq(text_of(exports), OURS);
    r->subprocess_env = apr_table_make(fake.pool, 4);
    add(r->subprocess_env, environments[_i].before);
    cc_variables_put(r, NULL);
    ck_assert_str_eq(text_of(r->subprocess_env), environments[_i].without);
}

TEST(what_is_right_already_is_left_alone)
{
    const apr_table_t *before;

    add(r->subprocess_env, "A=b");
    cc_variables_set(r, exports);
    before = r->subprocess_env;
    cc_variables_set(r, exports);
    ck_assert_ptr_eq(r->subprocess_env, before);
    add(r->subprocess_env, "C=d");
    ck_assert_int_eq(cc_variables_last(r, exports), 4);
    ck_assert_ptr_eq(r->subprocess_env, before);
    ck_assert_str_eq(text_of(before), "A=b " OURS " C=d");
}

TEST(a_value_that_somebody_has_changed_is_put_right)
{
    cc_variables_set(r, exports);
    apr_table_setn(r->subprocess_env, "CLIENTCERT_USER", "mallory");
    cc_variables_set(r, exports);
    ck_assert_str_eq(apr_table_get(r->subprocess_env, "CLIENTCERT_USER"), "alice");
    apr_table_unset(r->subprocess_env, "CLIENTCERT_GROUPS");
    ck_assert_int_eq(cc_variables_last(r, exports), 2);
    ck_assert_str_eq(text_of(r->subprocess_env), OURS);
    apr_table_addn(r->subprocess_env, "CLIENTCERT_USER", "mallory");
    cc_variables_set(r, exports);
    ck_assert_str_eq(text_of(r->subprocess_env), OURS);
}

/* mod_dir merges the environment of a directory's index into that of the request. */
TEST(ours_may_be_there_twice_in_their_order)
{
    const apr_table_t *once;

    cc_variables_set(r, exports);
    add(r->subprocess_env, "A=b");
    once = apr_table_copy(fake.pool, r->subprocess_env);
    r->subprocess_env = apr_table_overlay(fake.pool, once, once);
    ck_assert_int_eq(apr_table_elts(r->subprocess_env)->nelts, 6);
    cc_variables_set(r, exports);
    ck_assert_str_eq(text_of(r->subprocess_env), OURS " A=b");
    r->subprocess_env = apr_table_overlay(fake.pool, once, once);
    add(r->subprocess_env, "CLIENTCERT_X=y");
    cc_variables_set(r, exports);
    ck_assert_str_eq(text_of(r->subprocess_env), OURS " A=b A=b");
}

TEST(how_many_there_are_is_told_in_the_end)
{
    ck_assert_int_eq(cc_variables_last(r, NULL), 0);
    add(r->subprocess_env, "A=b CLIENTCERT_USER=x");
    ck_assert_int_eq(cc_variables_last(r, NULL), 1);
    ck_assert_int_eq(cc_variables_last(r, exports), 3);
}

/* ---- subrequests and redirects ----------------------------------------------------------- */

TEST(what_httpd_took_over_from_the_request_before_is_right)
{
    request_rec *next = fake_redirect(r, "/next");

    add(r->subprocess_env, "CLIENTCERT_USER=alice");
    apr_table_setn(next->subprocess_env, "REDIRECT_CLIENTCERT_USER",
                   apr_table_get(r->subprocess_env, "CLIENTCERT_USER"));
    add(next->subprocess_env, "REDIRECT_CLIENTCERT_GROUPS=x");
    cc_variables_put(next, NULL);
    ck_assert_str_eq(text_of(next->subprocess_env), "REDIRECT_CLIENTCERT_USER=alice");
}

TEST(a_subrequest_may_have_what_its_page_has_of_the_one_before)
{
    request_rec *below = fake_subrequest(r, "/part");

    add(r->subprocess_env, "REDIRECT_CLIENTCERT_USER=alice");
    below->subprocess_env = apr_table_copy(below->pool, r->subprocess_env);
    add(below->subprocess_env, "REDIRECT_CLIENTCERT_X=y");
    cc_variables_put(below, NULL);
    ck_assert_str_eq(text_of(below->subprocess_env), "REDIRECT_CLIENTCERT_USER=alice");
}

/* ---- included documents ------------------------------------------------------------------ */

/* A page with this many other variables. */
static void page_fill(int count)
{
    for (int i = 0; i < count; i++) {
        apr_table_addn(r->subprocess_env, apr_psprintf(fake.pool, "V%d", i), "x");
    }
    cc_variables_set(r, exports);
}

static request_rec *include(void)
{
    request_rec *below = fake_subrequest(r, "/part");

    below->subprocess_env = apr_table_copy(below->pool, r->subprocess_env);
    return below;
}

TEST(a_copy_of_the_pages_environment_is_looked_through_once)
{
    request_rec *below;
    const struct cc_copied_t *copied;

    page_fill(20);
    cc_request_of(r);
    below = include();
    cc_variables_copied(below, exports);
    copied = cc_request_seen(r)->copied;
    ck_assert_ptr_nonnull(copied);
    below = include();
    cc_variables_copied(below, exports);
    ck_assert_ptr_eq(cc_request_seen(r)->copied, copied);
    ck_assert_int_eq(apr_table_elts(below->subprocess_env)->nelts, 22);
    cc_variables_copied_end(below, exports);
    apr_table_addn(below->subprocess_env, "CLIENTCERT_X", "y");
    cc_variables_copied_end(below, exports);
    ck_assert_ptr_null(apr_table_get(below->subprocess_env, "CLIENTCERT_X"));
    ck_assert_str_eq(apr_table_get(below->subprocess_env, "CLIENTCERT_USER"), "alice");
}

TEST(values_that_are_set_again_do_not_matter_but_names_and_ours_do)
{
    request_rec *below;

    page_fill(20);
    cc_request_of(r);
    cc_variables_copied(include(), exports);
    below = include();
    apr_table_setn(below->subprocess_env, "V3", "other");
    cc_variables_copied_end(below, exports);
    ck_assert_str_eq(apr_table_get(below->subprocess_env, "V3"), "other");
    apr_table_setn(below->subprocess_env, "CLIENTCERT_USER", "mallory");
    cc_variables_copied_end(below, exports);
    ck_assert_str_eq(apr_table_get(below->subprocess_env, "CLIENTCERT_USER"), "alice");
    below = include();
    cc_variables_copied_end(below, NULL);
    ck_assert_ptr_null(apr_table_get(below->subprocess_env, "CLIENTCERT_USER"));
}

TEST(a_name_in_the_place_of_another_is_looked_at)
{
    request_rec *below;

    page_fill(20);
    cc_request_of(r);
    cc_variables_copied(include(), exports);
    below = include();
    apr_table_unset(below->subprocess_env, "V3");
    apr_table_addn(below->subprocess_env, "CLIENTCERT_X", "y");
    cc_variables_copied_end(below, exports);
    ck_assert_ptr_null(apr_table_get(below->subprocess_env, "CLIENTCERT_X"));
}

TEST(a_copy_that_differs_is_put_right_and_not_kept)
{
    request_rec *below;

    page_fill(20);
    cc_request_of(r);
    below = include();
    apr_table_setn(below->subprocess_env, "clientcert_x", "y");
    cc_variables_copied(below, exports);
    ck_assert_ptr_null(apr_table_get(below->subprocess_env, "CLIENTCERT_X"));
    ck_assert_ptr_null(cc_request_seen(r)->copied);
}

TEST(a_small_environment_is_just_looked_through)
{
    request_rec *below;

    page_fill(3);
    cc_request_of(r);
    below = include();
    apr_table_setn(below->subprocess_env, "CLIENTCERT_USER", "mallory");
    cc_variables_copied(below, exports);
    ck_assert_str_eq(apr_table_get(below->subprocess_env, "CLIENTCERT_USER"), "alice");
    ck_assert_ptr_null(cc_request_seen(r)->copied);
}

SUITE("variables", .setup = setup, .teardown = fake_end);
