/* SPDX-License-Identifier: Apache-2.0 */
/* Indexes conditions, to find those that hold whenever a given rule matches. */

/*
 * Each distinct condition has a number. Comparing a rule with all filed conditions would take too
 * long, so they are filed by selector, and by the conditions that they may follow from:
 *
 *   ==      from itself alone, which a hash finds
 *   =~      from ==, if the operand matches: by how its matches begin or end (affix.c)
 *   under   from == and under: by its key, with which the keys of all names below it begin
 *   others  from any condition on the same selector: tried one by one
 *
 * Many conditions may still have to be tried. Trials have a budget of steps (cc_effort_t);
 * conditions beyond it are missed, and nothing is found by mistake.
 */

#include <stdlib.h>
#include <string.h>

#include "rules/logic.h"

/* A distinct condition. */
typedef struct cc_filed_condition_t {
    int number;
    const cc_condition_t *condition;
} cc_filed_condition_t;

/* Those on one selector that may follow from another condition: const cc_filed_condition_t *. */
typedef struct cc_related_t {
    cc_affixes_t *patterns;     /* =~ */
    cc_affixes_t *names;        /* under, by the key of the DN */
    apr_array_header_t *others; /* except ==, which follows from itself alone */
} cc_related_t;

struct cc_implied_t {
    const cc_rules_t *rules;
    apr_pool_t *pool;
    apr_pool_t *scratch;
    apr_hash_t *filed;   /* a condition as it is written -> cc_filed_condition_t */
    apr_hash_t *related; /* selector -> cc_related_t */
};

cc_implied_t *cc_implied_create(const cc_rules_t *rules, apr_pool_t *p, apr_pool_t *scratch)
{
    cc_implied_t *implied = apr_palloc(p, sizeof(*implied));

    implied->rules = rules;
    implied->pool = p;
    implied->scratch = scratch;
    implied->filed = apr_hash_make(p);
    implied->related = apr_hash_make(p);
    return implied;
}

/* ---- filing ------------------------------------------------------------------------------ */

/* Equal for equal conditions: selector, operator, operand. */
static struct iovec condition_key(const cc_condition_t *c, apr_pool_t *p)
{
    bool is_value = !c->pattern && !c->table && !c->other;
    const char *operand = is_value ? c->value.key : c->operand;
    apr_size_t len = is_value ? c->value.key_len : strlen(c->operand);
    apr_size_t head = sizeof(c->selector) + sizeof(c->op);
    char *key = apr_palloc(p, head + len);

    memcpy(key, &c->selector, sizeof(c->selector));
    memcpy(key + sizeof(c->selector), &c->op, sizeof(c->op));
    memcpy(key + head, operand, len);
    return (struct iovec){key, head + len};
}

static const cc_filed_condition_t *filed_find(const cc_implied_t *implied, const cc_condition_t *c)
{
    struct iovec key = condition_key(c, implied->scratch);

    return apr_hash_get(implied->filed, key.iov_base, (apr_ssize_t)key.iov_len);
}

static cc_related_t *related_of(const cc_implied_t *implied, const cc_condition_t *c)
{
    return apr_hash_get(implied->related, &c->selector, sizeof(c->selector));
}

static cc_related_t *related_make(cc_implied_t *implied, const cc_condition_t *c)
{
    cc_related_t *related = related_of(implied, c);

    if (!related) {
        related = apr_palloc(implied->pool, sizeof(*related));
        related->patterns = cc_affixes_create(implied->pool);
        related->names = cc_affixes_create(implied->pool);
        related->others = apr_array_make(implied->pool, 1, sizeof(const cc_filed_condition_t *));
        apr_hash_set(implied->related, &c->selector, sizeof(c->selector), related);
    }
    return related;
}

