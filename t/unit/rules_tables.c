/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the results of `in` and `!in` for a certificate: rows, columns, failures, generations. */
#include <string.h>

#include <apr_strings.h>

#include "faketable.h"
#include "ruleset.h"
#include "suite.h"

#define ALICE "alice@example.com"
#define OTHER "Alice.A@Example.ORG"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static const char *tags(const cc_verdict_t *verdict)
{
    const char *text = "";

    for (int i = 0; i < verdict->note_count; i++)
        text = apr_pstrcat(pool, text, verdict->notes[i].tag, " ", NULL);
    return text;
}

static cc_tables_t *one_table(const faketable_row_t *rows)
{
    cc_tables_t *tables = faketable_make("t fake:x", pool);

    faketable.rows = rows;
    return tables;
}

static const cc_verdict_t *ask(const char *rules, const faketable_row_t *rows,
                               ruleset_certificate_t pairs)
{
    return ruleset_verdict(ruleset_compile_with(one_table(rows), rules, pool), pairs, pool);
}

/* ---- the result of a row ----------------------------------------------------------------- */

static const faketable_row_t people[] = {
    {ALICE, "alice staff,admins x,y -"},
    {"Alice", "alice.cn"},
    {"1a2b", "by-serial"},
    {"213", "by-number"},
    {"/C=DE/O=Example/OU=Staff/OU=Admins/CN=Alice", "by-dn"},
    {"alice", "lower"},
    {NULL, NULL},
};

typedef struct row_case_t {
    const char *rules;
    const char *user; /* NULL: none */
    const char *groups;
    const char *notes;
} row_case_t;

static const row_case_t of_people[] = {
    {"san.email in t user=$1", "alice", "", ""},
    {"san.email in t user=$1 group=$2", "alice", "staff admins", ""},
    {"san.email in t user=$1 group=$1-$2-$3", "alice",
     "alice-staff-x alice-staff-y alice-admins-x alice-admins-y", ""},
    {"san.email in t group=$3/%{subject.OU}", NULL, "x/Staff x/Admins y/Staff y/Admins", ""},
    {"san.email in t user=$2", NULL, "", "CC0152 "},
    {"san.email in t user=$1 group=$4", "alice", "", ""},
    {"san.email in t user=static", "static", "", ""},
    /* modifiers of columns: on each value, or on all of them in order */
    {"san.email in t user=$2|first group=$2", "staff", "staff admins", ""},
    {"san.email in t user=$2|last|upper", "ADMINS", "", ""},
    {"san.email in t user=$1|upper group=x-%{$2|upper}y", "ALICE", "x-STAFFy x-ADMINSy", ""},
    {"san.email in t user=$2|nth(2)-$3|nth(1)", "admins-x", "", ""},
    {"san.email in t user=$2|nth(3)", NULL, "", ""},
    {"san.email in t user=n$2|count group=n$4|count group=$4|present", "n2", "n0 false", ""},
    {"san.email in t group=$2|upper-$2", NULL, "STAFF-staff ADMINS-admins", ""},
    {"san.email in t group=$2|first-$3", NULL, "staff-x staff-y", ""},
    {"san.dns in t user=$1\nuser=late", "late", "", ""},
    {"subject.CN in t user=$1", "alice.cn", "", ""},
    {"subject.CN|lower in t user=$1", "lower", "", ""},
    {"serial in t user=$1", "by-serial", "", ""},
    {"days_left in t user=$1", "by-number", "", ""},
    {"subject|oneline in t user=$1", "by-dn", "", ""},
    {"subject.UID in t user=$1", NULL, "", ""},
    {"san.dns !in t user=x", "x", "", ""},
    {"san.email !in t user=x", NULL, "", ""},
    {"subject.UID !in t user=x", "x", "", ""},
    /* with a pattern whose groups have names, numbers are columns */
    {"san.uri =~ .*/(?<sa>[^/]+) san.email in t user=$1.$<sa>", "alice.db", "", ""},
    {"san.email in t san.uri =~ .*/(?<sa>[^/]+) user=$1.$<sa>", "alice.db", "", ""},
    /* a pattern may capture if the columns of the table are not used */
    {"san.email in t san.uri =~ .*/([^/]+) user=x", "x", "", ""},
    {"san.email !in t user=a\nsan.dns !in t san.uri =~ .*/([^/]+) user=$1", "db", "", ""},
};

