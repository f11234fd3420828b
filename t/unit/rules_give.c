/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which users and groups a set of rules can give at all. */
#include <string.h>

#include <apr_strings.h>

#include "faketable.h"
#include "rules/reachable.h"
#include "ruleset.h"
#include "suite.h"

static apr_pool_t *pool;
static cc_tables_t *tables;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    tables = faketable_make("t fake:x", pool);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static bool may_give_user(const cc_rules_t *rules, const char *name)
{
    cc_reachable_t *given = cc_reachable_create(pool);

    cc_reachable_add(given, rules);
    return cc_reachable_user(given, name);
}

static bool may_give_group(const cc_rules_t *rules, const char *name)
{
    cc_reachable_t *given = cc_reachable_create(pool);

    cc_reachable_add(given, rules);
    return cc_reachable_group(given, name);
}

typedef struct give_case_t {
    const char *template;
    const char *name;
    bool may;
} give_case_t;

static const give_case_t gives[] = {
    {"staff", "staff", true},
    {"staff", "Staff", false},
    {"staff", "staf", false},
    {"staff", "staffs", false},
    {"%{subject.OU}", "anything at all", true},
    {"%{subject.OU}", "", false},
    {"%{subject.OU}", "a\nb", false},
    {"ou-%{subject.OU}", "ou-x", true},
    {"ou-%{subject.OU}", "ou-", true},
    {"ou-%{subject.OU}", "x", false},
    {"%{subject.OU}-ou", "x-ou", true},
    {"%{subject.OU}-ou", "x-ou-", false},
    {"%{subject.OU}.%{subject.O}", "a.b.c", true},
    {"%{subject.OU}.%{subject.O}", "abc", false},
    {"a%{subject.OU}a", "a", false},
    {"%{subject.OU|lower}", "staff", true},
    {"%{subject.OU|lower}", "Staff", false},
    {"%{subject.OU|lower|first}", "Staff", false},
    {"%{subject.OU|upper}", "STAFF\xC3\xA4-1", true},
    {"%{subject.OU|upper}", "STAFf", false},
    {"OU-%{subject.OU|lower}", "OU-staff", true},
    {"%{subject.OU|lower}%{subject.O}", "staFF", true},
    {"%{subject.OU|lower}-%{subject.O}", "sTaff-x", false},
    {"$<m>", "Staff", false},
    {"$<m>", "staff", true},
    {"$1", "Staff", true},
    {"$1|lower", "Staff", false},
    {"$1|first|lower", "staff", true},
    {"$<m>|upper", "STAFF", true},
    {"$<m>|upper", "staff", false},
    {"$<m>|first", "Staff", false},
    {"$<m>|first|upper", "STAFF", true},
    {"%{subject.OU|lower}%{subject.OU}", "staFF", true},
    {"%{subject.OU|lower}-%{subject.OU}", "sTaff-x", false},
    {"%{serial|colons}", "AA:bb", false},
    {"%{subject.OU|lower|present}", "true", true},
    {"%{subject.OU|lower|replace(x,X)}", "X", true},
    {"%{subject.OU|replace(x,X)|lower}", "X", false},
    {"$$%%", "$%", true},
};

TEST_LOOP(a_template_may_give_what_fits_its_text, 0, COUNT(gives))
{
    const give_case_t *c = &gives[_i];
    const char *conditions = "san.email|lower =~ (?<m>.*)@.* sid|lower in t";
    const char *lines = apr_pstrcat(pool, conditions, " user=", c->template, "\n", conditions,
                                    " group=", c->template, NULL);
    cc_rules_t *rules = ruleset_compile_with(tables, lines, pool);

    ck_assert_int_eq(may_give_user(rules, c->name), c->may);
    ck_assert_int_eq(may_give_group(rules, c->name), c->may);
}

TEST(a_user_is_no_group)
{
    cc_rules_t *rules = ruleset_compile("user=a group=b group=c", pool);

    ck_assert(may_give_user(rules, "a") && !may_give_group(rules, "a"));
    ck_assert(!may_give_user(rules, "b") && may_give_group(rules, "b"));
    ck_assert(!may_give_user(rules, "c") && may_give_group(rules, "c"));
}

TEST(a_rule_that_never_acts_gives_nothing)
{
    cc_rules_t *rules = ruleset_compile("sid == a sid == b user=x group=x\n"
                                        "sid == c stop\n"
                                        "sid == c version == 3 user=y group=y\n"
                                        "sid == d user=z group=z",
                                        pool);

    ck_assert(!may_give_user(rules, "x") && !may_give_group(rules, "x"));
    ck_assert(!may_give_user(rules, "y") && !may_give_group(rules, "y"));
    ck_assert(may_give_user(rules, "z") && may_give_group(rules, "z"));
    rules = cc_rules_create(NULL, NULL, pool);
    ck_assert(!may_give_user(rules, "x") && !may_give_group(rules, "x"));
}

SUITE("give", .setup = setup, .teardown = teardown);
