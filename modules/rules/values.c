/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the state of an evaluation: the values of selectors that it has fetched, and its notes. */

#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

#include "rules/modifier.h"

/* Tags of the lines that notes become in the log. */
static const char *const note_tags[CC_NOTE_COUNT] = {
    [CC_NOTE_UNUSABLE_VALUE] = "CC0150",  [CC_NOTE_PATTERN_LIMIT] = "CC0151",
    [CC_NOTE_AMBIGUOUS_USER] = "CC0152",  [CC_NOTE_TOO_MANY_RESULTS] = "CC0153",
    [CC_NOTE_REFUSED_OUTPUT] = "CC0154",  [CC_NOTE_OLD_ANSWER] = "CC0155",
    [CC_NOTE_UNUSABLE_COLUMN] = "CC0156", [CC_NOTE_UNDECIDED_RULE] = "CC0157",
    [CC_NOTE_OUTSIDE_ROW] = "CC0134",
};

void cc_evaluation_note(cc_evaluation_t *ev, cc_note_kind_t kind, const char *where,
                        const char *meaning, const char *fmt, ...)
{
    cc_note_t *note;
    va_list args;

    if (ev->quiet) {
        return;
    }
    note = &APR_ARRAY_PUSH(ev->notes, cc_note_t);
    note->kind = kind;
    note->tag = note_tags[kind];
    note->where = where;
    note->meaning = meaning;
    va_start(args, fmt);
    note->text = apr_pvsprintf(ev->result, fmt, args);
    va_end(args);
}

cc_matcher_t *cc_evaluation_matcher(cc_evaluation_t *ev)
{
    if (!ev->matcher) {
        ev->matcher = cc_matcher_create(ev->rules->engine, ev->scratch);
    }
    return ev->matcher;
}

void cc_trouble_add(cc_trouble_t *trouble, const char *reason)
{
    if (trouble->count++ == 0) {
        trouble->reason = reason;
    }
}

void cc_evaluation_trouble(cc_evaluation_t *ev, const char *reason)
{
    cc_trouble_add(&ev->trouble, reason);
}

void cc_evaluation_doubt(cc_evaluation_t *ev)
{
    if (!ev->verdict->doubt_where) {
        ev->verdict->doubt_where = ev->rule->where;
    }
}

static cc_cell_t *cell_fill(cc_evaluation_t *ev, const cc_selector_t *selector);

static cc_values_t values_of(const cc_selector_t *selector, void *baton)
{
    return cell_fill(baton, selector)->values;
}

cc_modifying_t cc_evaluation_modifying(cc_evaluation_t *ev)
{
    return (cc_modifying_t){.pool = ev->scratch, .matcher = &ev->matcher, .aside = ev->quiet};
}

static cc_values_t values_make(cc_evaluation_t *ev, const cc_selector_t *selector)
{
    cc_modifying_t m = cc_evaluation_modifying(ev);

    if (selector->base && selector->modifier->matches) {
        cc_matcher_begin(cc_evaluation_matcher(ev), ev->quiet);
    }
    if (selector->base) {
        return cc_modifier_apply(selector, values_of(selector->base, ev), &m);
    }
    return selector->parts ? cc_key_values(selector, values_of, ev, &m)
                           : cc_field_values(&selector->ref, ev->cert, ev->facts, ev->scratch);
}

/*
 * Values that take effort are not the same for a trace, which has a budget of its own: a verdict
 * must not depend on them.
 */
static cc_cell_t *cell_of(cc_evaluation_t *ev, const cc_selector_t *selector)
{
    cc_cell_t *cell = &ev->cells[selector->number];

    if (!ev->quiet || !selector->matches || cell->known) {
        return cell;
    }
    if (!ev->aside) {
        apr_size_t count = (apr_size_t)ev->rules->selectors->nelts;
        ev->aside = apr_pcalloc(ev->scratch, sizeof(*ev->aside) * count);
    }
    return &ev->aside[selector->number];
}

static cc_cell_t *cell_fill(cc_evaluation_t *ev, const cc_selector_t *selector)
{
    cc_cell_t *cell = cell_of(ev, selector);

    if (cell->known) {
        return cell;
    }
    cell->known = true;
    cell->values = values_make(ev, selector);
    for (int i = 0; i < cell->values.count; i++) {
        cell->unusable += cell->values.at[i].unusable != NULL;
    }
    return cell;
}

void cc_evaluation_unusable(cc_evaluation_t *ev, const char *where, const char *name,
                            cc_values_t values, int unusable)
{
    const cc_value_t *bad = values.at;

    while (!bad->unusable) {
        bad++;
    }
    cc_evaluation_note(
        ev, CC_NOTE_UNUSABLE_VALUE, where, "a value of the certificate cannot be used",
        "%s: %d of %d values cannot be used; the first is \"%s\": %s", name, unusable, values.count,
        cc_text_excerpt(bad->text, bad->len, ev->scratch), bad->unusable);
}

/* Adds one note on unusable values, with the field, or the modifier that made them unusable. */
static void cell_note(cc_evaluation_t *ev, const cc_selector_t *selector)
{
    cc_cell_t *cell = &ev->cells[selector->number];

    if (cell->noted || cell->unusable == 0) {
        return;
    }
    cell->noted = true;
    if (selector->base) {
        cell_note(ev, selector->base);
        if (cell->unusable <= ev->cells[selector->base->number].unusable) {
            return;
        }
    }
    cc_evaluation_unusable(ev, selector->where, selector->name, cell->values, cell->unusable);
}

cc_cell_t *cc_evaluation_cell(cc_evaluation_t *ev, const cc_selector_t *selector)
{
    cc_cell_t *cell = cell_fill(ev, selector);

    if (cell->unusable > 0 && !ev->quiet) {
        cell_note(ev, selector);
    }
    return cell;
}
