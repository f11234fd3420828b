/* SPDX-License-Identifier: Apache-2.0 */
/* Adds hints to a trace: why a condition misses, and the condition to write instead. */

/*
 * A hint is given only if it is certainly true of this certificate. Therefore each condition that a
 * hint contains is parsed and evaluated before.
 */

#include <string.h>

#include <apr_strings.h>

#include "rules/hint.h"

#define HINTED_MAX 64     /* steps of a trace: each may take the time of many evaluations */
#define VALUES_MAX 16     /* of a condition */
#define CONDITION_MAX 512 /* octets of a condition that is offered */

/* ---- conditions -------------------------------------------------------------------------- */

const char *cc_hint_condition(const cc_miss_t *miss, const char *field, const char *op,
                              const char *operand)
{
    field = cc_condition_field(field ? field : miss->condition->field, miss->pool);
    return apr_pstrcat(miss->pool, field, " ", op ? op : miss->condition->op->word.name, " ",
                       cc_word_quote(operand, miss->pool), NULL);
}

bool cc_hint_holds(const cc_miss_t *miss, const char *condition)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, miss->pool);
    const cc_verdict_t *verdict;

    if (cc_rules_add_conditions(rules, condition, "", NULL) != APR_SUCCESS) {
        return false;
    }
    verdict = cc_rules_evaluate(rules, miss->cert, miss->facts, NULL, miss->pool, miss->pool);
    return verdict->matched_count > 0;
}

const char *cc_hint_write(const cc_miss_t *miss, const char *reason, const char *field,
                          const char *op, const char *operand)
{
    const char *condition = cc_hint_condition(miss, field, op, operand);
    apr_size_t len = strlen(condition);

    if (len > CONDITION_MAX || cc_text_unusable(condition, len) ||
        !cc_hint_holds(miss, condition)) {
        return NULL;
    }
    return apr_pstrcat(miss->pool, reason, "; write ", condition, NULL);
}

const char *cc_hint_field_with(const cc_miss_t *miss, const char *modifier)
{
    return apr_pstrcat(miss->pool, miss->condition->field, "|", modifier, NULL);
}

const char *cc_hint_each(const cc_miss_t *miss, cc_hint_value_fn *each)
{
    const char *hint = NULL;

    for (int i = 0; i < miss->values.count && i < VALUES_MAX && !hint; i++) {
        if (!miss->values.at[i].unusable) {
            hint = each(miss, &miss->values.at[i]);
        }
    }
    return hint;
}

/* ---- the trace --------------------------------------------------------------------------- */

static const char *miss_hint(const cc_miss_t *miss, bool tables)
{
    switch (miss->condition->op->kind) {
    case CC_OPERATOR_EQUAL:
    case CC_OPERATOR_UNDER:
        return cc_hint_equal(miss);
    case CC_OPERATOR_PATTERN:
        return cc_hint_pattern(miss);
    case CC_OPERATOR_TABLE:
        return tables ? cc_hint_table(miss) : NULL;
    default:
        return NULL; /* the values say it all */
    }
}

/* A negative condition misses because of what the certificate has, and its values say so. */
static const char *step_hint(const cc_step_t *step, const cc_rules_t *rules, const cc_cert_t *cert,
                             const cc_facts_t *facts, bool tables, apr_pool_t *p)
{
    const cc_rule_t *rule = APR_ARRAY_IDX(rules->rules, step->number, const cc_rule_t *);
    const cc_condition_t *c = &APR_ARRAY_IDX(rule->conditions, step->failed, const cc_condition_t);
    cc_miss_t miss = {rules, c, cert, facts, {0, NULL}, p};

    if (c->op->negative) {
        return NULL;
    }
    miss.values = cc_selector_values(c->selector, cert, facts, p);
    return miss_hint(&miss, tables);
}

void cc_trace_hint(apr_array_header_t *steps, const cc_rules_t *rules, const cc_cert_t *cert,
                   const cc_facts_t *facts, bool tables)
{
    int hinted = 0;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, steps->pool);
    for (int i = 0; i < steps->nelts && hinted < HINTED_MAX; i++) {
        cc_step_t *step = &APR_ARRAY_IDX(steps, i, cc_step_t);

        if (step->condition && !step->undecided && !step->confines) {
            const char *hint = step_hint(step, rules, cert, facts, tables, scratch);

            step->hint = hint ? apr_pstrdup(steps->pool, hint) : NULL;
            hinted++;
            apr_pool_clear(scratch);
        }
    }
    apr_pool_destroy(scratch);
}