TEST_LOOP(the_columns_of_a_row_are_captures, 0, COUNT(of_people))
{
    const row_case_t *expected = &of_people[_i];
    const cc_verdict_t *verdict = ask(expected->rules, people, ruleset_alice);

    ck_assert_pstr_eq(verdict->user, expected->user);
    ck_assert_str_eq(ruleset_groups(verdict, pool), expected->groups);
    ck_assert_str_eq(tags(verdict), expected->notes);
    ck_assert_ptr_null(verdict->failure);
}

TEST(each_value_that_is_found_is_a_match)
{
    static const faketable_row_t both[] = {{ALICE, "a x,y"}, {OTHER, "b z"}, {NULL, NULL}};
    const cc_verdict_t *verdict = ask("san.email in t user=$1 group=$1$2", both, ruleset_alice);

    ck_assert_ptr_null(verdict->user);
    ck_assert_str_eq(tags(verdict), "CC0152 ");
    ck_assert_str_eq(ruleset_groups(verdict, pool), "ax ay bz");
    ck_assert_str_eq(ask("san.email|last in t user=$1", both, ruleset_alice)->user, "b");
    verdict =
        ask("san.email in t user=$1|first group=n$2|count group=$2|last", both, ruleset_alice);
    ck_assert_str_eq(verdict->user, "a");
    ck_assert_str_eq(ruleset_groups(verdict, pool), "n3 z");
}

TEST(a_table_that_captures_nothing_is_asked_until_a_value_is_found)
{
    static const faketable_row_t both[] = {{ALICE, "a"}, {OTHER, "b"}, {NULL, NULL}};

    ask("san.email in t user=x", both, ruleset_alice);
    ck_assert_int_eq(faketable.lookups, 1);
    ask("san.email in t user=$1", both, ruleset_alice);
    ck_assert_int_eq(faketable.lookups, 2);
}

TEST(a_product_of_columns_is_bounded)
{
    const char *many = "v0";
    faketable_row_t rows[] = {{ALICE, NULL}, {NULL, NULL}};
    const cc_verdict_t *verdict;

    for (int i = 1; i < 40; i++)
        many = apr_psprintf(pool, "%s,v%d", many, i);
    rows[0].columns = apr_psprintf(pool, "%s %s", many, many);
    verdict = ask("san.email in t group=$1-$2", rows, ruleset_alice);
    ck_assert_str_eq(tags(verdict), "CC0153 ");
    ck_assert_ptr_nonnull(strstr(verdict->failure, "more than 1000 results"));
    ck_assert_int_eq(verdict->group_count, 0);
    ck_assert_int_eq(ask("san.email in t group=$1 group=b$2", rows, ruleset_alice)->group_count,
                     80);
    ck_assert_str_eq(
        tags(ask("san.email in t group=$1-%{subject.OU}-%{subject.OU|lower}", rows, ruleset_alice)),
        "");
}

TEST(one_value_of_a_long_list_is_chosen_without_making_all_results)
{
    char *many = apr_palloc(pool, 2 * 1001 + 1);
    faketable_row_t rows[] = {{ALICE, NULL}, {NULL, NULL}};
    const cc_verdict_t *verdict;

    for (int i = 0; i < 1001; i++)
        memcpy(many + 2 * i, i == 0 ? "a," : "b,", 2);
    many[2 * 1001 - 1] = '\0';
    rows[0].columns = many;
    verdict = ask("san.email in t user=$1|first group=n$1|count", rows, ruleset_alice);
    ck_assert_str_eq(verdict->user, "a");
    ck_assert_str_eq(ruleset_groups(verdict, pool), "n1001");
}

TEST(a_value_of_a_row_that_cannot_be_used_is_a_failure)
{
    static const faketable_row_t rows[] = {{ALICE, "a\xff staff,b\x01,admins"}, {NULL, NULL}};
    const cc_verdict_t *verdict = ask("san.email in t user=x group=$2", rows, ruleset_alice);

    ck_assert(!cc_verdict_has_identity(verdict));
    ck_assert_str_eq(verdict->failure, "table t (site.conf:1): a value of column 2 cannot be used, "
                                       "\"b\\x01\": it contains a control character");
    ck_assert_str_eq(tags(verdict), "CC0156 ");
    ck_assert_str_eq(verdict->notes[0].text, "san.email in \"t\": a value of column 2 cannot be "
                                             "used, \"b\\x01\": it contains a control character");
    ck_assert_ptr_nonnull(ask("san.email in t user=$1", rows, ruleset_alice)->failure);
    ck_assert_ptr_nonnull(ask("san.email in t group=$2-$3", rows, ruleset_alice)->failure);
}

