/* SPDX-License-Identifier: Apache-2.0 */
/* Tests conditions on several fields: a field against a field, keys of several fields, networks. */
#include <string.h>

#include <apr_strings.h>

#include "faketable.h"
#include "ruleset.h"
#include "suite.h"

static ruleset_certificate_t carol = {"issuer.CN", "Staff CA",         "issuer.O", "Example; 100%",
                                      "CN",        "carol@a.test",     "UID",      "carol",
                                      "OU",        "a.test",           "OU",       "b.test",
                                      "O",         "Example",          "email",    "carol@a.test",
                                      "email",     "dave@b.test",      "dns",      "A.test",
                                      "ip",        "10.1.2.3",         "ip",       "2001:db8::7",
                                      "ip",        "::ffff:192.0.2.1", NULL};

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* ---- what holds -------------------------------------------------------------------------- */

typedef struct condition_case_t {
    const char *text;
    bool holds;
} condition_case_t;

static const condition_case_t of_carol[] = {
    /* a field against a field: any value of one equals any value of the other */
    {"subject.CN == %{san.email}", true},
    {"subject.CN != %{san.email}", false},
    {"subject.CN == %{san.dns}", false},
    {"subject.CN != %{san.dns}", true},
    {"subject.UID == %{san.email|local}", true},
    {"subject.UID|upper == %{san.email|local}", false},
    {"subject.OU == %{san.dns}", false},
    {"subject.OU == %{san.dns|lower}", true},
    {"subject.OU != %{san.email|domain}", false},
    {"'subject.OU' == '%{san.email|last|domain}'", true},
    {"subject.O == %{issuer.O}", false},
    {"subject.CN == %{subject.CN}", true},
    {"subject == %{issuer}", false},
    {"subject under %{issuer}", false},
    {"subject under %{subject}", true},
    {"sha256 == %{spki.sha256}", false},
    {"not_before < %{not_after}", true},
    {"not_before >= %{not_after}", false},
    {"days_left < %{lifetime_days}", true},
    {"days_left > %{lifetime_days}", false},
    /* no value on one side */
    {"subject.CN == %{san.upn}", false},
    {"subject.CN != %{san.upn}", true},
    {"san.upn == %{subject.CN}", false},
    {"san.upn != %{subject.CN}", true},
    /* networks */
    {"san.ip under 10.0.0.0/8", true},
    {"san.ip under 10.1.2.3", true},
    {"san.ip under 10.1.2.3/32", true},
    {"san.ip under 10.1.2.2/31", true},
    {"san.ip under 10.1.2.4/30", false},
    {"san.ip under 10.1.3.0/24", false},
    {"san.ip under 0.0.0.0/0", true},
    {"san.ip under 192.0.2.0/24", false}, /* its address is in an IPv6 address */
    {"san.ip under ::ffff:192.0.2.0/120", true},
    {"san.ip under 2001:DB8::/32", true},
    {"san.ip under 2001:db8:1::/48", false},
    {"san.ip under ::/0", true},
    {"san.ip|first under 2001:db8::/32", false},
    {"san.ip == 10.1.2.3", true},
    {"via.proxy under 10.0.0.0/8", false},
    /* serial numbers: 1A2B is 6699 */
    {"serial == dec:6699", true},
    {"serial == DEC:0006699", true},
    {"serial == dec:6698", false},
    {"serial == dec:-6699", false},
    {"serial == der:1a2b", true},
    {"serial == -1a2b", false},
    /* keys of several fields */
    {"(subject.UID,serial) == carol;1a2b", true},
    {"(subject.UID,serial) == carol;1a2c", false},
    {"(subject.UID,serial) != carol;1a2b", false},
    {"(serial,subject.UID) == carol;1a2b", false},
    {"(issuer.O,serial) == 'Example%3B 100%25;1a2b'", true},
    {"(issuer.O,serial) == 'Example; 100%;1a2b'", false},
    {"(subject.UID,san.upn) != x", true},
    {"(subject.UID|upper,serial|first) == CAROL;1a2b", true},
    {"(subject.UID,serial)|upper == CAROL;1A2B", true},
    /* combinations: each OU with each address, but both parts of one address */
    {"(subject.OU,san.email) == 'a.test;dave@b.test'", true},
    {"(san.email|local,san.email|domain) == 'carol;a.test'", true},
    {"(san.email|local,san.email|domain) == 'dave;b.test'", true},
    {"(san.email|local,san.email|domain) == 'carol;b.test'", false},
    {"(san.email|first|local,san.email|domain) == 'carol;b.test'", true},
};