/* Files it where the conditions that it may follow from will look for it. */
static void filed_relate(cc_implied_t *implied, const cc_filed_condition_t *filed)
{
    const cc_condition_t *c = filed->condition;
    struct iovec begin = {NULL, 0}, end = {NULL, 0};

    if (cc_operator_is_equal(c->op) || c->table) {
        return;
    }
    if (c->pattern && !c->op->negative) {
        cc_pattern_literals(c->operand, &begin, &end, implied->pool);
        cc_affixes_add(related_make(implied, c)->patterns, begin, end, filed);
    } else if (c->op->kind == CC_OPERATOR_UNDER) {
        begin = (struct iovec){(char *)c->value.key, c->value.key_len};
        cc_affixes_add(related_make(implied, c)->names, begin, end, filed);
    } else {
        APR_ARRAY_PUSH(related_make(implied, c)->others, const cc_filed_condition_t *) = filed;
    }
}

int cc_implied_file(cc_implied_t *implied, const cc_condition_t *c)
{
    const cc_filed_condition_t *found = filed_find(implied, c);
    cc_filed_condition_t *filed;
    struct iovec key;

    if (found) {
        return found->number;
    }
    filed = apr_palloc(implied->pool, sizeof(*filed));
    filed->number = (int)apr_hash_count(implied->filed);
    filed->condition = c;
    key = condition_key(c, implied->pool);
    apr_hash_set(implied->filed, key.iov_base, (apr_ssize_t)key.iov_len, filed);
    filed_relate(implied, filed);
    return filed->number;
}

/* ---- finding ----------------------------------------------------------------------------- */

/* A condition of the rule, while filed conditions are tried against it. */
typedef struct cc_trial_t {
    cc_logic_t *logic;
    const cc_condition_t *condition;
    cc_effort_t *effort;
    apr_array_header_t *numbers; /* int: of the conditions that follow */
} cc_trial_t;

static bool filed_try(void *baton, const void *item)
{
    const cc_trial_t *trial = baton;
    const cc_filed_condition_t *filed = item;

    if (!cc_effort_step(trial->effort)) {
        return false;
    }
    if (cc_logic_implies(trial->logic, trial->condition, filed->condition)) {
        APR_ARRAY_PUSH(trial->numbers, int) = filed->number;
    }
    return true;
}

/* Tries filed conditions against one condition of the rule. */
static void related_try(const cc_implied_t *implied, cc_trial_t *trial)
{
    const cc_condition_t *c = trial->condition;
    const cc_related_t *related = related_of(implied, c);
    struct iovec text = {(char *)c->value.text, c->value.len};
    struct iovec key = {(char *)c->value.key, c->value.key_len};

    if (!related || c->pattern || c->table || c->op->negative) {
        return;
    }
    if (cc_operator_is_equal(c->op)) {
        cc_affixes_each(related->patterns, text, filed_try, trial);
    }
    cc_affixes_each(related->names, key, filed_try, trial);
    for (int i = 0; i < related->others->nelts; i++) {
        if (!filed_try(trial, APR_ARRAY_IDX(related->others, i, const cc_filed_condition_t *))) {
            return;
        }
    }
}

static int compare_numbers(const void *left, const void *right)
{
    const int *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

void cc_numbers_sort(apr_array_header_t *numbers)
{
    int *number = (int *)numbers->elts;
    int count = 0;

    qsort(number, (size_t)numbers->nelts, sizeof(*number), compare_numbers);
    for (int i = 0; i < numbers->nelts; i++) {
        if (count == 0 || number[count - 1] != number[i]) {
            number[count++] = number[i];
        }
    }
    numbers->nelts = count;
}

apr_array_header_t *cc_implied_by(const cc_implied_t *implied, const cc_rule_t *rule,
                                  cc_effort_t *effort)
{
    cc_trial_t trial = {.effort = effort};

    trial.logic = cc_logic_create(implied->rules, rule, implied->scratch);
    trial.numbers = apr_array_make(implied->scratch, 8, sizeof(int));
    for (int i = 0; i < rule->conditions->nelts; i++) {
        const cc_filed_condition_t *same;

        trial.condition = &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t);
        same = filed_find(implied, trial.condition);
        if (same) {
            APR_ARRAY_PUSH(trial.numbers, int) = same->number;
        }
        related_try(implied, &trial);
    }
    cc_numbers_sort(trial.numbers);
    return trial.numbers;
}
