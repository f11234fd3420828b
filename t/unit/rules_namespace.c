/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that rules give no name that ClientCertNamespace does not allow for the certificate. */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "faketable.h"
#include "rules/namespace.h"
#include "ruleset.h"
#include "suite.h"

#define STAFF "issuer == \"CN=Staff CA,O=Example,C=DE\" "
#define PRINTERS "issuer == \"CN=Printer CA,O=Example,C=DE\" "
#define MANY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* A printer whose certificate has the name of an administrator. */
static ruleset_certificate_t printer = {"issuer.C",   "DE", "issuer.O", "Example", "issuer.CN",
                                        "Printer CA", "CN", "root",     NULL};

/* Lines of ClientCertNamespace, "n1" first. */
static cc_namespaces_t *lines_of(cc_tables_t *tables, const char *lines)
{
    cc_namespaces_t *namespaces = cc_namespaces_create(cc_rules_create(tables, NULL, pool));
    char *state, *copy = apr_pstrdup(pool, lines);
    int number = 1;

    for (char *line = apr_strtok(copy, "\n", &state); line; line = apr_strtok(NULL, "\n", &state)) {
        cc_error_t err = {.where = apr_psprintf(pool, "n%d", number++)};

        ck_assert_msg(cc_namespaces_add(namespaces, line, err.where, &err) == APR_SUCCESS, "%s",
                      cc_error_text(&err, pool));
    }
    return namespaces;
}

static cc_rules_t *confined_with(cc_tables_t *tables, const char *rules, const char *lines)
{
    cc_rules_t *made = ruleset_compile_with(tables, rules, pool);

    cc_rules_confine(made, lines_of(tables, lines), cc_confinement_create(pool));
    return made;
}

static const cc_verdict_t *ask(const char *rules, const char *lines, ruleset_certificate_t pairs)
{
    return ruleset_verdict(confined_with(NULL, rules, lines), pairs, pool);
}

/* ---- what is allowed ----------------------------------------------------------------------- */

typedef struct name_case_t {
    const char *rules, *lines;
    const char *user; /* NULL: outside */
} name_case_t;

static const name_case_t names[] = {
    {"user=alice", STAFF "user=alice", "alice"},
    {"user=alice", STAFF "user=[a-z]+", "alice"},
    {"user=alice", "user=alice", "alice"},
    {"user=alice", PRINTERS "user=.*\n" STAFF "user=a.*", "alice"},
    /* anchored at both ends, and one of several patterns or lines is enough */
    {"user=alice", STAFF "user=ali", NULL},
    {"user=alice", STAFF "user=lice", NULL},
    {"user=alice", STAFF "user=Alice", NULL},
    {"user=alice", STAFF "user=b|x", NULL},
    {"user=alice", STAFF "user=bob user=carol user=alice", "alice"},
    {"user=alice", STAFF "user=bob\nuser=carol\n" STAFF "user=alice", "alice"},
    /* no line holds, or it allows no users */
    {"user=alice", PRINTERS "user=.*", NULL},
    {"user=alice", STAFF "group=.*", NULL},
    {"user=alice", STAFF "subject.CN == Bob user=.*", NULL},
    /* groups */
    {"user=alice group=staff", STAFF "user=.* group=staff", "alice"},
    {"user=alice group=staff", STAFF "user=.*", NULL},
    {"user=alice group=staff group=admins", STAFF "user=.* group=staff", NULL},
    {"user=alice group=staff group=admins", STAFF "user=.* group=staff\ngroup=admins", "alice"},
    /* whatever gives the name */
    {"san.email =~ (.+)@example\\.com user=$1", STAFF "user=alice", "alice"},
    {"san.email =~ (.+)@example\\.com user=$1", STAFF "user=bob", NULL},
    {"user=%{subject.CN} group=%{subject.OU}", STAFF "user=Alice group=Staff|Admins", "Alice"},
    {"user=%{subject.CN} group=%{subject.OU}", STAFF "user=Alice group=Staff", NULL},
    {"user=alice\nsubject.CN == Alice group=admins stop", STAFF "user=alice", NULL},
};

TEST_LOOP(only_the_names_of_lines_that_hold_are_given, 0, COUNT(names))
{
    const name_case_t *expected = &names[_i];
    const cc_verdict_t *verdict = ask(expected->rules, expected->lines, ruleset_alice);

    ck_assert_pstr_eq(verdict->user, expected->user);
    ck_assert(cc_verdict_has_identity(verdict) == (expected->user != NULL));
    ck_assert_str_eq(cc_verdict_word(verdict), expected->user ? "mapped" : "outside");
}

