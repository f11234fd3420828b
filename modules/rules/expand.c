/* SPDX-License-Identifier: Apache-2.0 */
/* Expands templates into names: one for each combination of the texts of their variables. */

#include <string.h>

#include <apr_strings.h>

#include "rules/logic.h"
#include "rules/modifier.h"

#define COMBINATIONS_MAX 1000 /* of one template: a certificate may have any number of values */

/*
 * The texts that a variable may stand for. A choice is the result of cc_matcher_match, the texts of
 * the groups by number, or the texts of the columns of a row. A value of a field, and one that was
 * made of all values of a group, is a choice with group 0 alone.
 */
typedef struct cc_choices_t {
    int count;
    const struct iovec *const *at;
    const cc_value_t *const *values; /* of a field; NULL: of a capture */
    int chosen;
} cc_choices_t;

/* A template with the choices of its variables. */
typedef struct cc_expansion_t {
    cc_evaluation_t *ev;
    const cc_template_t *template;
    cc_choices_t *choices;
    struct iovec **made; /* by part: what its modifiers make of each choice; NULL: none has any */
} cc_expansion_t;

static struct iovec *text_of(const cc_value_t *value, apr_pool_t *p)
{
    struct iovec *text = apr_palloc(p, sizeof(*text));

    text->iov_base = (char *)value->text;
    text->iov_len = value->len;
    return text;
}

/* The usable ones of these values. */
static cc_choices_t choices_of_values(cc_evaluation_t *ev, cc_values_t values)
{
    apr_size_t count = (apr_size_t)values.count;
    const struct iovec **at = apr_palloc(ev->scratch, sizeof(*at) * count);
    const cc_value_t **usable = apr_palloc(ev->scratch, sizeof(*usable) * count);
    cc_choices_t choices = {0, at, usable, 0};

    for (int i = 0; i < values.count; i++) {
        if (!values.at[i].unusable) {
            usable[choices.count] = &values.at[i];
            at[choices.count++] = text_of(&values.at[i], ev->scratch);
        }
    }
    return choices;
}

static cc_choices_t choices_of_field(cc_evaluation_t *ev, const cc_selector_t *selector)
{
    const cc_cell_t *cell = cc_evaluation_cell(ev, selector);

    if (cell->unusable > 0) {
        cc_evaluation_doubt(ev);
    }
    return choices_of_values(ev, cell->values);
}

/* What a group or a column has as a value, for modifiers; its text must end with a NUL. */
static cc_value_t value_of(const struct iovec *text, apr_pool_t *p)
{
    return cc_modified_text(apr_pstrmemdup(p, text->iov_base, text->iov_len), text->iov_len);
}

/* Results may be missing; the log says which values it was, once for a selector of a field. */
static void values_doubt(cc_evaluation_t *ev, const cc_selector_t *selector, cc_values_t values,
                         int unusable)
{
    bool of_field = selector->number != CC_SELECTOR_OF_CAPTURE;

    if (unusable > 0) {
        cc_evaluation_doubt(ev);
    }
    if (unusable > 0 && !(of_field && ev->cells[selector->number].noted)) {
        cc_evaluation_unusable(ev, ev->rule->where, selector->name, values, unusable);
    }
    if (unusable > 0 && of_field) {
        ev->cells[selector->number].noted = true;
    }
}

static int unusable_count(cc_values_t values)
{
    int count = 0;

    for (int i = 0; i < values.count; i++) {
        count += values.at[i].unusable != NULL;
    }
    return count;
}

/* The values that modifiers make of all values of a group together: $1|first. */
static cc_choices_t choices_made(cc_evaluation_t *ev, const cc_variable_t *variable,
                                 const apr_array_header_t *matches)
{
    apr_array_header_t *texts = apr_array_make(ev->scratch, matches->nelts, sizeof(cc_value_t));
    cc_modifying_t m = cc_evaluation_modifying(ev);
    cc_values_t values;

    for (int i = 0; i < matches->nelts; i++) {
        const struct iovec *text =
            &APR_ARRAY_IDX(matches, i, const struct iovec *)[variable->group];

        if (text->iov_base) {
            APR_ARRAY_PUSH(texts, cc_value_t) = value_of(text, ev->scratch);
        }
    }
    values = (cc_values_t){texts->nelts, (const cc_value_t *)texts->elts};
    values = cc_modifier_make_all(variable->chosen, values, &m);
    values_doubt(ev, variable->chosen, values, unusable_count(values));
    return choices_of_values(ev, values);
}

static cc_choices_t choices_of(cc_evaluation_t *ev, const cc_variable_t *variable)
{
    int max = variable->chosen ? APR_INT32_MAX : COMBINATIONS_MAX;
    const apr_array_header_t *matches;

    if (variable->selector) {
        return choices_of_field(ev, variable->selector);
    }
    matches = ev->captures[variable->capture];
    if (variable->columns) {
        if (!cc_lookup_usable(ev, cc_rule_captured(ev->rule, variable), variable->columns)) {
            return (cc_choices_t){0, NULL, NULL, 0};
        }
        matches = cc_lookup_choices(matches, variable->columns, max, ev->scratch);
    }
    if (!matches) {
        return (cc_choices_t){COMBINATIONS_MAX + 1, NULL, NULL, 0};
    }
    if (variable->chosen) {
        return choices_made(ev, variable, matches);
    }
    return (cc_choices_t){matches->nelts, (const struct iovec *const *)matches->elts, NULL, 0};
}

