/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the operators: their types, and when a value satisfies each. */

#include <string.h>

#include <apr_strings.h>

#include "rules/internal.h"

static cc_fit_t fit(bool fits)
{
    return fits ? CC_FIT_YES : CC_FIT_NO;
}

static cc_fit_t fits_equal(const cc_condition_t *c, const cc_value_t *value, cc_evaluation_t *ev)
{
    (void)ev;
    return fit(value->key_len == c->value.key_len &&
               memcmp(value->key, c->value.key, value->key_len) == 0);
}

static cc_fit_t fits_under(const cc_condition_t *c, const cc_value_t *value, cc_evaluation_t *ev)
{
    (void)ev;
    return fit(cc_value_under(value, &c->value));
}

static cc_fit_t fits_within(const cc_condition_t *c, const cc_value_t *value, cc_evaluation_t *ev)
{
    (void)ev;
    return fit(cc_value_within(value, &c->value));
}

static cc_fit_t fits_less(const cc_condition_t *c, const cc_value_t *value, cc_evaluation_t *ev)
{
    (void)ev;
    return fit(value->number < c->value.number);
}

static cc_fit_t fits_at_most(const cc_condition_t *c, const cc_value_t *value, cc_evaluation_t *ev)
{
    (void)ev;
    return fit(value->number <= c->value.number);
}

static cc_fit_t fits_greater(const cc_condition_t *c, const cc_value_t *value, cc_evaluation_t *ev)
{
    (void)ev;
    return fit(value->number > c->value.number);
}

static cc_fit_t fits_at_least(const cc_condition_t *c, const cc_value_t *value, cc_evaluation_t *ev)
{
    (void)ev;
    return fit(value->number >= c->value.number);
}

static void capture_add(cc_evaluation_t *ev, int capture, const struct iovec *groups)
{
    if (!ev->captures[capture]) {
        ev->captures[capture] = apr_array_make(ev->scratch, 1, sizeof(groups));
    }
    APR_ARRAY_PUSH(ev->captures[capture], const struct iovec *) = groups;
}

static cc_fit_t fits_pattern(const cc_condition_t *c, const cc_value_t *value, cc_evaluation_t *ev)
{
    const struct iovec *groups = NULL;
    const char *reason = NULL;
    cc_matcher_t *matcher = cc_evaluation_matcher(ev);
    cc_fit_t found =
        cc_matcher_match(matcher, c->pattern, value, c->capture >= 0 ? &groups : NULL, &reason);

    if (found == CC_FIT_UNDECIDED) {
        cc_evaluation_trouble(ev, reason);
    }
    if (found == CC_FIT_UNDECIDED && !ev->quiet && cc_matcher_spent(matcher)) {
        ev->failure = apr_psprintf(ev->result, "%s: %s: %s", ev->rule->where,
                                   cc_condition_text(c, ev->scratch), reason);
    }
    if (groups) {
        capture_add(ev, c->capture, groups);
    }
    return found;
}

#define TEXT CC_TYPE_BIT(CC_TYPE_TEXT)
#define OCTETS (CC_TYPE_BIT(CC_TYPE_OCTETS) | CC_TYPE_BIT(CC_TYPE_DER))
#define LISTED (TEXT | CC_TYPE_BIT(CC_TYPE_NUMBER) | OCTETS)
#define DN CC_TYPE_BIT(CC_TYPE_DN)
#define ORDERED (CC_TYPE_BIT(CC_TYPE_NUMBER) | CC_TYPE_BIT(CC_TYPE_TIME))

