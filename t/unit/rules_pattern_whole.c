/* SPDX-License-Identifier: Apache-2.0 */
/* Tests in which patterns the texts of groups determine the value, and what groups cannot have. */
#include <string.h>

#include <apr_strings.h>

#include "rules/strength.h"
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

/* A condition with this pattern; without a pattern, PCRE2 does not accept it. */
static cc_condition_t condition_of(const char *text, apr_pool_t *p)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, p);
    cc_condition_t c = {.operand = text};
    cc_error_t err;

    if (cc_pattern_compile(&c.pattern, rules, text, &err) != APR_SUCCESS)
        c.pattern = NULL;
    return c;
}

static const struct {
    const char *pattern;
    unsigned groups; /* 0: not whole */
} wholes[] = {
    {"(.+)", 1},
    {"a(.+)b", 1},
    {"(.+)@example\\.com", 1},
    {"(a)(b)", 3},
    {"((a)b)-(c)", 5},
    {"(?:a|b)", 0},
    /* names, in each of their forms */
    {"(?<_x>a)(b)", 3},
    {"(?'n'a)(b)", 3},
    {"(?P<_x>a)(b)", 3},
    {"((?<_x>a))(b)", 5},
    {"((?'n'a))(b)", 5},
    {"((?P<_x>a))(b)", 5},
    {"((?<x>a)(?P=x))(b)", 0},
    {"((?<x>a)(?P>x))(b)", 0},
    {"((?<x>a)\\k<x>)(b)", 0},
    /* parentheses that do not group */
    {"([(])(b)", 3},
    {"([)])(b)", 3},
    {"([^(]+)(b)", 3},
    {"([a\\](]+)(b)", 3},
    {"(\\()(b)", 3},
    {"(\\\\)(b)", 3},
    {"((?:a))(b)", 3},
    {"((?=a)a(?!b)(?<=a)(?<!b))(b)", 3},
    {"((?>a))(b)", 3},
    {"(\\Q(\\E)(b)", 0},
    {"(\\Q)(\\E)(b)", 0},
    {"(a)\\Q(\\E", 0},
    {"((?#()a)(b)", 0},
    {"(a)(?#(b)", 0},
    {"(\\c()(b)", 0},
    {"([]()])(b)", 0},
    {"([[:alpha:]])(b)", 3},
    {"([^[:^alpha:](])(b)", 3},
    {"([[(])(b)", 0},
    {"((?C'(')a)(b)", 0},
    /* other numbers, or other texts */
    {"((?|(a)|(b)))(b)", 0},
    {"(?|(a)|(b))", 0},
    {"((?J)(?<n>a)|(?<n>b))", 0},
    {"(*NO_JIT)(a)", 0},
    {"((*atomic:a))(b)", 0},
    {"(a(*ACCEPT)b)(c)", 0},
    {"((?x)a #)\n)(b)", 0},
    {"((?x:a #)\n))(b)", 0},
    {"(?x)(a)#(b)", 0},
    {"((?i)a)(b)", 0},
    {"(a(?1)?)(b)", 0},
    {"((a)?(?(2)b|c))(d)", 0},
    {"(a)?(b)", 0},
    {"(a){2}(b)", 0},
    {"(a)|(b)", 0},
    {"(a)[b]", 0},
    {"(a)b?", 0},
    {"(a)\\d", 0},
    {"(a)(?=b)b", 0},
};

TEST_LOOP(a_pattern_is_whole_only_if_it_is_understood, 0, COUNT(wholes))
{
    cc_condition_t c = condition_of(wholes[_i].pattern, pool);
    unsigned groups = 0;
    bool whole;

    ck_assert_msg(c.pattern != NULL, "%s: not a pattern", wholes[_i].pattern);
    whole = cc_pattern_whole(&c, &groups, pool);
    ck_assert_msg(whole == (wholes[_i].groups != 0), "%s: %d", wholes[_i].pattern, whole);
    if (whole)
        ck_assert_msg(groups == wholes[_i].groups, "%s: %x", wholes[_i].pattern, groups);
}

