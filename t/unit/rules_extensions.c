/* SPDX-License-Identifier: Apache-2.0 */
/* Tests rules about what is inside extensions: values, several values, unusable values. */
#include <string.h>

#include <apr_strings.h>

#include "certs.h"
#include "ruleset.h"
#include "suite.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/*
 * 1.2.1: the text "web". 1.2.2: SET { SEQUENCE { "backup", "admin" }, SEQUENCE { "read", "test" }
 * }. 1.2.3: the plain text "plain", which is no DER. 1.2.4: SEQUENCE { "a", "b" LF, 100 }. 1.2.5:
 * the octets of nothing. 1.2.6 occurs twice. 1.2.7: an OCTET STRING with the plain text "fqan".
 * 1.2.8: SEQUENCE { OID 2.760, UTCTime }.
 */
static const certs_extension_t extensions[] = {
    {"1.2.1", CERTS_OCTETS("\x0c\x03web"), NULL},
    {"1.2.2",
     CERTS_OCTETS("\x31\x1f\x30\x0f\x0c\x06"
                  "backup\x0c\x05"
                  "admin\x30\x0c\x0c\x04read\x0c\x04test"),
     NULL},
    {"1.2.3", CERTS_OCTETS("plain"), NULL},
    {"1.2.4",
     CERTS_OCTETS("\x30\x0a\x0c\x01"
                  "a\x0c\x02"
                  "b\n\x02\x01\x64"),
     NULL},
    {"1.2.5", CERTS_OCTETS(""), NULL},
    {"1.2.6", CERTS_OCTETS("\x05\0"), NULL},
    {"1.2.6", CERTS_OCTETS("\x05\0"), NULL},
    {"1.2.7",
     CERTS_OCTETS("\x04\x04"
                  "fqan"),
     NULL},
    {"1.2.8",
     CERTS_OCTETS("\x30\x13\x06\x02\x86\x48\x17\x0d"
                  "260101000000Z"),
     NULL},
    {"keyUsage", {NULL, 0}, "critical,digitalSignature"},
    {NULL, {NULL, 0}, NULL},
};

static const certs_spec_t spec = {.extensions = extensions};

typedef struct rule_case_t {
    const char *rules;
    const char *groups; /* separated by spaces; "!": a rule denied */
    const char *notes;  /* the tags, each followed by a space */
} rule_case_t;

#define NOTE "CC0150 "

static const rule_case_t cases[] = {
    {"ext.1.2.1|text == web group=x", "x", ""},
    {"ext.1.2.1|text != web group=x", "", ""},
    {"ext.1.2.1|text|upper == WEB group=x", "x", ""},
    {"ext.1.2.1|text =~ \"(w)(.*)\" group=$2$1", "ebw", ""},
    {"group=%{ext.1.2.1|text}", "web", ""},
    {"group=%{ext.1.2.1|hex}", "0c03776562", ""},
    {"group=%{ext.1.2.1|contents}", "776562", ""},
    {"group=%{ext.1.2.1|contents|utf8}", "web", ""},
    {"ext.1.2.1 == 0c03776562 group=x", "x", ""},
    {"ext.1.2.1 == 0C:03:77:65:62 group=x", "x", ""},
    {"ext.1.2.1|hex == 0c03776562 group=x", "x", ""},
    /* several values */
    {"group=%{ext.1.2.2|at(*/1)|text}", "backup read", ""},
    {"group=%{ext.1.2.2|at(*/1)|text|last}", "read", ""},
    {"group=%{ext.1.2.2|at(2)|at(1)|text}", "read", ""},
    {"ext.1.2.2|at(*/2)|text == test group=x", "x", ""},
    {"ext.1.2.2|at(*/2)|text == other group=x", "", ""},
    {"ext.1.2.2|at(*/2)|text != other group=x", "x", ""},
    {"ext.1.2.2|at(*/2)|text != test group=x", "", ""},
    {"ext.1.2.2|at(2) == 300c0c04726561640c0474657374 group=x", "x", ""},
    /* what is made of the same elements steps together */
    {"group=%{ext.1.2.2|at(*)|at(1)|text}@%{ext.1.2.2|at(*)|at(2)|text}", "backup@admin read@test",
     ""},
    {"group=%{ext.1.2.2|at(*)|at(1)|text}.%{ext.1.2.2|at(*)|at(2)|text|upper}.x",
     "backup.ADMIN.x read.TEST.x", ""},
    {"group=%{ext.1.2.2|at(*)|at(1)|text}@%{ext.1.2.2|at(*)|at(3)|text}", "", ""},
    {"group=%{ext.1.2.2|at(1/1)|text}@%{ext.1.2.2|at(2/2)|text}", "backup@test", ""},
    {"group=%{ext.1.2.4|at(1)|text}%{ext.1.2.4|at(2)|text}", "", NOTE},
    /* paths that may lead to several elements are variables of their own */
    {"group=%{ext.1.2.2|at(*/1)|text}@%{ext.1.2.2|at(*/2)|text}",
     "backup@admin backup@test read@admin read@test", ""},
    /* no value */
    {"ext.1.2.9|text == web group=x", "", ""},
    {"ext.1.2.9|text != web group=x", "x", ""},
    {"ext.1.2.2|at(3)|text == web group=x", "", ""},
    {"ext.1.2.2|at(3)|text != web group=x", "x", ""},
    {"group=%{ext.1.2.2|at(3)|text}", "", ""},
    /* plain text */
    {"group=%{ext.1.2.3|utf8}", "plain", ""},
    {"group=%{ext.1.2.7|contents|utf8}", "fqan", ""},
    {"group=%{ext.1.2.8|at(1)|oid}", "2.760", ""},
    {"ext.critical == 2.5.29.15 group=x", "x", ""},
    {"ext.critical == 1.2.1 group=x", "", ""},
    /* the number, not that of its encoding */
    {"group=%{ext.1.2.4|at(3)|integer}", "100", ""},
    {"group=%{ext.1.2.4|at(3)|contents|decimal}", "100", ""},
    {"ext.1.2.4|at(3)|integer >= 100 group=x", "x", ""},
    {"ext.1.2.4|at(3)|integer > 100 group=x", "", ""},
    {"ext.1.2.4|at(integer)|integer == 100 group=x", "x", ""},
    {"ext.1.2.8|at(2)|time < 2026-01-02 group=x", "x", ""},
    {"ext.1.2.8|at(2)|time|unix == 1767225600 group=x", "x", ""},
    {"ext.1.2.1|contents == 77:65:62 group=x", "x", ""},
    {"ext.1.2.1|present == true group=x", "x", ""},
    {"ext.1.2.3|text|present == true group=x", "x", ""},
    {"ext.1.2.9|present == true group=x", "", ""},
    {"ext.1.2.2|at(*)|count == 2 group=x", "x", ""},
    {"group=%{ext.critical}", "2.5.29.15", ""},
    /* what cannot be decoded is unusable, in either direction */
    {"group=%{ext.1.2.3|text}", "", NOTE},
    {"ext.1.2.3|text == plain group=x", "", NOTE},
    {"ext.1.2.3|text != other group=x", "", NOTE},
    {"ext.1.2.3|text !~ other group=x", "", NOTE},
    {"ext.1.2.3|at(1)|text != other group=x", "", NOTE},
    {"ext.1.2.3|text == other deny\ngroup=x", "!", NOTE "CC0157 "},
    {"group=%{ext.1.2.4|at(string)|text}", "a", NOTE},
    {"ext.1.2.4|at(*)|text == a group=x", "x", NOTE},
    {"ext.1.2.4|at(*)|text != c group=x", "", NOTE},
    {"ext.1.2.4|at(1)|text != c group=x", "x", ""},
    {"ext.1.2.4|text != c group=x", "", NOTE},
    {"ext.1.2.5|text != c group=x", "", NOTE},
    {"ext.1.2.5|utf8 == \"\" group=x", "x", ""},
    {"ext.1.2.6|text != c group=x", "", NOTE},
    {"ext.1.2.6|at(*)|text != c group=x", "", NOTE},
    {"ext.1.2.6|hex != 0c group=x", "", NOTE},
    {"ext.1.2.7|text != c group=x", "", NOTE},
};

