/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the data kept for a request: its state, a failure that ends it, and what is not stored. */
#include <apr_strings.h>

#include <http_protocol.h>

#include "fakehttpd.h"
#include "httpd/request/cache.h"
#include "httpd/request/denial.h"
#include "httpd/request/failure.h"
#include "httpd/request/state.h"
#include "suite.h"

static request_rec *r;

static void setup(void)
{
    fake_begin();
    r = fake_request(fake.main, "/");
}

/* ---- state ------------------------------------------------------------------------------- */

TEST(most_requests_share_what_is_kept_of_them)
{
    request_rec *other = fake_request(fake.main, "/");
    const cc_request_t *settled;

    cc_request_settle(r, false);
    settled = cc_request_seen(r);
    cc_request_settle(other, false);
    ck_assert_ptr_eq(cc_request_seen(other), settled);
    ck_assert(settled->settled && !settled->own && !settled->logged && !settled->watched);
    cc_request_end(r);
    ck_assert(cc_request_seen(r)->logged && cc_request_seen(r)->settled);
    ck_assert_ptr_eq(cc_request_seen(other), settled);
    ck_assert(!settled->logged);
}

TEST(what_is_written_to_is_the_requests_own_and_keeps_what_was_there)
{
    cc_request_t *kept;

    cc_request_settle(r, false);
    kept = cc_request_of(r);
    ck_assert(kept->own && kept->settled);
    ck_assert_ptr_eq(cc_request_of(r), kept);
    cc_request_settle(r, true);
    ck_assert_ptr_eq(cc_request_seen(r), kept);
    ck_assert(kept->watched);
    cc_request_settle(r, false);
    ck_assert(kept->watched);
    cc_request_end(r);
    ck_assert(kept->logged);
    ck_assert_ptr_eq(cc_request_seen(r), kept);
}

TEST(a_request_that_nobody_has_asked_is_ended_without_memory)
{
    cc_request_end(r);
    ck_assert(cc_request_seen(r)->logged && !cc_request_seen(r)->own);
}

TEST(a_request_is_served_by_the_configuration_that_it_had)
{
    cc_request_t *kept = cc_request_of(r);

    ck_assert(!cc_request_served(r, NULL) && !cc_request_served(r, kept));
    kept->served = r->per_dir_config;
    ck_assert(cc_request_served(r, kept));
    r->per_dir_config = fake_vector(r->pool);
    ck_assert(!cc_request_served(r, kept));
}

/* ---- a failure --------------------------------------------------------------------------- */

static bool noted(const request_rec *of)
{
    return cc_failure_noted(of);
}

TEST(a_failure_is_that_of_the_page_and_all_between)
{
    request_rec *part = fake_subrequest(r, "/part"), *below = fake_subrequest(part, "/below");

    ck_assert(!noted(r) && !cc_failure_ends(r, false));
    ck_assert(cc_failure_note(below));
    ck_assert(noted(below) && noted(part) && noted(r));
    ck_assert(cc_failure_ends(r, false) && !cc_failure_ends(r, true));
}

TEST(it_is_too_late_once_an_error_is_answered)
{
    request_rec *page = fake_redirect(r, "/error"), *part = fake_subrequest(page, "/part");

    r->status = HTTP_INTERNAL_SERVER_ERROR;
    ck_assert(!cc_failure_note(page) && !cc_failure_note(part) && !cc_failure_note(r));
    ck_assert(!noted(part));
    r->status = HTTP_FORBIDDEN;
    ck_assert(cc_failure_note(part));
    r->status = HTTP_INTERNAL_SERVER_ERROR;
    ck_assert(!noted(part));
}

TEST(it_is_too_late_once_the_request_is_logged)
{
    cc_request_end(r);
    ck_assert(!cc_failure_note(r));
    ck_assert(!cc_failure_report(r));
    ck_assert_str_eq(fake_filters(r->output_filters, r->pool), "");
}

