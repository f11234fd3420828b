/* SPDX-License-Identifier: Apache-2.0 */
/* Explains an evaluation: the conditions as written in rules, and the values that they tested. */

#include <limits.h>
#include <string.h>

#include <apr_strings.h>

#include "rules/internal.h"

const char *cc_condition_field(const char *field, apr_pool_t *p)
{
    return strpbrk(field, " \"'\\") ? cc_word_quote(field, p) : field;
}

/* As a configuration has it, unless it contains characters that no line or page may contain. */
static const char *operand_text(const char *operand, apr_pool_t *p)
{
    apr_size_t len = strlen(operand);

    return cc_text_unusable(operand, len)
               ? apr_pstrcat(p, "\"", cc_text_escape(operand, len, p), "\"", NULL)
               : cc_word_quote(operand, p);
}

const char *cc_condition_text(const cc_condition_t *condition, apr_pool_t *p)
{
    return apr_pstrcat(p, cc_condition_field(condition->field, p), " ", condition->op->word.name,
                       " ", operand_text(condition->operand, p), NULL);
}

#define SHOWN_MAX 16 /* values that are shown; a certificate may have any number */

static const char *value_text(const cc_value_t *value, apr_pool_t *p)
{
    return value->unusable ? apr_pstrcat(p, "(unusable: ", value->unusable, ")", NULL)
                           : cc_text_excerpt(value->text, value->len, p);
}

static const char *values_text(cc_values_t values, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 8, sizeof(const char *));

    for (int i = 0; i < values.count && i < SHOWN_MAX; i++) {
        APR_ARRAY_PUSH(list, const char *) = i > 0 ? ", " : "";
        APR_ARRAY_PUSH(list, const char *) = value_text(&values.at[i], p);
    }
    if (values.count > SHOWN_MAX) {
        APR_ARRAY_PUSH(list, const char *) =
            apr_psprintf(p, " and %d more", values.count - SHOWN_MAX);
    }
    return values.count > 0 ? apr_array_pstrcat(p, list, '\0') : "(none)";
}

/*
 * The values that the condition tested, and those of the field that is its operand. That field may
 * not have been needed, so a note on its values would be one that a verdict alone does not have.
 */
static const char *seen_text(cc_evaluation_t *ev, const cc_condition_t *c, apr_pool_t *p)
{
    const char *seen = values_text(cc_evaluation_cell(ev, c->selector)->values, p);
    bool quiet = ev->quiet;

    if (c->other) {
        ev->quiet = true;
        seen = apr_pstrcat(p, seen, "; ", c->other->name, ": ",
                           values_text(cc_evaluation_cell(ev, c->other)->values, p), NULL);
        ev->quiet = quiet;
    }
    return seen;
}

/* ---- the rules that have a step ---------------------------------------------------------- */

static bool does_not_hold(const cc_step_t *step)
{
    return step->condition && !step->undecided;
}

static int nearness_of(const cc_rule_t *rule, const cc_condition_t *failed)
{
    int before = (int)(failed - (const cc_condition_t *)rule->conditions->elts);
    int behind = rule->conditions->nelts - 1 - before;

    return before - behind;
}

/* The last of the others with the lowest nearness; -1 if there are no others. */
static int farthest_of(const cc_trace_t *trace)
{
    int farthest = -1;
    int nearness = INT_MAX;

    for (int i = 0; i < trace->steps->nelts; i++) {
        const cc_step_t *step = &APR_ARRAY_IDX(trace->steps, i, cc_step_t);

        if (does_not_hold(step) && step->nearness <= nearness) {
            farthest = i;
            nearness = step->nearness;
        }
    }
    return farthest;
}

static void step_remove(apr_array_header_t *steps, int at)
{
    cc_step_t *step = &APR_ARRAY_IDX(steps, at, cc_step_t);

    memmove(step, step + 1, (apr_size_t)(steps->nelts - 1 - at) * sizeof(*step));
    steps->nelts--;
}

/* Makes space for a rule that does not match. False if earlier ones came as near. */
static bool room_make(cc_trace_t *trace, int nearness)
{
    int farthest;

    if (trace->others < trace->max) {
        trace->others++;
        trace->min_nearness =
            trace->others == 1 || nearness < trace->min_nearness ? nearness : trace->min_nearness;
        return true;
    }
    trace->rest++;
    if (trace->max == 0 || nearness <= trace->min_nearness) {
        return false;
    }
    step_remove(trace->steps, farthest_of(trace));
    farthest = farthest_of(trace);
    trace->min_nearness =
        farthest < 0 ? nearness : APR_ARRAY_IDX(trace->steps, farthest, cc_step_t).nearness;
    trace->min_nearness = nearness < trace->min_nearness ? nearness : trace->min_nearness;
    return true;
}

void cc_trace_add(cc_trace_t *trace, cc_evaluation_t *ev, const cc_condition_t *failed,
                  bool undecided)
{
    int nearness = failed ? nearness_of(ev->rule, failed) : 0;
    apr_pool_t *p = trace->steps->pool;
    cc_step_t *step;

    if (failed && !undecided && !ev->failure && !room_make(trace, nearness)) {
        return;
    }
    step = &APR_ARRAY_PUSH(trace->steps, cc_step_t);
    memset(step, 0, sizeof(*step));
    step->where = ev->rule->where;
    step->number = ev->rule->number;
    step->undecided = undecided;
    step->confines = ev->rule->space ? cc_rules_text(ev->rules, ev->rule->number, p) : NULL;
    if (failed) {
        step->field = failed->field;
        step->condition = cc_condition_text(failed, p);
        step->seen = seen_text(ev, failed, p);
        step->failed = (int)(failed - (const cc_condition_t *)ev->rule->conditions->elts);
        step->nearness = nearness;
    }
}