TEST(a_pattern_without_groups_is_whole_if_it_is_literal)
{
    cc_condition_t literal = condition_of("a\\.b", pool), other = condition_of("a.b", pool);
    unsigned groups = 1;

    ck_assert(cc_pattern_whole(&literal, &groups, pool));
    ck_assert_uint_eq(groups, 0);
    ck_assert(!cc_pattern_whole(&other, &groups, pool));
}

/* ---- characters -------------------------------------------------------------------------- */

static const struct {
    const char *pattern;
    int group;
    char octet;
    bool lacks;
} lacking[] = {
    {"([^/]+)", 1, '/', true},
    {"([^/]+)", 1, '.', false},
    {"([^./]+)", 1, '.', true},
    {"([a-z][a-z0-9-]*)", 1, '.', true},
    {"([a-z][a-z0-9-]*)", 1, '-', false},
    {"(\\d+)", 1, '-', true},
    {"(\\w+)", 1, '-', true},
    {"(\\w+)", 1, '_', false},
    {"([\\d.]+)", 1, '-', true},
    {"([\\d.]+)", 1, '.', false},
    {"(.+)", 1, '/', false},
    {"(\\D+)", 1, '/', false},
    {"(\\S+)", 1, '/', false},
    {"([^\\d]+)", 1, '/', false},
    {"([^\\S/]+)", 1, '/', true},
    {"([^\\S]+)", 1, '/', true},
    {"([+--]+)", 1, ',', false},
    {"([+\\--]+)", 1, ',', true},
    {"([--/]+)", 1, '.', false},
    {"([\\+-/]+)", 1, '.', false},
    {"([^\\+-/]+)", 1, '.', true},
    {"([+-\\-]+)", 1, ',', false},
    {"([^+-\\-]+)", 1, ',', true},
    {"([!-\\[]+)/(.+)", 1, '/', false},
    {"([!-\\[]+)/(.+)", 1, '~', true},
    {"([!-\\\\]+)/(.+)", 1, '~', true},
    {"([!-\\\\])", 1, '\\', false},
    {"([^\\.-_]+)", 1, '-', false},
    {"([^\\.-_]+)", 1, '/', true},
    {"([^\\p{Lu}]+)", 1, '{', false},
    {"([^\\057]+)", 1, '5', false},
    {"([^\\057]+)", 1, '/', true},
    {"(a\\057)", 1, '/', false},
    {"([^/]+|/)", 1, '/', false},
    {"([^/]+|a)", 1, '/', true},
    {"((?:a|b)+)", 1, ':', true},
    {"((?<x>a)b)", 1, '<', true},
    {"(a/)", 1, '/', false},
    {"(a\\/)", 1, '/', false},
    {"(a{1,2})", 1, ',', false},
    {"(\\pL+)", 1, '/', false},
    {"([[:punct:]]+)", 1, '/', false},
    {"([]-a]+)", 1, '^', false},
    {"([]/]+)", 1, '^', false}, /* not understood */
    {"([^[:alpha:]]+)", 1, '/', false},
    {"([^[:alpha:]/]+)", 1, '/', true},
    {"(é+)", 1, '/', true},
    {"([^é]+)", 1, '/', false},
    {"([a-é]+)", 1, '~', false},
    {"([^/]+)/(.+)", 2, '/', false},
    {"(.+)/([^/]+)", 2, '/', true},
    {"(([^/]+).)/(a)", 2, '/', false}, /* it is in another group */
    {"(([^/]+))/(a)", 3, '/', true},
    {"(a)", 2, '/', false},
};

TEST_LOOP(a_group_lacks_only_what_none_of_its_items_has, 0, COUNT(lacking))
{
    cc_condition_t c = condition_of(lacking[_i].pattern, pool);

    ck_assert_msg(c.pattern != NULL, "%s: not a pattern", lacking[_i].pattern);
    ck_assert_msg(cc_pattern_group_lacks(&c, lacking[_i].group, lacking[_i].octet) ==
                      lacking[_i].lacks,
                  "%s and %c", lacking[_i].pattern, lacking[_i].octet);
}

/* ---- random patterns from a fixed seed --------------------------------------------------- */