/* What the modifiers of a part make of each choice; a base that is NULL: no text. */
static struct iovec *part_make(const cc_expansion_t *expansion, const cc_part_t *part)
{
    cc_evaluation_t *ev = expansion->ev;
    const cc_choices_t *from = &expansion->choices[part->variable];
    struct iovec *texts = apr_pcalloc(ev->scratch, sizeof(*texts) * (apr_size_t)from->count);
    apr_array_header_t *all = apr_array_make(ev->scratch, from->count, sizeof(cc_value_t));
    cc_modifying_t m = cc_evaluation_modifying(ev);
    cc_values_t made;

    for (int i = 0; i < from->count; i++) {
        const struct iovec *text = &from->at[i][part->group];
        cc_value_t value = {0};

        if (!text->iov_base) {
            continue;
        }
        value = from->values ? *from->values[i] : value_of(text, ev->scratch);
        made = cc_modifier_make(part->modified, part->origin, &value, &m);
        if (made.count > 0) {
            APR_ARRAY_PUSH(all, cc_value_t) = *made.at;
        }
        if (made.count > 0 && !made.at->unusable) {
            texts[i] = *text_of(made.at, ev->scratch);
        }
    }
    made = (cc_values_t){all->nelts, (const cc_value_t *)all->elts};
    values_doubt(ev, part->modified, made, unusable_count(made));
    return texts;
}

static void parts_make(cc_expansion_t *expansion)
{
    const cc_template_t *template = expansion->template;

    for (int i = 0; i < template->parts->nelts; i++) {
        const cc_part_t *part = &APR_ARRAY_IDX(template->parts, i, cc_part_t);

        if (part->modified && !expansion->made) {
            expansion->made =
                apr_pcalloc(expansion->ev->scratch,
                            sizeof(*expansion->made) * (apr_size_t) template->parts->nelts);
        }
        if (part->modified) {
            expansion->made[i] = part_make(expansion, part);
        }
    }
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

/* NULL base: there is no text. */
static struct iovec part_text(const cc_expansion_t *expansion, int i)
{
    const cc_part_t *part = &APR_ARRAY_IDX(expansion->template->parts, i, cc_part_t);
    const cc_choices_t *from;

    if (part->variable < 0) {
        return part->literal;
    }
    from = &expansion->choices[part->variable];
    return part->modified ? expansion->made[i][from->chosen] : from->at[from->chosen][part->group];
}

/*
 * The text of one combination; NULL if a group in it did not take part in the match, or a modifier
 * gives no value.
 */
static const char *combination_text(const cc_expansion_t *expansion)
{
    int count = expansion->template->parts->nelts;
    apr_pool_t *p = expansion->ev->scratch;
    struct iovec *pieces = apr_palloc(p, sizeof(*pieces) * (apr_size_t)count);

    for (int i = 0; i < count; i++) {
        pieces[i] = part_text(expansion, i);
        if (!pieces[i].iov_base) {
            return NULL;
        }
    }
    return apr_pstrcatv(p, pieces, (apr_size_t)count, NULL);
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

static apr_array_header_t *results_of(const cc_expansion_t *expansion, int combinations)
{
    cc_evaluation_t *ev = expansion->ev;
    const cc_template_t *template = expansion->template;
    apr_array_header_t *results = apr_array_make(ev->scratch, 1, sizeof(const char *));
    const char *last_reason = NULL;
    int refused = 0;

    for (int i = 0; i < combinations; i++) {
        const char *text = combination_text(expansion);
        const char *reason = text ? name_unusable(text) : NULL;
        if (reason) {
            last_reason = reason;
            refused++;
        } else if (text) {
            APR_ARRAY_PUSH(results, const char *) = text;
        }
        choices_next(expansion->choices, template->variables->nelts);
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
    cc_expansion_t expansion = {.ev = ev, .template = template};
    apr_int64_t total = 1;
    bool empty = false;

    expansion.choices = apr_palloc(ev->scratch, sizeof(*expansion.choices) * (apr_size_t)count);
    for (int i = 0; i < count && !ev->failure; i++) {
        cc_choices_t *choices = &expansion.choices[i];

        *choices = choices_of(ev, &APR_ARRAY_IDX(template->variables, i, cc_variable_t));
        empty = empty || choices->count == 0;
        total *= total <= COMBINATIONS_MAX ? choices->count : 1;
    }
    if (!ev->failure && !empty && total > COMBINATIONS_MAX) {
        too_many(ev, template);
    }
    if (ev->failure || empty) {
        total = 0;
    } else {
        parts_make(&expansion);
    }
    return results_of(&expansion, (int)total);
}
