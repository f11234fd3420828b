/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the option valid=: from and until when the rows of a table count. */
#include <string.h>

#include <apr_strings.h>

#include "base/moment.h"
#include "faketable.h"
#include "ruleset.h"
#include "suite.h"
#include "tableset.h"

static tableset_t set;

static void setup(void)
{
    tableset_begin(&set);
}

static void teardown(void)
{
    tableset_end(&set);
}

static apr_time_t at(const char *text)
{
    apr_time_t moment = 0;
    bool is_date;

    ck_assert(cc_moment_read(&moment, &is_date, text));
    return moment;
}

static cc_answer_info_t info; /* of the last lookup */

/* The first column of the row of a key at a moment. */
static const char *ask(cc_table_t *table, const char *key, apr_time_t now)
{
    cc_query_t query = {.key = key, .len = strlen(key)};
    cc_table_result_t result = cc_table_lookup(table, &query, now, set.pool);

    info = query.info;
    if (result == CC_TABLE_FOUND)
        return query.row.columns[0].values[0];
    return result == CC_TABLE_MISSING ? "MISSING" : query.info.failure;
}

static void open_text(const char *options, const char *text)
{
    tableset_write(&set, "f", text);
    tableset_open(&set, apr_pstrcat(set.pool, "file:f ", options, NULL), 1);
}

/* ---- files ----------------------------------------------------------------------------------- */

TEST(a_row_counts_from_the_beginning_of_a_date_to_the_end_of_the_other)
{
    open_text("valid=2", "k a 2026-03-01 2026-03-31\n");
    ck_assert_str_eq(ask(set.table, "k", at("2026-03-01") - 1), "MISSING");
    ck_assert_int_eq(info.stale_at, at("2026-03-01"));
    ck_assert_str_eq(ask(set.table, "k", at("2026-03-01")), "a");
    ck_assert_int_eq(info.stale_at, at("2026-04-01"));
    ck_assert_ptr_null(info.outside);
    ck_assert_str_eq(ask(set.table, "k", at("2026-04-01") - 1), "a");
    ck_assert_str_eq(ask(set.table, "k", at("2026-04-01")), "MISSING");
    ck_assert_int_eq(info.stale_at, APR_INT64_MAX);
}

TEST(a_row_counts_from_a_moment_to_another)
{
    open_text("valid=2", "k a 2026-03-01T08:00:00Z 2026-03-01T12:00:00Z\n");
    ck_assert_str_eq(ask(set.table, "k", at("2026-03-01T07:59:59Z")), "MISSING");
    ck_assert_str_eq(ask(set.table, "k", at("2026-03-01T08:00:00Z")), "a");
    ck_assert_str_eq(ask(set.table, "k", at("2026-03-01T12:00:00Z") - 1), "a");
    ck_assert_str_eq(ask(set.table, "k", at("2026-03-01T12:00:00Z")), "MISSING");
}

TEST(a_dash_is_open)
{
    open_text("valid=2", "k a - -\nl b - 2026-03-31\nm c 2026-03-01 -\n");
    ck_assert_str_eq(ask(set.table, "k", 0), "a");
    ck_assert_int_eq(info.stale_at, APR_INT64_MAX);
    ck_assert_str_eq(ask(set.table, "l", 0), "b");
    ck_assert_str_eq(ask(set.table, "l", at("2026-04-01")), "MISSING");
    ck_assert_str_eq(ask(set.table, "m", 0), "MISSING");
    ck_assert_str_eq(ask(set.table, "m", at("2999-01-01")), "c");
}

TEST(the_columns_keep_their_numbers)
{
    open_text("valid=1", "k - - a,b\n");
    ck_assert_str_eq(tableset_ask(&set, "k"), "-|-|a,b");
}

TEST(an_answer_tells_why_no_row_counts)
{
    open_text("valid=2", "k a 2026-03-01 2026-03-31\nk b 2026-05-01 -\n");
    ask(set.table, "k", at("2026-02-01"));
    ck_assert_str_eq(info.outside, "the row of this key begins on 2026-03-01");
    ask(set.table, "k", at("2026-04-15"));
    ck_assert_str_eq(info.outside, "the row of this key ended on 2026-03-31, and the next one "
                                   "begins on 2026-05-01");
    open_text("valid=2", "k a 2026-03-01 2026-03-31\n");
    ask(set.table, "k", at("2026-04-15"));
    ck_assert_str_eq(info.outside, "the row of this key ended on 2026-03-31");
    ask(set.table, "l", at("2026-04-15"));
    ck_assert_ptr_null(info.outside);
}