TEST(a_printer_with_the_name_of_an_administrator_is_nobody)
{
    const char *lines = STAFF "user=.+ group=admins\n" PRINTERS "user=printer-[0-9]+";
    const cc_verdict_t *verdict = ask("user=%{subject.CN}\ngroup=admins", lines, printer);

    ck_assert_ptr_null(verdict->user);
    ck_assert_ptr_null(verdict->user_where);
    ck_assert_int_eq(verdict->group_count, 0);
    ck_assert_str_eq(verdict->outside_where, "n2");
}

TEST(a_group_alone_does_not_slip_through)
{
    const cc_verdict_t *verdict =
        ask("group=admins\nuser=alice", STAFF "group=admins", ruleset_alice);

    ck_assert_int_eq(verdict->group_count, 0);
    ck_assert_int_eq(cc_verdict_result(verdict), CC_RESULT_OUTSIDE);
}

TEST(without_a_name_there_is_nothing_to_forbid)
{
    ck_assert_str_eq(
        cc_verdict_word(ask("subject.CN == x user=a", PRINTERS "user=x", ruleset_alice)),
        "unmapped");
    ck_assert_str_eq(
        cc_verdict_word(ask("subject.CN == Alice deny", PRINTERS "user=x", ruleset_alice)),
        "denied");
}

TEST(conditions_alone_are_not_confined)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);

    ck_assert_int_eq(cc_rules_add_conditions(rules, "subject.CN == Alice", "c1", NULL),
                     APR_SUCCESS);
    cc_rules_confine(rules, lines_of(NULL, PRINTERS "user=x"), cc_confinement_create(pool));
    ck_assert_int_eq(ruleset_verdict(rules, ruleset_alice, pool)->matched_count, 1);
}

/* ---- what is reported ----------------------------------------------------------------------- */

TEST(a_note_names_the_line_the_name_and_its_rule)
{
    const cc_verdict_t *verdict =
        ask("user=alice\ngroup=\"a\\\"b\"", STAFF "user=alice", ruleset_alice);
    const cc_verdict_t *none =
        ask("user=alice", PRINTERS "user=x\n" PRINTERS "user=y", ruleset_alice);

    ck_assert_int_eq(verdict->note_count, 1);
    ck_assert_str_eq(verdict->notes[0].tag, "CC0108");
    ck_assert_str_eq(verdict->notes[0].where, "n1");
    ck_assert_str_eq(verdict->notes[0].text,
                     "this line does not allow the group \"a\\\"b\", which the rule at r2 gives");
    ck_assert_str_eq(none->notes[0].where, "n1");
    ck_assert_str_eq(none->notes[0].text,
                     "the conditions of no ClientCertNamespace line hold, so nothing allows the "
                     "user \"alice\", which the rule at r1 gives");
}

static const char *trace_of(const cc_rules_t *rules)
{
    apr_array_header_t *trace = apr_array_make(pool, 8, sizeof(cc_step_t));
    const char *text = "";

    cc_rules_evaluate(rules, ruleset_certificate(ruleset_alice, pool), &ruleset_facts, trace, pool,
                      pool);
    for (int i = 0; i < trace->nelts; i++) {
        const cc_step_t *step = &APR_ARRAY_IDX(trace, i, cc_step_t);

        text = apr_pstrcat(pool, text, step->where, step->condition ? " no; " : " yes; ",
                           step->confines ? step->confines : "", "\n", NULL);
    }
    return text;
}

TEST(a_trace_has_the_lines_if_a_name_is_outside)
{
    const char *lines = "subject.CN == Bob user=\"a b\"\nsubject.CN == Alice user=bob group=x";

    ck_assert_str_eq(trace_of(confined_with(NULL, "user=alice", lines)),
                     "r1 yes; \nn1 no; subject.CN == \"Bob\" user=\"a b\"\n"
                     "n2 yes; subject.CN == \"Alice\" user=\"bob\" group=\"x\"\n");
    ck_assert_str_eq(trace_of(confined_with(NULL, "user=bob", lines)), "r1 yes; \n");
}