TEST(a_value_that_no_template_takes_may_be_unusable)
{
    static const faketable_row_t rows[] = {{ALICE, "a\xff staff \x01"}, {NULL, NULL}};
    const cc_verdict_t *verdict = ask("san.email in t user=x group=$2", rows, ruleset_alice);

    ck_assert_ptr_null(verdict->failure);
    ck_assert_str_eq(ruleset_groups(verdict, pool), "staff");
    ck_assert_ptr_null(ask("user=x\nsan.email in t user=$1", rows, ruleset_alice)->failure);
}

TEST(of_a_long_value_of_a_row_only_the_begin_is_told)
{
    char value[1001] = "\xff";
    const faketable_row_t rows[] = {{ALICE, value}, {NULL, NULL}};

    memset(value + 1, 'a', sizeof(value) - 2);
    ck_assert_ptr_nonnull(strstr(ask("san.email in t user=$1", rows, ruleset_alice)->notes[0].text,
                                 "aaa... (1000 octets)\""));
}

TEST(no_condition_holds_on_an_unusable_value)
{
    static const faketable_row_t rows[] = {{"bob@example.com", "bob"}, {NULL, NULL}};
    static const faketable_row_t none[] = {{NULL, NULL}};

    ck_assert_str_eq(ask("san.email in t user=$1", rows, ruleset_bad)->user, "bob");
    ck_assert_ptr_null(ask("san.email !in t user=x", none, ruleset_bad)->user);
    ck_assert_int_eq(faketable.lookups, 1);
}

/* ---- failures ---------------------------------------------------------------------------- */

typedef struct failure_case_t {
    const char *rules;
    const char *fails;
    bool failed;
} failure_case_t;

static const failure_case_t failures[] = {
    {"san.email in t user=$1", "*", true},
    {"san.email !in t user=x", "*", true},
    {"user=x group=g\nsan.email in t deny", "*", true},
    {"user=x group=g\nsan.email !in t deny", "*", true},
    {"san.email in t user=$1\nsan.dns in t group=x", "alice.example.com", true},
    /* one value is found, the other is not usable as a key */
    {"san.email in t user=$1", OTHER, true},
    {"san.email in t user=x", OTHER, false},
    /* a lookup that is not needed does not fail */
    {"subject.CN == Bob san.email in t user=x\nuser=y", "*", false},
    {"san.email in t subject.CN == Bob user=x\nuser=y", "*", false},
    {"subject.CN == Alice deny\nsan.email in t user=$1", "*", false},
};

TEST_LOOP(a_lookup_that_fails_leaves_nothing_of_the_verdict, 0, COUNT(failures))
{
    const failure_case_t *expected = &failures[_i];
    cc_tables_t *tables = one_table(people);
    cc_rules_t *rules;
    const cc_verdict_t *verdict, *traced;
    apr_array_header_t *trace = apr_array_make(pool, 1, sizeof(cc_step_t));

    rules = ruleset_compile_with(tables, expected->rules, pool);
    faketable.fails = expected->fails;
    verdict = ruleset_verdict(rules, ruleset_alice, pool);
    traced = cc_rules_evaluate(rules, ruleset_certificate(ruleset_alice, pool), &ruleset_facts,
                               trace, pool, pool);
    ck_assert_str_eq(ruleset_text(traced, pool), ruleset_text(verdict, pool));
    ck_assert(!verdict->failure == !expected->failed);
    if (expected->failed) {
        ck_assert_str_eq(verdict->failure, "table t (site.conf:1): it is on fire");
        ck_assert(!cc_verdict_has_identity(verdict) && verdict->matched_count == 0);
        ck_assert(verdict->stale_at == ruleset_facts.now && !verdict->failure_lasts);
    }
}

TEST(a_trace_ends_with_the_lookup_that_failed)
{
    cc_rules_t *rules =
        ruleset_compile_with(one_table(people), "group=g\nsan.email in t user=$1\nuser=x", pool);
    apr_array_header_t *trace = apr_array_make(pool, 1, sizeof(cc_step_t));
    const cc_step_t *last;

    faketable.fails = OTHER; /* the second value: the first one is found */
    cc_rules_evaluate(rules, ruleset_certificate(ruleset_alice, pool), &ruleset_facts, trace, pool,
                      pool);
    ck_assert_int_eq(trace->nelts, 2);
    last = &APR_ARRAY_IDX(trace, 1, cc_step_t);
    ck_assert_str_eq(last->condition, "san.email in \"t\"");
    ck_assert_str_eq(last->seen, ALICE ", " OTHER);
}

