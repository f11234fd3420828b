/* SPDX-License-Identifier: Apache-2.0 */
/* Compares conditions: finds those that cannot both hold, and those that follow from another. */

#include <string.h>

#include "rules/logic.h"

struct cc_logic_t {
    cc_evaluation_t ev; /* operators get an operand in place of a value */
};

cc_logic_t *cc_logic_create(const cc_rules_t *rules, const cc_rule_t *rule, apr_pool_t *p)
{
    cc_logic_t *logic = apr_pcalloc(p, sizeof(*logic));

    logic->ev.rules = rules;
    logic->ev.rule = rule;
    logic->ev.scratch = p;
    logic->ev.quiet = true;
    logic->ev.captures =
        apr_pcalloc(p, sizeof(*logic->ev.captures) * (apr_size_t)(rules->capture_max + 1));
    return logic;
}

/* ---- two conditions ---------------------------------------------------------------------- */

static bool is_under(const cc_condition_t *c)
{
    return c->op->kind == CC_OPERATOR_UNDER;
}

static bool operand_same(const cc_condition_t *a, const cc_condition_t *b)
{
    if (a->pattern || a->table || a->other || b->other) {
        return strcmp(a->operand, b->operand) == 0;
    }
    return a->value.key_len == b->value.key_len &&
           memcmp(a->value.key, b->value.key, a->value.key_len) == 0;
}

/* Whether the operand of a == satisfies another condition. The content of a table may change. */
static cc_fit_t operand_fits(cc_logic_t *logic, const cc_condition_t *equal,
                             const cc_condition_t *c)
{
    if (c->table || c->other) {
        return CC_FIT_UNDECIDED;
    }
    if (c->pattern) {
        cc_matcher_begin(cc_evaluation_matcher(&logic->ev), true);
    }
    return c->op->fits(c, &equal->value, &logic->ev);
}

/* The numbers from `min` to `max`. */
typedef struct cc_range_t {
    apr_int64_t min;
    apr_int64_t max;
} cc_range_t;

/* The numbers that satisfy the condition; false if its operator has no range. */
static bool range_of(cc_range_t *range, const cc_condition_t *c)
{
    apr_int64_t number = c->value.number;

    if ((c->selector->type != CC_TYPE_NUMBER && c->selector->type != CC_TYPE_TIME) ||
        c->op->negative) {
        return false;
    }
    *range = (cc_range_t){APR_INT64_MIN, APR_INT64_MAX};
    switch (c->op->kind) {
    case CC_OPERATOR_EQUAL:
        *range = (cc_range_t){number, number};
        return true;
    case CC_OPERATOR_LESS:
        range->max = number == APR_INT64_MIN ? number : number - 1;
        return true;
    case CC_OPERATOR_AT_MOST:
        range->max = number;
        return true;
    case CC_OPERATOR_GREATER:
        range->min = number == APR_INT64_MAX ? number : number + 1;
        return true;
    case CC_OPERATOR_AT_LEAST:
        range->min = number;
        return true;
    default:
        return false;
    }
}

/* ---- exclusion --------------------------------------------------------------------------- */

/* What the operator compares, also if its operand is a field. */
static cc_operator_kind_t kind_of(const cc_condition_t *c)
{
    return c->op->plain ? c->op->plain->kind : c->op->kind;
}

/* One holds if a value satisfies it, the other if no value does. */
static bool opposite(const cc_condition_t *a, const cc_condition_t *b)
{
    return kind_of(a) == kind_of(b) && a->op->negative != b->op->negative && operand_same(a, b);
}

/* No value satisfies both. */
static bool apart(const cc_condition_t *a, const cc_condition_t *b)
{
    cc_range_t x, y;

    if (is_under(a) && is_under(b)) {
        return !cc_value_under(&a->value, &b->value) && !cc_value_under(&b->value, &a->value);
    }
    return range_of(&x, a) && range_of(&y, b) && (x.max < y.min || y.max < x.min);
}

