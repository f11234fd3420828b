/* SPDX-License-Identifier: Apache-2.0 */
/* Expands templates into names: one for each combination of the texts of their variables. */

#include <string.h>

#include <apr_strings.h>

#include "rules/logic.h"

#define COMBINATIONS_MAX 1000 /* of one template: a certificate may have any number of values */

/*
 * The texts that a variable may stand for. A choice is the result of cc_matcher_match, the texts of
 * the groups by number, or the texts of the columns of a row. A value of a field is a choice with
 * group 0 alone.
 */
typedef struct cc_choices_t {
    int count;
    const struct iovec *const *at;
    int chosen;
} cc_choices_t;

static cc_choices_t choices_of_field(cc_evaluation_t *ev, const cc_selector_t *selector)
{
    const cc_cell_t *cell = cc_evaluation_cell(ev, selector);
    cc_values_t values = cell->values;
    const struct iovec **at = apr_palloc(ev->scratch, sizeof(*at) * (apr_size_t)values.count);
    cc_choices_t choices = {0, at, 0};

    if (cell->unusable > 0) {
        cc_evaluation_doubt(ev);
    }
    for (int i = 0; i < values.count; i++) {
        if (!values.at[i].unusable) {
            struct iovec *text = apr_palloc(ev->scratch, sizeof(*text));
            text->iov_base = (char *)values.at[i].text;
            text->iov_len = values.at[i].len;
            at[choices.count++] = text;
        }
    }
    return choices;
}

static cc_choices_t choices_of(cc_evaluation_t *ev, const cc_variable_t *variable)
{
    const apr_array_header_t *matches;

    if (variable->selector) {
        return choices_of_field(ev, variable->selector);
    }
    matches = ev->captures[variable->capture];
    if (variable->columns) {
        if (!cc_lookup_usable(ev, cc_rule_captured(ev->rule, variable), variable->columns)) {
            return (cc_choices_t){0, NULL, 0};
        }
        matches = cc_lookup_choices(matches, variable->columns, COMBINATIONS_MAX, ev->scratch);
    }
    if (!matches) {
        return (cc_choices_t){COMBINATIONS_MAX + 1, NULL, 0};
    }
    return (cc_choices_t){matches->nelts, (const struct iovec *const *)matches->elts, 0};
}

/* Advances to the next combination, like an odometer. */
static void choices_next(cc_choices_t *choices, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        if (++choices[i].chosen < choices[i].count) {
            return;
        }
        choices[i].chosen = 0;
    }
}

static const char *name_unusable(const char *text)
{
    return *text == '\0' ? "it is empty" : cc_text_unusable(text, strlen(text));
}

/* The text of one combination; NULL if it needs a group that did not take part in the match. */
static const char *combination_text(const cc_evaluation_t *ev, const cc_template_t *template,
                                    const cc_choices_t *choices)
{
    int count = template->parts->nelts;
    struct iovec *pieces = apr_palloc(ev->scratch, sizeof(*pieces) * (apr_size_t)count);

    for (int i = 0; i < count; i++) {
        const cc_part_t *part = &APR_ARRAY_IDX(template->parts, i, cc_part_t);
        pieces[i] = part->literal;
        if (part->variable >= 0) {
            const cc_choices_t *from = &choices[part->variable];
            pieces[i] = from->at[from->chosen][part->group];
        }
        if (!pieces[i].iov_base) {
            return NULL;
        }
    }
    return apr_pstrcatv(ev->scratch, pieces, (apr_size_t)count, NULL);
}

static void results_note(cc_evaluation_t *ev, const cc_template_t *template, int refused,
                         const char *reason)
{
    if (refused > 0) {
        cc_evaluation_note(
            ev, CC_NOTE_REFUSED_OUTPUT, ev->rule->where, "a result cannot be used as a name",
            "%s: %d of its results cannot be used as a name; the last one: %s",
            cc_text_escape(template->text, strlen(template->text), ev->scratch), refused, reason);
    }
}

static apr_array_header_t *results_of(cc_evaluation_t *ev, const cc_template_t *template,
                                      cc_choices_t *choices, int combinations)
{
    apr_array_header_t *results = apr_array_make(ev->scratch, 1, sizeof(const char *));
    const char *last_reason = NULL;
    int refused = 0;

    for (int i = 0; i < combinations; i++) {
        const char *text = combination_text(ev, template, choices);
        const char *reason = text ? name_unusable(text) : NULL;
        if (reason) {
            last_reason = reason;
            refused++;
        } else if (text) {
            APR_ARRAY_PUSH(results, const char *) = text;
        }
        choices_next(choices, template->variables->nelts);
    }
    results_note(ev, template, refused, last_reason);
    return results;
}

/* Any result may be one that a negated Require tests: without it, nothing is known. */
static void too_many(cc_evaluation_t *ev, const cc_template_t *template)
{
    const char *what = apr_psprintf(
        ev->result, "%s: the values give more than %d results",
        cc_text_escape(template->text, strlen(template->text), ev->scratch), COMBINATIONS_MAX);

    cc_evaluation_note(ev, CC_NOTE_TOO_MANY_RESULTS, ev->rule->where,
                       "the values give too many results", "%s", what);
    ev->failure = apr_pstrcat(ev->result, ev->rule->where, ": ", what, NULL);
}

apr_array_header_t *cc_template_expand(cc_evaluation_t *ev, const cc_template_t *template)
{
    int count = template->variables->nelts;
    cc_choices_t *choices = apr_palloc(ev->scratch, sizeof(*choices) * (apr_size_t)count);
    apr_int64_t total = 1;
    bool empty = false;

    for (int i = 0; i < count && !ev->failure; i++) {
        choices[i] = choices_of(ev, &APR_ARRAY_IDX(template->variables, i, cc_variable_t));
        empty = empty || choices[i].count == 0;
        total *= total <= COMBINATIONS_MAX ? choices[i].count : 1;
    }
    if (!ev->failure && !empty && total > COMBINATIONS_MAX) {
        too_many(ev, template);
    }
    return results_of(ev, template, choices, ev->failure || empty ? 0 : (int)total);
}