TEST_LOOP(a_rule_about_an_extension_gives_what_it_says, 0, COUNT(cases))
{
    const rule_case_t *c = &cases[_i];
    const cc_verdict_t *verdict = cc_rules_evaluate(
        ruleset_compile(c->rules, pool), certs_make(&spec, pool), &ruleset_facts, NULL, pool, pool);
    const char *groups = verdict->denied_where ? "!" : ruleset_groups(verdict, pool);
    const char *tags = "";

    for (int i = 0; i < verdict->note_count; i++)
        tags = apr_pstrcat(pool, tags, verdict->notes[i].tag, " ", NULL);
    ck_assert_msg(strcmp(groups, c->groups) == 0, "%s: %s", c->rules, groups);
    ck_assert_msg(strcmp(tags, c->notes) == 0, "%s: %s", c->rules, tags);
}

TEST(an_extension_that_is_there_twice_is_not_critical_or_else)
{
    static const certs_extension_t twice[] = {
        {"keyUsage", {NULL, 0}, "critical,digitalSignature"},
        {"keyUsage", {NULL, 0}, "digitalSignature"},
        {"basicConstraints", {NULL, 0}, "critical,CA:FALSE"},
        {NULL, {NULL, 0}, NULL},
    };
    cc_values_t values =
        certs_values(certs_make(&(certs_spec_t){.extensions = twice}, pool), "ext.critical", pool);

    ck_assert_int_eq(values.count, 2);
    ck_assert_ptr_nonnull(strstr(values.at[0].unusable, "twice"));
    ck_assert_str_eq(values.at[1].text, "2.5.29.19");
    ck_assert_ptr_null(values.at[1].unusable);
}

/* Each test has a pool of its own, so a selector that kept something of a value would show. */
TEST(a_selector_has_its_values_also_on_its_own)
{
    const cc_selector_t *selector;
    cc_values_t values;

    ck_assert_int_eq(cc_selector_parse(&selector, "ext.1.2.2|at(*/1)|text", pool, NULL),
                     APR_SUCCESS);
    ck_assert(cc_selector_many(selector));
    values = cc_selector_values(selector, certs_make(&spec, pool), &ruleset_facts, pool);
    ck_assert_int_eq(values.count, 2);
    ck_assert_str_eq(values.at[1].text, "read");
    ck_assert_int_eq(cc_selector_parse(&selector, "ext.1.2.2|text", pool, NULL), APR_SUCCESS);
    ck_assert(!cc_selector_many(selector));
    ck_assert_int_eq(cc_selector_parse(&selector, "ext.1.2.2|at(1/1)|text", pool, NULL),
                     APR_SUCCESS);
    ck_assert(!cc_selector_many(selector));
    ck_assert_int_eq(cc_selector_parse(&selector, "san.email|lower", pool, NULL), APR_SUCCESS);
    ck_assert(cc_selector_many(selector));
    ck_assert_int_eq(cc_selector_parse(&selector, "san.email|first|lower", pool, NULL),
                     APR_SUCCESS);
    ck_assert(!cc_selector_many(selector));
}

SUITE("extensions in rules", .setup = setup, .teardown = teardown);
