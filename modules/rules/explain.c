/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how an evaluation is shown: a condition as rules write it, and the values it looked at. */

#include <string.h>

#include <apr_strings.h>

#include "rules/internal.h"

const char *cc_condition_text(const cc_condition_t *condition, apr_pool_t *p)
{
    return apr_pstrcat(p, condition->field, " ", condition->op->word.name, " \"",
                       cc_text_escape(condition->operand, strlen(condition->operand), p), "\"",
                       NULL);
}

/* So many values are shown; a certificate may have any number. */
#define SHOWN_MOST 16

static const char *value_text(const cc_value_t *value, apr_pool_t *p)
{
    return value->unusable ? apr_pstrcat(p, "(unusable: ", value->unusable, ")", NULL)
                           : cc_text_excerpt(value->text, value->len, p);
}

static const char *values_text(cc_values_t values, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 8, sizeof(const char *));

    for (int i = 0; i < values.count && i < SHOWN_MOST; i++) {
        APR_ARRAY_PUSH(list, const char *) = i > 0 ? ", " : "";
        APR_ARRAY_PUSH(list, const char *) = value_text(&values.at[i], p);
    }
    if (values.count > SHOWN_MOST) {
        APR_ARRAY_PUSH(list, const char *) =
            apr_psprintf(p, " and %d more", values.count - SHOWN_MOST);
    }
    return values.count > 0 ? apr_array_pstrcat(p, list, '\0') : "(none)";
}

void cc_trace_add(apr_array_header_t *trace, cc_evaluation_t *ev, const cc_condition_t *failed,
                  bool undecided)
{
    cc_step_t *step = &APR_ARRAY_PUSH(trace, cc_step_t);

    memset(step, 0, sizeof(*step));
    step->where = ev->rule->where;
    step->number = ev->rule->number;
    step->undecided = undecided;
    if (failed) {
        step->field = failed->field;
        step->condition = cc_condition_text(failed, trace->pool);
        step->seen = values_text(cc_evaluation_cell(ev, failed->selector)->values, trace->pool);
    }
}