TEST(of_an_old_and_a_new_row_the_one_that_counts_is_found)
{
    static const char *const orders[] = {"k old - 2026-03-31\nx x - -\nk new 2026-04-01 -\n",
                                         "k new 2026-04-01 -\nk old - 2026-03-31\n"};

    for (int i = 0; i < 2; i++) {
        open_text("valid=2", orders[i]);
        ck_assert_str_eq(ask(set.table, "k", at("2026-04-01") - 1), "old");
        ck_assert_int_eq(info.stale_at, at("2026-04-01"));
        ck_assert_str_eq(ask(set.table, "k", at("2026-04-01")), "new");
    }
}

TEST(a_key_may_have_up_to_16_rows)
{
    const char *text = "";

    for (int i = 0; i < 16; i++)
        text = apr_psprintf(set.pool, "%sk r%d 20%02d-01-01 20%02d-12-31\n", text, i, i, i);
    open_text("valid=2", text);
    for (int i = 0; i < 16; i++)
        ck_assert_str_eq(ask(set.table, "k", at(apr_psprintf(set.pool, "20%02d-06-01", i))),
                         apr_psprintf(set.pool, "r%d", i));
    tableset_write(&set, "f", apr_pstrcat(set.pool, text, "k r16 2050-01-01 -\n", NULL));
    ck_assert_int_ne(tableset_try(&set, "file:f valid=2", 1), APR_SUCCESS);
    ck_assert_ptr_nonnull(strstr(tableset_error(&set), "f:17: more than 16 rows with this key"));
}

static const struct {
    const char *text, *says;
} bad[] = {
    {"k a 2026-03-01 2026-03-31\nk b 2026-03-31 -\n",
     "f:2: the same key as in line 1, and both rows count at the same time"},
    {"k a - -\nk b - -\n", "f:2: the same key as in line 1, and both rows count"},
    {"k a - -\nl b\n", "f:2: column 2, a date of valid=, is missing; write a date, or - for none"},
    {"k a -\n", "f:1: column 3, a date of valid=, is missing"},
    {"k a - \"\"\n", "f:1: column 3, a date of valid=, is empty"},
    {"k a -,- -\n", "f:1: column 2, a date of valid=, is a list"},
    {"k a 2026-02-30 -\n", "f:1: column 2, a date of valid=, is \"2026-02-30\"; write 2027-01-31, "
                           "2027-01-31T12:00:00Z (UTC) or -"},
    {"k a - 2026-03-31T24:00:00Z\n", "column 3, a date of valid=, is \"2026-03-31T24:00:00Z\""},
    {"k a - 2026-03-31T12:00:00+02:00\n", "column 3, a date of valid=, is \"2026-03-31T12:00:00+"},
    {"k a - \"2026-03-31 12:00:00\"\n", "column 3, a date of valid=, is \"2026-03-31 12:00:00\""},
    {"k a - 31.3.2026\n", "column 3, a date of valid=, is \"31.3.2026\""},
    {"k a - never\n", "column 3, a date of valid=, is \"never\""},
    {"k a 2026-03-31 2026-03-01\n",
     "f:1: the row can never count: it ends (column 3) before it begins"},
    {"k a 2026-03-01T12:00:00Z 2026-03-01T12:00:00Z\n", "f:1: the row can never count"},
};

TEST_LOOP(a_row_without_good_dates_is_a_bad_line, 0, COUNT(bad))
{
    tableset_write(&set, "f", bad[_i].text);
    ck_assert_int_ne(tableset_try(&set, "file:f valid=2", 1), APR_SUCCESS);
    ck_assert_msg(strstr(tableset_error(&set), bad[_i].says) != NULL, "%s", tableset_error(&set));
}

TEST(without_the_option_dates_are_columns_like_others)
{
    open_text("", "k a 2026-02-30 never\n");
    ck_assert_str_eq(tableset_ask(&set, "k"), "a|2026-02-30|never");
}

static const char *const illegal[] = {"gridmap:f valid=1", "file:f valid=0", "file:f valid=9",
                                      "file:f valid"};

TEST_LOOP(the_option_is_for_tables_with_columns, 0, COUNT(illegal))
{
    tableset_write(&set, "f", "");
    ck_assert_int_ne(tableset_try(&set, illegal[_i], 1), APR_SUCCESS);
}

TEST(with_issuer_the_rows_of_each_ca_count_by_themselves)
{
    open_text("issuer=2 valid=3", "1a2b alice \"CN=Staff CA,O=Example,C=DE\" - 2026-03-31\n"
                                  "1a2b bob CN=other - -\n"
                                  "1a2b anna \"CN=Staff CA,O=Example,C=DE\" 2026-04-01 -\n");
    ck_assert_str_eq(
        ruleset_verdict(ruleset_compile_with(set.tables, "serial in t user=$1", set.pool),
                        ruleset_alice, set.pool)
            ->user,
        "anna");
}

/* ---- sources with one row for a key ---------------------------------------------------------- */