static void check(const condition_case_t *c, ruleset_certificate_t pairs)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);
    cc_error_t err = {0};

    ck_assert_msg(cc_rules_add_conditions(rules, c->text, "r1", &err) == APR_SUCCESS, "%s: %s",
                  c->text, err.message);
    ck_assert_msg((ruleset_verdict(rules, pairs, pool)->matched_count == 1) == c->holds, "%s",
                  c->text);
}

TEST_LOOP(a_condition_on_several_fields_holds_exactly_where_it_should, 0, COUNT(of_carol))
{
    check(&of_carol[_i], carol);
}

/* The address of a proxy on the same link has a zone. */
TEST(the_zone_of_an_address_is_in_no_network)
{
    static const condition_case_t cases[] = {{"via.proxy under fe80::/10", true},
                                             {"via.proxy under fe80::1", true},
                                             {"via.proxy under 2001:db8::/32", false},
                                             {"via.proxy under 0.0.0.0/0", false}};
    cc_facts_t facts = ruleset_facts;

    facts.via = CC_VIA_HEADER;
    facts.via_proxy = "fe80::1%eth0";
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *line = apr_pstrcat(pool, cases[i].text, " user=x", NULL);
        const cc_verdict_t *verdict =
            cc_rules_evaluate(ruleset_compile(line, pool), ruleset_certificate(carol, pool), &facts,
                              NULL, pool, pool);

        ck_assert_msg((verdict->user != NULL) == cases[i].holds, "%s", line);
    }
}

/* san.email: two of three values are unusable; subject.CN: the only one is. */
static const condition_case_t of_bad[] = {
    {"subject.CN == %{subject.CN}", false},
    {"subject.O == %{subject.CN}", false},
    {"subject.O != %{subject.CN}", false},
    {"subject.O != %{san.email}", false},
    {"san.email == %{san.email}", true},
    {"san.email != %{subject.O}", false},
    {"(subject.CN,serial) == 'admin;1a2b'", false},
    {"(subject.CN,serial) != 'x;1a2b'", false},
    {"(san.email,serial) == 'bob@example.com;1a2b'", true},
    {"(san.email,serial) != 'x;1a2b'", false},
};

TEST_LOOP(no_such_condition_holds_by_an_unusable_value, 0, COUNT(of_bad))
{
    check(&of_bad[_i], ruleset_bad);
}

/* A rule that denies cannot be avoided by a value that cannot be used. */
TEST(an_undecided_comparison_of_fields_denies)
{
    static const char *const rules[] = {"subject.O == %{subject.CN} deny\nuser=x",
                                        "(subject.CN,serial) == 'admin;1a2b' deny\nuser=x"};

    for (size_t i = 0; i < COUNT(rules); i++)
        ck_assert_ptr_nonnull(ruleset_ask(rules[i], ruleset_bad, pool)->denied_where);
}

/* ---- errors ------------------------------------------------------------------------------ */

typedef struct error_case_t {
    const char *text;
    const char *tag;
    const char *says;
} error_case_t;