TEST(a_report_has_a_filter_for_each_that_it_ends_once)
{
    request_rec *part = fake_subrequest(r, "/part");

    ck_assert(cc_failure_report(part));
    ck_assert_str_eq(fake_filters(part->output_filters, r->pool), "CLIENTCERT_FAILURE_INCLUDE");
    ck_assert_str_eq(fake_filters(r->output_filters, r->pool), "CLIENTCERT_FAILURE");
    ck_assert(cc_failure_report(part));
    ck_assert_str_eq(fake_filters(r->output_filters, r->pool), "CLIENTCERT_FAILURE");
    cc_failure_insert_again(r);
    ck_assert_str_eq(fake_filters(r->output_filters, r->pool),
                     "CLIENTCERT_FAILURE CLIENTCERT_FAILURE");
    cc_failure_insert_again(fake_request(fake.main, "/"));
}

/* A brigade with content that would be sent. */
static apr_bucket_brigade *brigade_make(void)
{
    apr_bucket_alloc_t *list = r->connection->bucket_alloc;
    apr_bucket_brigade *bb = apr_brigade_create(r->pool, list);

    apr_brigade_puts(bb, NULL, NULL, "secret");
    return bb;
}

TEST(an_error_comes_in_the_place_of_the_answer)
{
    ap_filter_t *f;

    cc_failure_report(r);
    f = r->output_filters;
    apr_table_set(r->headers_out, "Location", "/x");
    apr_table_set(r->err_headers_out, "Location", "/y");
    ck_assert_int_eq(cc_failure_refuse(f, brigade_make()), APR_SUCCESS);
    ck_assert_str_eq(fake_sent(), "error 500 end ");
    ck_assert_ptr_null(r->output_filters);
    ck_assert_ptr_null(apr_table_get(r->headers_out, "Location"));
    ck_assert_ptr_null(apr_table_get(r->err_headers_out, "Location"));
}

TEST(an_error_that_is_one_already_goes_on)
{
    ap_filter_t *f;

    cc_failure_report(r);
    f = r->output_filters;
    r->status = HTTP_INTERNAL_SERVER_ERROR;
    ck_assert_int_eq(cc_failure_refuse(f, brigade_make()), APR_SUCCESS);
    ck_assert_str_eq(fake_sent(), "HEAP");
}

TEST(an_answer_that_has_begun_is_cut_off)
{
    ap_filter_t *f;

    cc_failure_report(r);
    f = r->output_filters;
    r->sent_bodyct = 1;
    ck_assert_int_eq(cc_failure_refuse(f, brigade_make()), APR_SUCCESS);
    ck_assert_str_eq(fake_sent(), "error 502 end ");
    ck_assert_int_eq(cc_failure_refuse(f, brigade_make()), APR_ECONNABORTED);
    ck_assert_str_eq(fake_sent(), "");
}

TEST(what_a_page_includes_comes_to_nothing)
{
    apr_bucket_brigade *bb = brigade_make();
    apr_off_t len = -1;

    ck_assert_int_eq(cc_failure_drop(NULL, bb), APR_SUCCESS);
    apr_brigade_length(bb, 1, &len);
    ck_assert_int_eq(len, 0);
}

/* ---- caches ------------------------------------------------------------------------------ */

TEST(an_answer_that_depends_on_the_client_is_not_stored)
{
    ap_add_output_filter("cache_save", NULL, r, r->connection);
    cc_cache_personal(r);
    ck_assert_int_eq(r->no_cache, 0);
    cc_cache_guard(r);
    ck_assert_int_eq(r->no_cache, 1);
}

TEST(what_is_being_stored_is_dropped_in_the_end)
{
    request_rec *part = fake_subrequest(r, "/part");

    ap_add_output_filter("cache_save_subreq", NULL, r, r->connection);
    cc_cache_guard(r);
    ck_assert(cc_request_seen(r)->storing);
    ck_assert_int_eq(r->no_cache, 0);
    cc_cache_personal(part);
    ck_assert(cc_request_seen(r)->personal);
    ck_assert_int_eq(r->no_cache, 1);
    ck_assert_int_eq(part->no_cache, 0);
}