static const faketable_row_t rows[] = {{"1", "alice 2026-01-01 2026-05-31"},
                                       {"2", "bob 2026-06-01 2026-12-31"},
                                       {"3", "carol 2026-06-01"},
                                       {"4", "dave 2026-01-01 soon"},
                                       {"5", "eve 2026-01-01 -"},
                                       {NULL, NULL}};

static cc_table_t *fake(const char *line)
{
    cc_tables_t *tables = faketable_make(line, set.pool);

    faketable.rows = rows;
    set.tables = tables;
    cc_table_use(cc_tables_at(tables, 0), 1);
    ck_assert_int_eq(cc_tables_open(tables, NULL, set.pool, &set.err), APR_SUCCESS);
    ck_assert_int_eq(cc_tables_child(tables, 4, set.pool), APR_SUCCESS);
    return cc_tables_at(tables, 0);
}

static const char *const sources[] = {"t fake:x valid=2", "t asked:x valid=2 ttl=100000000",
                                      "t several:x valid=2 ttl=100000000"};

TEST_LOOP(the_row_that_is_found_must_count, 0, COUNT(sources))
{
    cc_table_t *table = fake(sources[_i]);

    ck_assert_str_eq(ask(table, "1", at("2026-05-31")), "alice");
    ck_assert_int_eq(info.stale_at, at("2026-06-01"));
    ck_assert_str_eq(ask(table, "1", at("2026-06-01")), "MISSING"); /* out of the cache */
    ck_assert_str_eq(info.outside, "the row of this key ended on 2026-05-31");
    ck_assert_str_eq(ask(table, "2", at("2026-05-31")), "MISSING");
    ck_assert_int_eq(info.stale_at, at("2026-06-01"));
    ck_assert_str_eq(ask(table, "2", at("2026-06-01")), "bob");
}

TEST_LOOP(a_row_whose_dates_cannot_be_read_fails_the_lookup, 0, COUNT(sources))
{
    cc_table_t *table = fake(sources[_i]);

    ck_assert_ptr_nonnull(strstr(ask(table, "3", at("2026-06-01")), "column 3, a date of valid="));
    ck_assert_ptr_nonnull(strstr(ask(table, "4", at("2026-06-01")), "is \"soon\""));
    ck_assert_ptr_nonnull(strstr(ask(table, "5", at("2026-06-01")), "column 3, a date of valid="));
    ck_assert_int_eq(info.stale_at, 0);
}

/* ---- rules: the connection is on the first of June 2026 ---------------------------------------
 */

#define NOW "2026-06-01"

static const cc_verdict_t *verdict_of(const char *rules)
{
    return ruleset_verdict(ruleset_compile_with(set.tables, rules, set.pool), ruleset_alice,
                           set.pool);
}

TEST(a_verdict_ends_with_the_row_that_it_is_from)
{
    const cc_verdict_t *verdict;

    open_text("valid=2", "1a2b alice - 2026-07-31\nother x - 2026-06-15\n");
    verdict = verdict_of("serial in t user=$1");
    ck_assert_str_eq(verdict->user, "alice");
    ck_assert_int_eq(verdict->stale_at, at("2026-08-01"));
    ck_assert_int_eq(verdict->note_count, 0);
}

TEST(a_verdict_ends_when_a_row_that_does_not_count_yet_begins)
{
    const cc_verdict_t *verdict;

    open_text("valid=2", "1a2b alice 2026-07-01 -\n");
    verdict = verdict_of("serial in t user=$1");
    ck_assert_ptr_null(verdict->user);
    ck_assert_int_eq(verdict->stale_at, at("2026-07-01"));
    ck_assert_int_eq(verdict->note_count, 1);
    ck_assert_int_eq(verdict->notes[0].kind, CC_NOTE_OUTSIDE_ROW);
    ck_assert_str_eq(verdict->notes[0].tag, "CC0134");
    ck_assert_str_eq(verdict->notes[0].text,
                     "table t (site.conf:1): the row of this key begins on 2026-07-01");
}

TEST(a_row_that_has_ended_is_not_there_for_negations_and_deny_either)
{
    open_text("valid=2", "1a2b x - 2026-05-31\n");
    ck_assert_str_eq(verdict_of("serial !in t user=x")->user, "x");
    ck_assert_str_eq(verdict_of("serial in t deny\nuser=x")->user, "x");
    open_text("valid=2", "1a2b x - " NOW "\n");
    ck_assert_ptr_null(verdict_of("serial !in t user=x")->user);
    ck_assert_ptr_nonnull(verdict_of("serial in t deny\nuser=x")->denied_where);
}

static const faketable_row_t broken[] = {{"1a2b", "x 2026-01-01 soon"}, {NULL, NULL}};