static const char *const tokens[] = {
    "(", "(", "(", ")", ")", ")", "a", "b", "-", "[", "]", "^", "|", "*", "?", ".", "[:alpha:]",
    "[^", "(?:", "(?|", "(?#", "(?<_x>", "(?'y'", "(?P<z>", "(?i)", "(?1)", "[(]", "[^b]", "[(-b]",
    "[!-\\[]", "[!-\\\\]", "\\(", "\\)", "\\Q", "\\E", "\\d", "\\w", "{2}", "(*ACCEPT)", "(?=",
    "(?<!"};

static unsigned seed;

static unsigned chance(unsigned of)
{
    seed = seed * 1103515245u + 12345u;
    return (seed >> 16) % of;
}

static const char *random_pattern(apr_pool_t *p)
{
    const char *text = "";

    for (unsigned i = 2 + chance(8); i > 0; i--)
        text = apr_pstrcat(p, text, tokens[chance(COUNT(tokens))], NULL);
    return text;
}

#define LETTERS "ab-()"
#define VALUES_MAX 3905 /* of at most five letters */

/* The n-th value: all of one letter, then all of two ... */
static const char *value_at(int n, apr_pool_t *p)
{
    char text[8], *to = text + sizeof(text);

    *--to = '\0';
    for (n++; n > 0; n = (n - 1) / 5)
        *--to = LETTERS[(n - 1) % 5];
    return apr_pstrdup(p, to);
}

/* The texts of these groups, each of which took part; joined by what no text has. */
static const char *texts_of(const struct iovec *groups, unsigned wanted, apr_pool_t *p)
{
    const char *texts = "";

    for (int i = 0; wanted >> i; i++) {
        if (wanted >> i & 1) {
            const struct iovec *group = &groups[i + 1];
            ck_assert_ptr_nonnull(group->iov_base);
            texts = apr_pstrcat(p, texts, apr_pstrmemdup(p, group->iov_base, group->iov_len), ";",
                                NULL);
        }
    }
    return texts;
}

static void lacks_check(const cc_condition_t *c, const struct iovec *groups, apr_pool_t *p)
{
    for (int i = 1; i <= cc_pattern_groups(c->pattern); i++)
        for (const char *octet = "-()"; *octet; octet++)
            if (groups[i].iov_base && cc_pattern_group_lacks(c, i, *octet))
                ck_assert_msg(!memchr(groups[i].iov_base, *octet, groups[i].iov_len),
                              "%s: group %d has %c in %s", c->operand, i, *octet,
                              apr_pstrmemdup(p, groups[i].iov_base, groups[i].iov_len));
}

/* No two values that match have the same texts in the groups. */
static void whole_check(const cc_condition_t *c, unsigned wanted, apr_pool_t *p)
{
    cc_matcher_t *matcher = cc_matcher_create_for(c->pattern, p);
    apr_hash_t *seen = apr_hash_make(p);

    for (int i = 0; i < VALUES_MAX; i++) {
        const char *text = value_at(i, p), *texts, *other;
        cc_value_t value = {.text = text, .len = strlen(text)};
        const struct iovec *groups;

        cc_matcher_begin(matcher, false);
        if (cc_matcher_match(matcher, c->pattern, &value, &groups, &other) != CC_FIT_YES)
            continue;
        lacks_check(c, groups, p);
        texts = texts_of(groups, wanted, p);
        other = apr_hash_get(seen, texts, APR_HASH_KEY_STRING);
        ck_assert_msg(!other, "%s: %s and %s both have %s", c->operand, other, text, texts);
        apr_hash_set(seen, texts, APR_HASH_KEY_STRING, text);
    }
    cc_matcher_destroy(matcher);
}

TEST(the_groups_of_a_whole_pattern_tell_all_values_apart)
{
    int wholes_seen = 0;
    unsigned groups;

    seed = 1;
    for (int i = 0; i < 20000; i++) {
        apr_pool_t *p;
        cc_condition_t c;

        apr_pool_create(&p, pool);
        c = condition_of(random_pattern(p), p);
        if (c.pattern && cc_pattern_whole(&c, &groups, p)) {
            whole_check(&c, groups, p);
            wholes_seen++;
        }
        apr_pool_destroy(p);
    }
    ck_assert_int_ge(wholes_seen, 100);
}

SUITE("pattern_whole", .setup = setup, .teardown = teardown, .timeout = 60);