static const error_case_t errors[] = {
    {"subject.CN == a%{subject.OU}", "CC0235", "must be the whole operand"},
    {"subject.CN == %{subject.OU}b", "CC0235", "must be the whole operand"},
    {"subject.CN == %{subject.OU}%{subject.O}", "CC0235", "must be the whole operand"},
    {"issuer == CN=%{subject.CN}", "CC0235", "must be the whole operand"},
    {"subject.CN == %{subject.OU", "CC0235", "must be the whole operand"},
    {"san.ip under %{san.ip}", "CC0235", "no field is a network"},
    {"subject.CN == %{subject.XX}", "CC0202", ""},
    {"subject.CN == %{san.email|lowr}", "CC0211", "no such modifier"},
    {"subject.CN == %{subject}", "CC0236", "subject.CN and subject have different types"},
    {"serial == %{subject.CN}", "CC0236", "different types"},
    {"days_left < %{not_after}", "CC0236", "different types"},
    {"san.ip under 10.0.0.0/33", "CC0237", "not an IP network; write one such as 10.0.0.0/8"},
    {"san.ip under 10.0.0.0/", "CC0237", "not an IP network"},
    {"san.ip under 10.0.0.0/-1", "CC0237", "not an IP network"},
    {"san.ip under 10.0.0.0/0000008", "CC0237", "not an IP network"},
    {"san.ip under 10.0.0/8", "CC0237", "not an IP network"},
    {"san.ip under 10.1.2.3/8", "CC0237", "write 10.0.0.0/8"},
    {"san.ip under 2001:db8::1/32", "CC0237", "write 2001:db8::/32"},
    {"san.ip|lower under 10.0.0.0/8", "CC0215", ""},
    {"san.ip == 10.0.0.0/8", "CC0239", "write san.ip under 10.0.0.0/8"},
    {"via.proxy|first != 2001:db8::/32", "CC0239", "via.proxy|first under 2001:db8::/32"},
    {"san.ip == 10.0.0.1/8", "CC0280", "not an IP address; write one"},
    {"san.dns under example.com", "CC0215", ""},
    {"serial == dec:1a", "CC0238", "or dec: and its decimal digits"},
    {"serial == dec:", "CC0238", ""},
    {"serial == der:123", "CC0238", ""},
    {"(issuer) == x", "CC0243", "remove the parentheses"},
    {"(issuer,serial == x", "CC0234", "(FIELD,FIELD)"},
    {"(issuer,) == x", "CC0234", ""},
    {"(,serial) == x", "CC0234", ""},
    {"(issuer,(serial,sha256)) == x", "CC0234", ""},
    {"(issuer,serial)x == x", "CC0234", ""},
    {"() == x", "CC0243", ""},
    {"(issuer,seriel) == x", "CC0201", "serial"},
    {"(issuer,serial) =~ x", "CC0215", "write one of ==, !=, in, !in"},
    {"(issuer,serial) under x", "CC0215", ""},
};

TEST_LOOP(a_bad_condition_is_refused_with_its_remedy, 0, COUNT(errors))
{
    const error_case_t *c = &errors[_i];
    cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);
    cc_error_t err = {0};

    ck_assert_int_eq(cc_rules_add_conditions(rules, c->text, "r1", &err), APR_EINVAL);
    ck_assert_msg(strcmp(err.tag, c->tag) == 0 && strstr(err.message, c->says), "%s: %s %s",
                  c->text, err.tag, err.message);
}

/* ---- tables ------------------------------------------------------------------------------ */

static const faketable_row_t pins[] = {
    {"O=Example\\%3B 100%25,CN=Staff CA;1a2b", "carol"},
    {"dave;b.test", "dave"},
    {"carol;b.test", "mallory"},
    {NULL, NULL},
};

static const cc_verdict_t *look_up(const char *rules)
{
    const char *line = strstr(rules, " r ") ? "r several:x" : "t fake:x";
    cc_tables_t *tables = faketable_make(line, pool);
    cc_rules_t *compiled = ruleset_compile_with(tables, rules, pool);

    faketable.rows = pins;
    ck_assert_int_eq(cc_tables_open(tables, "/", pool, NULL), APR_SUCCESS);
    return ruleset_verdict(compiled, carol, pool);
}

TEST(a_row_is_bound_to_the_ca_by_its_key)
{
    ck_assert_str_eq(look_up("(issuer,serial) in t user=$1")->user, "carol");
    ck_assert_str_eq(look_up("(issuer,serial) in r user=$1")->user, "carol");
    ck_assert_ptr_null(look_up("(subject,serial) in t user=$1")->user);
    ck_assert_str_eq(look_up("(issuer,serial) !in t user=a\nuser=b")->user, "b");
}

/* Otherwise carol@a.test and dave@b.test would also be carol@b.test. */
TEST(the_parts_of_a_key_are_of_one_value)
{
    const cc_verdict_t *verdict =
        look_up("(san.email|local,san.email|domain) in t group=$1 user=x");

    ck_assert_str_eq(ruleset_groups(verdict, pool), "dave");
}