TEST_LOOP(a_row_with_a_bad_date_evades_no_negation_and_no_deny, 0, COUNT(sources))
{
    static const char *const evading[] = {"serial !in t user=x", "serial in t deny\nuser=x",
                                          "serial in t group=g\nuser=x"};

    fake(sources[_i]);
    faketable.rows = broken;
    for (int i = 0; i < 3; i++) {
        const cc_verdict_t *verdict = verdict_of(evading[i]);

        ck_assert_ptr_null(verdict->user);
        ck_assert_int_eq(verdict->group_count, 0);
        ck_assert_ptr_nonnull(verdict->failure);
        ck_assert_ptr_nonnull(strstr(verdict->failure, "is \"soon\""));
    }
}

TEST(several_values_outside_are_one_note)
{
    const cc_verdict_t *verdict;

    open_text("valid=2", "alice@example.com x - 2026-05-31\nAlice.A@Example.ORG x - 2026-04-30\n");
    verdict = verdict_of("san.email in t user=$1");
    ck_assert_int_eq(verdict->note_count, 1);
    ck_assert_str_eq(verdict->notes[0].text,
                     "2 of 2 values have rows that do not count now; table t (site.conf:1): the "
                     "row of this key ended on 2026-05-31");
}

TEST(a_hint_names_the_date)
{
    cc_rules_t *compiled;
    cc_cert_t *cert = ruleset_certificate(ruleset_alice, set.pool);
    apr_array_header_t *steps = apr_array_make(set.pool, 1, sizeof(cc_step_t));

    open_text("valid=2", "1a2b x - 2026-05-31\n");
    compiled = ruleset_compile_with(set.tables, "serial in t user=$1", set.pool);
    cc_rules_evaluate(compiled, cert, &ruleset_facts, steps, set.pool, set.pool);
    cc_trace_hint(steps, compiled, cert, &ruleset_facts, true);
    ck_assert_str_eq(APR_ARRAY_IDX(steps, 0, cc_step_t).hint,
                     "the row of this key ended on 2026-05-31 (valid= of site.conf:1)");
}

/* ---- all rows -------------------------------------------------------------------------------- */

TEST(the_rows_of_a_table_are_counted_by_their_dates)
{
    cc_validity_t validity;

    open_text("valid=2", "\na a - 2026-05-31\nb b 2026-07-01 -\nc c - 2026-08-31\n"
                         "d d - 2026-06-30\ne e - -\n");
    ck_assert(cc_table_has_validity(set.table));
    validity = cc_table_validity(set.table, at(NOW));
    ck_assert_uint_eq(validity.ended, 1);
    ck_assert_uint_eq(validity.first_ended, 2);
    ck_assert_uint_eq(validity.coming, 1);
    ck_assert_int_eq(validity.earliest_end, at("2026-07-01"));
    ck_assert_uint_eq(validity.earliest_line, 5);
    ck_assert_int_eq(validity.until, at("2026-07-01"));
    validity = cc_table_validity(set.table, at("2026-07-01") - 1);
    ck_assert_int_eq(validity.since, at(NOW)); /* nothing was counted again */
    validity = cc_table_validity(set.table, at("2026-07-01"));
    ck_assert_uint_eq(validity.ended, 2);
    ck_assert_uint_eq(validity.coming, 0);
    ck_assert_int_eq(validity.earliest_end, at("2026-09-01"));
    open_text("", "a a - 2026-05-31\n");
    ck_assert(!cc_table_has_validity(set.table));
}

TEST(rows_that_were_loaded_without_the_option_are_read_again_for_it)
{
    cc_tables_kept_t *kept = cc_kept_create(set.pool);
    static const cc_backend_t *const backends[] = {&cc_backend_file, NULL};
    const char *source = apr_pstrcat(set.pool, "t file:", tableset_path(&set, "f"), NULL);

    tableset_write(&set, "f", "k a never never\n");
    tableset_settle(&set, "f");
    for (int i = 0; i < 2; i++) {
        cc_restart_t restart = {.kept = kept};
        apr_pool_t *p;
        cc_tables_t *tables;

        apr_pool_create(&p, set.pool);
        tables = cc_tables_create(backends, p);
        ck_assert_int_eq(cc_tables_add(tables, NULL,
                                       i ? apr_pstrcat(p, source, " valid=2", NULL) : source,
                                       "site.conf:1", &set.err),
                         APR_SUCCESS);
        cc_table_use(cc_tables_at(tables, 0), 1);
        if (i == 0)
            ck_assert_int_eq(cc_tables_reopen(tables, NULL, &restart, p, &set.err), APR_SUCCESS);
        else
            ck_assert_int_ne(cc_tables_reopen(tables, NULL, &restart, p, &set.err), APR_SUCCESS);
        apr_pool_destroy(p);
    }
    cc_kept_end(kept);
}

SUITE("valid", .setup = setup, .teardown = teardown, .timeout = 60);