TEST(after_a_lookup_that_failed_there_is_no_other)
{
    cc_rules_t *rules =
        ruleset_compile_with(one_table(people), "san.email in t user=$1\nsan.dns in t deny", pool);

    faketable.fails = "*";
    ruleset_verdict(rules, ruleset_alice, pool);
    ck_assert_int_eq(faketable.lookups, 1);
}

TEST(a_rule_that_the_index_rules_out_asks_no_table)
{
    cc_rules_t *rules = ruleset_compile_with(
        one_table(people), "san.email in t san.dns !in t subject.CN == Bob user=x", pool);
    apr_array_header_t *trace = apr_array_make(pool, 1, sizeof(cc_step_t));

    cc_rules_evaluate(rules, ruleset_certificate(ruleset_alice, pool), &ruleset_facts, trace, pool,
                      pool);
    ck_assert_int_eq(faketable.lookups, 0);
    ck_assert_str_eq(APR_ARRAY_IDX(trace, 0, cc_step_t).condition, "subject.CN == \"Bob\"");
}

/* ---- change ------------------------------------------------------------------------------ */

TEST(the_generation_is_the_sum_over_the_tables_that_rules_name)
{
    cc_tables_t *tables = faketable_make("t fake:x\nu fake:y\nv fake:z", pool);
    cc_rules_t *rules = ruleset_compile_with(tables,
                                             "san.email in t user=x\nsan.dns in t group=y\n"
                                             "san.email !in u user=x",
                                             pool);

    faketable.generation = 7;
    ck_assert(cc_rules_generation(rules) == 14);
    ck_assert(ruleset_verdict(rules, ruleset_alice, pool)->generation == 14);
    ck_assert(cc_rules_generation(ruleset_compile("user=x", pool)) == 0);
}

TEST(a_table_that_changes_in_the_middle_is_asked_again)
{
    static const faketable_row_t before[] = {{ALICE, "old old"}, {NULL, NULL}};
    static const faketable_row_t after[] = {{ALICE, "new new"}, {NULL, NULL}};
    cc_rules_t *rules = ruleset_compile_with(
        one_table(before), "san.email in t user=$1\nsan.email in t group=$2", pool);
    apr_array_header_t *trace = apr_array_make(pool, 1, sizeof(cc_step_t));
    const cc_verdict_t *verdict;

    faketable.next_rows = after;
    faketable.changes = 1;
    verdict = cc_rules_evaluate(rules, ruleset_certificate(ruleset_alice, pool), &ruleset_facts,
                                trace, pool, pool);
    ck_assert_str_eq(verdict->user, "new");
    ck_assert_str_eq(ruleset_groups(verdict, pool), "new");
    ck_assert(verdict->generation == cc_rules_generation(rules));
    ck_assert_int_eq(trace->nelts, 2);
}

TEST(a_verdict_is_stale_when_the_first_of_its_answers_is)
{
    cc_tables_t *tables =
        faketable_make("short asked:x ttl=10 negative_ttl=10\nlong asked:x ttl=100", pool);
    apr_time_t now = apr_time_now();
    cc_rules_t *rules =
        ruleset_compile_with(tables, "san.email in long user=x\nsan.dns in short user=x", pool);
    apr_time_t at;

    faketable.rows = people;
    ck_assert_int_eq(cc_tables_open(tables, "/", pool, NULL), APR_SUCCESS);
    at = ruleset_verdict(rules, ruleset_alice, pool)->stale_at;
    ck_assert(at >= now + apr_time_from_sec(9) && at <= now + apr_time_from_sec(20));
    at = ruleset_verdict(ruleset_compile_with(tables, "san.email in long user=x", pool),
                         ruleset_alice, pool)
             ->stale_at;
    ck_assert(at >= now + apr_time_from_sec(99));
    at = ruleset_verdict(ruleset_compile_with(one_table(people), "san.email in t user=x", pool),
                         ruleset_alice, pool)
             ->stale_at;
    ck_assert(at == APR_INT64_MAX);
}

SUITE("tables", .setup = setup, .teardown = teardown);