TEST(a_trace_does_not_change_the_verdict)
{
    static const char lines[] = STAFF "user=x\n" PRINTERS "user=y\nsubject.CN =~ A.* group=z";
    cc_rules_t *rules = confined_with(NULL, "user=alice\ngroup=z", lines);
    const cc_cert_t *cert = ruleset_certificate(ruleset_alice, pool);
    apr_array_header_t *trace = apr_array_make(pool, 8, sizeof(cc_step_t));

    ck_assert_str_eq(
        ruleset_text(cc_rules_evaluate(rules, cert, &ruleset_facts, trace, pool, pool), pool),
        ruleset_text(cc_rules_evaluate(rules, cert, &ruleset_facts, NULL, pool, pool), pool));
}

/* ---- what cannot be decided ------------------------------------------------------------------ */

static ruleset_certificate_t catastrophic = {"issuer.C", "DE", "issuer.O",  "Example", "issuer.CN",
                                             "Staff CA", "CN", MANY_A "bx", NULL};

TEST(an_undecided_line_allows_nothing)
{
    const char *positive = "subject.CN == Alice user=.*", *negative = "subject.CN != Bob user=.*";

    ck_assert_str_eq(cc_verdict_word(ask("user=x", positive, ruleset_bad)), "outside");
    ck_assert_str_eq(cc_verdict_word(ask("user=x", negative, ruleset_bad)), "outside");
    ck_assert_str_eq(ask("user=x", negative, ruleset_bad)->notes[0].tag, "CC0150");
}

