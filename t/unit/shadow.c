/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how verdicts of shadow rules are compared, and which shadow rules are in effect. */
#include <string.h>

#include "fakehttpd.h"
#include "httpd/conf/dir.h"
#include "httpd/request/shadow.h"
#include "ruleset.h"
#include "suite.h"

static apr_pool_t *pool;

static void setup(void)
{
    fake_begin();
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    fake_end();
}

static const cc_verdict_t *verdict_of(const char *rules)
{
    return rules ? ruleset_ask(rules, ruleset_alice, pool) : NULL;
}

static const struct {
    const char *live, *shadow;
    bool differs;
} pairs[] = {
    {NULL, "subject.CN == nobody user=x", false},
    {NULL, "user=x", true},
    {NULL, "group=a", true},
    {NULL, "deny", true},
    {"subject.CN == nobody user=x", "subject.CN == nobody user=y", false},
    {"subject.CN == nobody user=x", "deny", true},
    {"deny", "subject.CN == nobody user=x", true},
    {"deny", "user=x\ndeny", false},
    {"user=x", "user=x", false},
    {"user=x", "user=y", true},
    {"user=x", "user=X", true},
    {"user=x", "group=a", true},
    {"group=a", "user=x group=a", true},
    {"user=x group=a group=b", "user=x group=b\ngroup=a", false},
    {"user=x group=a", "user=x group=b", true},
    {"user=x group=a", "user=x group=a group=b", true},
    {"user=x group=a group=b", "user=x group=a", true},
};

TEST_LOOP(two_verdicts_differ_in_result_user_or_groups, 0, COUNT(pairs))
{
    ck_assert_int_eq(
        cc_shadow_differs(verdict_of(pairs[_i].live), verdict_of(pairs[_i].shadow), pool),
        pairs[_i].differs);
}

/* ---- scopes ---------------------------------------------------------------------------------- */

static cc_dir_t *scope(bool rules, bool shadow)
{
    cc_dir_t *dir = cc_dir_create(pool, NULL);

    dir->rules = rules ? ruleset_compile("user=x", pool) : NULL;
    dir->shadow = shadow ? ruleset_compile("user=y", pool) : NULL;
    return dir;
}

TEST(a_scope_with_shadow_rules_uses_those_alone)
{
    cc_dir_t *outer = scope(true, true), *inner = scope(false, true);
    const cc_dir_t *dir = cc_dir_merge(pool, outer, inner);

    ck_assert_ptr_eq(dir->shadow, inner->shadow);
    ck_assert_ptr_eq(dir->rules, outer->rules);
}

TEST(a_scope_without_rules_has_those_around_it)
{
    cc_dir_t *outer = scope(true, true), *inner = scope(false, false);
    const cc_dir_t *dir;

    inner->auth = 0;
    dir = cc_dir_merge(pool, outer, inner);
    ck_assert_ptr_eq(dir->shadow, outer->shadow);
}

TEST(rules_of_a_scope_inside_end_the_shadow_rules_around_it)
{
    cc_dir_t *outer = scope(true, true), *inner = scope(true, false);
    const cc_dir_t *dir = cc_dir_merge(pool, outer, inner);

    ck_assert_ptr_null(dir->shadow);
    ck_assert_ptr_eq(dir->rules, inner->rules);
}

SUITE("shadow", .setup = setup, .teardown = teardown);