static const cc_operator_t operators[] = {
    {.word = {"==", "A value equals the operand, compared as the type of the field requires.",
              "san.email == \"alice@example.com\""},
     .kind = CC_OPERATOR_EQUAL,
     .takes = CC_TYPES_ALL,
     .fits = fits_equal},
    {.word = {"!=", "No value equals the operand, and no value is unusable.",
              "subject.OU != \"Guests\""},
     .kind = CC_OPERATOR_EQUAL,
     .takes = CC_TYPES_ALL,
     .negative = true,
     .fits = fits_equal},
    {.word = {"=~", "The pattern (PCRE2) matches a whole value. For text.",
              "san.email =~ \"(.+)@example\\.com\""},
     .kind = CC_OPERATOR_PATTERN,
     .takes = TEXT,
     .fits = fits_pattern},
    {.word = {"!~", "The pattern matches no value, and no value is unusable. For text.",
              "san.dns !~ \".*\\.test\""},
     .kind = CC_OPERATOR_PATTERN,
     .takes = TEXT,
     .negative = true,
     .fits = fits_pattern},
    {.word = {"under",
              "A DN equals the operand or is below it; an IP address is in the network of the "
              "operand. For DNs and IP addresses.",
              "subject under \"OU=Staff,O=Example,C=DE\""},
     .kind = CC_OPERATOR_UNDER,
     .takes = DN,
     .fits = fits_under},
    {.word = {"in",
              "A value is a key of the table; `$1` to `$9` are the columns of its row. For text, "
              "numbers and octets; for DNs in `gridmap:` and `ldap:` tables only.",
              "sha256 in partners"},
     .kind = CC_OPERATOR_TABLE,
     .takes = LISTED | DN,
     .fits = cc_lookup_fits},
    {.word = {"!in",
              "No value is a key of the table, and no value is unusable. For text, numbers and "
              "octets; for DNs in `gridmap:` and `ldap:` tables only.",
              "serial !in withdrawn"},
     .kind = CC_OPERATOR_TABLE,
     .takes = LISTED | DN,
     .negative = true,
     .fits = cc_lookup_fits},
    {.word = {"<", "A value is less than the operand, or earlier. For numbers and times.",
              "not_before < \"2026-01-01\""},
     .kind = CC_OPERATOR_LESS,
     .takes = ORDERED,
     .fits = fits_less},
    {.word = {"<=",
              "A value is less than or equal to the operand, or not later. For numbers and times.",
              "lifetime_days <= 398"},
     .kind = CC_OPERATOR_AT_MOST,
     .takes = ORDERED,
     .fits = fits_at_most},
    {.word = {">", "A value is greater than the operand, or later. For numbers and times.",
              "days_left > 0"},
     .kind = CC_OPERATOR_GREATER,
     .takes = ORDERED,
     .fits = fits_greater},
    {.word = {">=",
              "A value is greater than or equal to the operand, or not earlier. For numbers "
              "and times.",
              "key.bits >= 2048"},
     .kind = CC_OPERATOR_AT_LEAST,
     .takes = ORDERED,
     .fits = fits_at_least},
};

#define OPERATOR_COUNT ((int)(sizeof(operators) / sizeof(operators[0])))

const cc_operator_t *cc_operator_find(const char *name)
{
    for (int i = 0; i < OPERATOR_COUNT; i++) {
        if (strcmp(operators[i].word.name, name) == 0) {
            return &operators[i];
        }
    }
    return NULL;
}

bool cc_selector_is_address(const cc_selector_t *selector)
{
    return !selector->plain && cc_field_is_address(&selector->ref);
}

const cc_operator_t *cc_operator_for(const cc_operator_t *op, const cc_selector_t *selector)
{
    static const cc_operator_t within = {
        .word = {"under", NULL, NULL}, .kind = CC_OPERATOR_WITHIN, .fits = fits_within};

    return op->kind == CC_OPERATOR_UNDER && cc_selector_is_address(selector) ? &within : op;
}

/* A pattern over a whole DN invites impersonation, whatever the text form of the DN. */
bool cc_operator_takes(const cc_operator_t *op, const cc_selector_t *selector)
{
    if (op->kind == CC_OPERATOR_PATTERN && selector->ref.field->type == CC_TYPE_DN) {
        return false;
    }
    if (selector->parts) {
        return op->kind == CC_OPERATOR_EQUAL || op->kind == CC_OPERATOR_TABLE;
    }
    if (op->kind == CC_OPERATOR_UNDER && cc_selector_is_address(selector)) {
        return true;
    }
    return (op->takes & CC_TYPE_BIT(selector->type)) != 0;
}

const char *cc_operator_names(const cc_selector_t *selector, apr_pool_t *p)
{
    const char *names = NULL;

    for (int i = 0; i < OPERATOR_COUNT; i++) {
        const char *name = operators[i].word.name;
        if (cc_operator_takes(&operators[i], selector)) {
            names = names ? apr_pstrcat(p, names, ", ", name, NULL) : name;
        }
    }
    return names;
}

const cc_word_t *cc_operator_at(int i)
{
    return i >= 0 && i < OPERATOR_COUNT ? &operators[i].word : NULL;
}