TEST(a_name_whose_match_is_abandoned_is_not_allowed)
{
    const cc_verdict_t *verdict = ask("user=%{subject.CN}", STAFF "user=(a+)+b", catastrophic);

    ck_assert_str_eq(cc_verdict_word(verdict), "outside");
    ck_assert_str_eq(verdict->notes[0].tag, "CC0151");
    ck_assert_str_eq(verdict->notes[0].where, "n1");
    ck_assert_int_eq(verdict->note_count, 2);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static const faketable_row_t known[] = {{"Alice", "x"}, {NULL, NULL}};
static const faketable_row_t unknown[] = {{"Bob", "x"}, {NULL, NULL}};

static cc_rules_t *confined_by_table(const char *table)
{
    cc_tables_t *tables = faketable_make(table, pool);

    faketable.rows = known;
    return confined_with(tables, "user=alice", "subject.CN in t user=alice");
}

TEST(a_failed_lookup_of_a_line_is_a_failure)
{
    cc_rules_t *rules = confined_by_table("t fake:x");
    const cc_verdict_t *verdict;

    ck_assert_str_eq(cc_verdict_word(ruleset_verdict(rules, ruleset_alice, pool)), "mapped");
    faketable.fails = "*";
    verdict = ruleset_verdict(rules, ruleset_alice, pool);
    ck_assert_str_eq(cc_verdict_word(verdict), "failed");
    ck_assert(!cc_verdict_has_identity(verdict));
    ck_assert(!verdict->failure_lasts);
    ck_assert(verdict->stale_at == ruleset_facts.now);
}

TEST(the_tables_of_lines_are_tables_of_the_rules)
{
    cc_rules_t *rules = confined_by_table("t fake:x");
    apr_uint64_t before = cc_rules_generation(rules);

    ck_assert(cc_rules_use_tables(rules));
    faketable.generation++;
    faketable.rows = unknown;
    ck_assert(cc_rules_generation(rules) != before);
    ck_assert_str_eq(cc_verdict_word(ruleset_verdict(rules, ruleset_alice, pool)), "outside");
}

TEST(a_table_that_changes_in_between_is_asked_again)
{
    cc_rules_t *rules = confined_by_table("t fake:x");

    faketable.changes = 1;
    faketable.next_rows = unknown;
    ck_assert_str_eq(cc_verdict_word(ruleset_verdict(rules, ruleset_alice, pool)), "outside");
    ck_assert_int_eq(faketable.lookups, 2);
}

TEST(a_verdict_is_stale_when_a_line_may_be)
{
    cc_rules_t *rules = confined_with(NULL, "user=alice", "days_left > 30 user=alice");
    const cc_verdict_t *verdict = ruleset_verdict(rules, ruleset_alice, pool);

    ck_assert(verdict->stale_at > ruleset_facts.now);
    ck_assert(verdict->stale_at < APR_INT64_MAX);
}

TEST(the_fields_of_lines_are_fields_of_the_rules)
{
    cc_rules_t *plain = ruleset_compile("user=alice", pool);
    cc_rules_t *rules = confined_with(NULL, "user=alice",
                                      "tls.version == TLSv1.3 root.subject == \"CN=x\" user=alice");

    ck_assert(!cc_rules_ask_tls(plain));
    ck_assert(cc_rules_ask_tls(rules));
    ck_assert_int_gt(cc_rules_path_need(rules), cc_rules_path_need(plain));
}

/* ---- virtual hosts --------------------------------------------------------------------------- */

static const char *word_at(const cc_rules_t *rules, const void *host)
{
    cc_facts_t facts = ruleset_facts;

    facts.host = host;
    return cc_verdict_word(cc_rules_evaluate(rules, ruleset_certificate(ruleset_alice, pool),
                                             &facts, NULL, pool, pool));
}

TEST(each_host_has_its_own_lines_or_those_of_the_main_server)
{
    static const int strict = 0, other = 0;
    cc_confinement_t *confinement = cc_confinement_create(pool);
    cc_rules_t *rules = ruleset_compile("user=alice", pool);
    cc_rules_t *loose = ruleset_compile("user=alice", pool);

    cc_confinement_add(confinement, &strict, lines_of(NULL, "user=bob"));
    cc_rules_confine(rules, lines_of(NULL, "user=alice"), confinement);
    cc_rules_confine(loose, NULL, confinement);
    ck_assert_str_eq(word_at(rules, &strict), "outside");
    ck_assert_str_eq(word_at(rules, &other), "mapped");
    ck_assert_str_eq(word_at(rules, NULL), "mapped");
    ck_assert_str_eq(word_at(loose, &strict), "outside");
    ck_assert_str_eq(word_at(loose, &other), "mapped");
}

TEST(the_tables_of_all_hosts_are_tables_of_the_rules)
{
    static const int host = 0;
    cc_tables_t *tables = faketable_make("t fake:x", pool);
    cc_confinement_t *confinement = cc_confinement_create(pool);
    cc_rules_t *rules = ruleset_compile_with(tables, "user=alice", pool);

    cc_confinement_add(confinement, &host, lines_of(tables, "subject.CN in t user=alice"));
    cc_rules_confine(rules, NULL, confinement);
    ck_assert(cc_rules_use_tables(rules));
    faketable.rows = known;
    ck_assert_str_eq(word_at(rules, &host), "mapped");
}

/* ---- lines that are not legal ------------------------------------------------------------------
 */

typedef struct bad_t {
    const char *line, *tag, *word;
} bad_t;

static const bad_t bad[] = {
    {STAFF, "CC0251", "CN=Staff CA,O=Example,C=DE"},
    {"", "CC0251", ""},
    {STAFF "user=", "CC0251", "user="},
    {STAFF "group=", "CC0251", "group="},
    {STAFF "deny", "CC0251", "deny"},
    {STAFF "user=x stop", "CC0251", "stop"},
    {STAFF "user=x subject.CN == x", "CC0251", "subject.CN"},
    {STAFF "user=$1", "CC0252", "$1"},
    {STAFF "user=x$<name>", "CC0252", "$<name>"},
    {STAFF "user=%{subject.CN}", "CC0252", "%{subject.CN}"},
    {STAFF "user=(", "CC0218", "("},
    {"issuer =~ x user=x", "CC0216", "=~"},
    {"issuer == CN=x in user=x", "CC0241", "in"},
};

TEST_LOOP(a_line_that_is_not_legal_is_refused, 0, COUNT(bad))
{
    cc_namespaces_t *namespaces = cc_namespaces_create(cc_rules_create(NULL, NULL, pool));
    cc_error_t err = {0};

    ck_assert_int_eq(cc_namespaces_add(namespaces, bad[_i].line, "n1", &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, bad[_i].tag);
    ck_assert_msg(strstr(cc_error_text(&err, pool), bad[_i].word), "%s", cc_error_text(&err, pool));
    ck_assert_int_eq(cc_rules_count(cc_namespaces_rules(namespaces)), 0);
}

static const char *const legal[] = {"user=[$1]", "user=x\\$1", "user=x$", "user=\"a b\" group=b",
                                    "user=a%\\{b\\}"};

TEST_LOOP(a_line_reads_back_as_it_was_written, 0, COUNT(legal))
{
    const char *text = cc_rules_text(cc_namespaces_rules(lines_of(NULL, legal[_i])), 0, pool);

    ck_assert_str_eq(cc_rules_text(cc_namespaces_rules(lines_of(NULL, text)), 0, pool), text);
}

SUITE("namespace", .setup = setup, .teardown = teardown);