/* If there can be several values, a value other than that of the == may satisfy `c`. */
static bool equal_excludes(cc_logic_t *logic, const cc_condition_t *equal, const cc_condition_t *c)
{
    cc_fit_t fit =
        cc_operator_is_equal(equal->op) ? operand_fits(logic, equal, c) : CC_FIT_UNDECIDED;

    return c->op->negative ? fit == CC_FIT_YES : fit == CC_FIT_NO && !cc_selector_many(c->selector);
}

/* One is about how the certificate arrived; the other needs a value that it does not have then. */
static bool lacks_value(const cc_condition_t *arrival, const cc_condition_t *c)
{
    const cc_fieldref_t *ref = &c->selector->ref;

    if (arrival->selector->base || !cc_field_is(&arrival->selector->ref, "via") ||
        !cc_operator_is_equal(arrival->op) || c->op->negative || c->selector->always) {
        return false;
    }
    return cc_via_find(arrival->value.text) == CC_VIA_TLS ? cc_field_is(ref, "via.proxy")
                                                          : cc_field_of_tls(ref);
}

static bool excludes(cc_logic_t *logic, const cc_condition_t *a, const cc_condition_t *b)
{
    if (a->selector != b->selector) {
        return lacks_value(a, b) || lacks_value(b, a);
    }
    return opposite(a, b) || (apart(a, b) && !cc_selector_many(a->selector)) ||
           equal_excludes(logic, a, b) || equal_excludes(logic, b, a);
}

bool cc_logic_never(cc_logic_t *logic, const cc_condition_t **a, const cc_condition_t **b)
{
    const apr_array_header_t *conditions = logic->ev.rule->conditions;

    for (int i = 0; i < conditions->nelts; i++) {
        for (int j = i + 1; j < conditions->nelts; j++) {
            *a = &APR_ARRAY_IDX(conditions, i, cc_condition_t);
            *b = &APR_ARRAY_IDX(conditions, j, cc_condition_t);
            if (excludes(logic, *a, *b)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- implication ------------------------------------------------------------------------- */

/*
 * The operand of the == satisfies `c`, or `c` is negative and the only value does not satisfy it.
 */
static bool equal_implies(cc_logic_t *logic, const cc_condition_t *equal, const cc_condition_t *c)
{
    cc_fit_t fit =
        cc_operator_is_equal(equal->op) ? operand_fits(logic, equal, c) : CC_FIT_UNDECIDED;

    return c->op->negative ? fit == CC_FIT_NO && !cc_selector_many(c->selector) : fit == CC_FIT_YES;
}

/* Every value that satisfies `a` satisfies `c`. */
static bool within(const cc_condition_t *a, const cc_condition_t *c)
{
    cc_range_t x, y;

    if (is_under(a) && is_under(c)) {
        return cc_value_under(&a->value, &c->value);
    }
    return range_of(&x, a) && range_of(&y, c) && x.min >= y.min && x.max <= y.max;
}

bool cc_logic_implies(cc_logic_t *logic, const cc_condition_t *a, const cc_condition_t *c)
{
    return a->selector == c->selector &&
           ((a->op == c->op && operand_same(a, c)) || equal_implies(logic, a, c) || within(a, c));
}

/* ---- the rule ---------------------------------------------------------------------------- */

bool cc_rule_ends(const cc_rule_t *rule)
{
    return rule->deny || rule->stop;
}

/* A template without a variable always gives its one text. */
bool cc_rule_always_user(const cc_rule_t *rule)
{
    return rule->user && rule->user->variables->nelts == 0;
}

const cc_condition_t *cc_rule_captured(const cc_rule_t *rule, const cc_variable_t *variable)
{
    for (int i = 0; i < rule->conditions->nelts && !variable->selector; i++) {
        const cc_condition_t *c = &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t);
        if (c->capture == variable->capture) {
            return c;
        }
    }
    return NULL;
}