TEST(a_request_is_as_personal_as_the_one_that_led_to_it)
{
    request_rec *next = fake_redirect(r, "/next");

    cc_cache_personal(r);
    ap_add_output_filter("CACHE_SAVE", NULL, next, r->connection); /* not mod_cache's filter */
    cc_cache_guard(next);
    ck_assert_int_eq(next->no_cache, 0);
    ap_add_output_filter("cache_save", NULL, next, r->connection);
    cc_cache_guard(next);
    ck_assert_int_eq(next->no_cache, 1);
}

TEST(where_nobody_stores_nothing_is_said)
{
    cc_cache_personal(r);
    cc_cache_guard(r);
    ck_assert_int_eq(r->no_cache, 0);
    ap_add_output_filter("DEFLATE", NULL, r, r->connection);
    cc_cache_guard(r);
    ck_assert_int_eq(r->no_cache, 0);
}

/* ---- denials ----------------------------------------------------------------------------- */

TEST(what_was_missing_is_remembered_with_the_clients_request)
{
    static const cc_missing_t group = {.text = "clientcert-group a"};
    static const cc_missing_t user = {.text = "clientcert-user b", .where = "x:2"};
    request_rec *part = fake_subrequest(r, "/part");

    cc_denial_watch(part);
    ck_assert(cc_request_seen(r)->watched);
    cc_denial_missing(part, &group, true);
    cc_denial_missing(r, &group, false);
    ck_assert_str_eq(cc_denial_needs(part, r->pool), "clientcert-group a");
    cc_denial_missing(r, &user, false);
    ck_assert_str_eq(cc_denial_needs(r, r->pool), "clientcert-group a, clientcert-user b (x:2)");
    cc_denial_passed(part);
    ck_assert(!cc_request_seen(r)->watched);
    ck_assert_pstr_eq(cc_denial_needs(r, r->pool), NULL);
}

TEST(what_was_missing_outlives_a_subrequest)
{
    char text[] = "clientcert subject.CN == x", where[] = ".htaccess:1", undecided[] = "x:1";
    cc_note_t note = {.tag = "CC0150", .where = where, .text = text};
    cc_missing_t missing = {.text = text, .where = where, .undecided = undecided, .note = &note};
    const cc_missing_t *kept;

    cc_denial_missing(fake_subrequest(r, "/part"), &missing, false);
    text[0] = where[1] = undecided[0] = '?';
    note.tag = "?";
    kept = cc_request_seen(r)->missing;
    ck_assert_str_eq(kept->text, "clientcert subject.CN == x");
    ck_assert_str_eq(kept->where, ".htaccess:1");
    ck_assert_str_eq(kept->undecided, "x:1");
    ck_assert_str_eq(kept->note->tag, "CC0150");
    ck_assert_str_eq(kept->note->where, ".htaccess:1");
    ck_assert_str_eq(kept->note->text, "clientcert subject.CN == x");
}

TEST(of_many_requirements_some_are_remembered)
{
    for (int i = 0; i < 2 * CC_MISSING_MAX; i++) {
        cc_missing_t missing = {.text = apr_psprintf(r->pool, "clientcert-user u%d", i)};

        cc_denial_missing(r, &missing, true);
        ck_assert_int_eq(cc_request_seen(r)->more_missing, i >= CC_MISSING_MAX);
    }
    ck_assert_ptr_nonnull(strstr(cc_denial_needs(r, r->pool), "clientcert-user u7, ..."));
    cc_denial_passed(r);
    ck_assert_pstr_eq(cc_denial_needs(r, r->pool), NULL);
}

SUITE("failures", .setup = setup, .teardown = fake_end);