/* 40 x 40 combinations are refused, and what is refused is not decided. */
TEST(too_many_combinations_are_unusable)
{
    const char *pairs[2 * 82 + 1] = {"issuer.CN", "CA", "CN", "x"};
    int at = 4;

    for (int i = 0; i < 40; i++) {
        pairs[at++] = "email";
        pairs[at++] = apr_psprintf(pool, "u%d@x.test", i);
        pairs[at++] = "OU";
        pairs[at++] = apr_psprintf(pool, "ou%d", i);
    }
    ck_assert_int_eq(ruleset_ask("(subject.OU,san.email) == x user=a", pairs, pool)->matched_count,
                     0);
    ck_assert_ptr_nonnull(
        ruleset_ask("(subject.OU,san.email) == x deny\nuser=a", pairs, pool)->denied_where);
    ck_assert_int_eq(ruleset_ask("subject.OU == %{san.email} user=a", pairs, pool)->matched_count,
                     0);
}

/* A long list is searched by a hash, with the same result. */
TEST(a_long_list_is_compared_like_a_short_one)
{
    const char *pairs[2 * 64 + 1] = {"issuer.CN", "CA", "CN", "u39@x.test", "O", "evil\001"};
    int at = 6;

    for (int i = 0; i < 40; i++) {
        pairs[at++] = "email";
        pairs[at++] = apr_psprintf(pool, "u%d@x.test", i);
    }
    ck_assert_str_eq(ruleset_ask("subject.CN == %{san.email} user=a", pairs, pool)->user, "a");
    ck_assert_ptr_null(ruleset_ask("subject.O == %{san.email} user=a", pairs, pool)->user);
    pairs[3] = "u40@x.test";
    ck_assert_ptr_null(ruleset_ask("subject.CN == %{san.email} user=a", pairs, pool)->user);
    ck_assert_str_eq(ruleset_ask("subject.CN != %{san.email} user=a", pairs, pool)->user, "a");
}

/* ---- what is shown ----------------------------------------------------------------------- */

TEST(the_trace_shows_the_values_of_both_fields)
{
    cc_rules_t *rules = ruleset_compile("subject.UID == %{san.email|domain} user=x", pool);
    apr_array_header_t *trace = apr_array_make(pool, 1, sizeof(cc_step_t));
    const cc_step_t *step;

    cc_rules_evaluate(rules, ruleset_certificate(carol, pool), &ruleset_facts, trace, pool, pool);
    step = &APR_ARRAY_IDX(trace, 0, cc_step_t);
    ck_assert_str_eq(step->condition, "subject.UID == \"%{san.email|domain}\"");
    ck_assert_str_eq(step->seen, "carol; san.email|domain: a.test, b.test");
}

/* The field of the operand was not needed for the verdict, so its values are no trouble. */
TEST(the_trace_adds_no_note_on_the_field_of_an_operand)
{
    cc_rules_t *rules = ruleset_compile("san.upn == %{subject.CN} user=x", pool);
    const cc_cert_t *cert = ruleset_certificate(ruleset_bad, pool);
    apr_array_header_t *trace = apr_array_make(pool, 1, sizeof(cc_step_t));

    ck_assert_int_eq(cc_rules_evaluate(rules, cert, &ruleset_facts, trace, pool, pool)->note_count,
                     0);
    ck_assert_ptr_nonnull(
        strstr(APR_ARRAY_IDX(trace, 0, cc_step_t).seen, "(none); subject.CN: (unus"));
}

/* Two comparisons with different fields are not the same condition. */
TEST(lint_tells_comparisons_apart)
{
    cc_rules_t *rules = ruleset_compile("subject.CN == %{san.email} user=a stop\n"
                                        "subject.CN == %{san.dns} user=b\n"
                                        "san.ip under 10.0.0.0/8 user=c stop\n"
                                        "san.ip under 10.0.0.0/16 user=d",
                                        pool);
    const apr_array_header_t *notes = cc_rules_lint(rules, CC_ISSUERS_ONE, pool);

    ck_assert_int_eq(notes->nelts, 0);
    rules = ruleset_compile("subject.CN == %{san.email} subject.CN != %{san.email} user=a", pool);
    notes = cc_rules_lint(rules, CC_ISSUERS_ONE, pool);
    ck_assert_int_eq(notes->nelts, 1);
    rules = ruleset_compile("subject under %{issuer} subject != %{issuer} user=a\n"
                            "not_before <= %{revocation.date} "
                            "not_before != %{revocation.date} user=b",
                            pool);
    ck_assert_int_eq(cc_rules_lint(rules, CC_ISSUERS_ONE, pool)->nelts, 0);
}

SUITE("fields", .setup = setup, .teardown = teardown);
