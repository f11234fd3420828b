/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether the text that a template gives determines the texts of its parts. */

/*
 * "ab" and "c" make the same text as "a" and "bc", so user=%{subject.O}%{subject.CN} gives one user
 * to the holders of two names. The text is read from both ends:
 *
 *   - From the start, a part ends at a known place if it always has the same length, or if the
 *     literal text behind it has a character that the part never has: $<host>/$<path>, if the
 *     group is ([^/]+).
 *   - From the end, a part begins at a known place for the same reasons, with the text before it.
 *
 * At most one part may be left between, which is then the rest. So a template with one part needs
 * nothing. Neither does one that has a single part several times, since the length of the text is
 * the same multiple of the length of the part, nor one whose parts are columns of one row.
 */

#include <string.h>

#include <apr_lib.h>

#include "rules/logic.h"
#include "rules/modifier.h"
#include "rules/strength.h"

static const cc_part_t *part_at(const cc_template_t *template, int i)
{
    return &APR_ARRAY_IDX(template->parts, i, cc_part_t);
}

static const cc_variable_t *variable_of(const cc_template_t *template, const cc_part_t *part)
{
    return &APR_ARRAY_IDX(template->variables, part->variable, cc_variable_t);
}

/* The next variable part after `i` in this direction; -1 or the number of parts: there is none. */
static int part_next(const cc_template_t *template, int i, int step)
{
    do {
        i += step;
    } while (i >= 0 && i < template->parts->nelts && part_at(template, i)->variable < 0);
    return i;
}

/* ---- one part ---------------------------------------------------------------------------- */

/* The selector of a part that is a field; NULL: it is a capture. */
static const cc_selector_t *field_of(const cc_template_t *template, const cc_part_t *part)
{
    return part->modified && part->modified->number == CC_SELECTOR_OF_CAPTURE ? NULL
           : part->modified                                                   ? part->modified
                            : variable_of(template, part)->selector;
}

/* Digests, in any form in which each octet takes the same room. Other modifiers make it weak. */
static bool has_one_length(const cc_selector_t *selector)
{
    for (; selector->base; selector = selector->base) {
        if (selector->modifier->digits) {
            return false;
        }
    }
    return cc_field_digest_digits(&selector->ref) > 0;
}

/* Other characters than letters stay as they are. */
static bool changes_case_only(const cc_selector_t *modified)
{
    for (; modified && modified->base; modified = modified->base) {
        if (modified->modifier->keeps != CC_KEEPS_WORDS) {
            return false;
        }
    }
    return true;
}

/* Whether the text of a part never has the octet. */
static bool part_lacks(const cc_rule_t *rule, const cc_template_t *template, const cc_part_t *part,
                       char octet)
{
    const cc_selector_t *field = field_of(template, part);
    const cc_condition_t *c = cc_rule_captured(rule, variable_of(template, part));

    if (!apr_isascii(octet) || apr_isalpha(octet)) {
        return false;
    }
    if (field) {
        return field->type == CC_TYPE_OCTETS && !strchr("0123456789-", octet);
    }
    return c && c->pattern && changes_case_only(part->modified) &&
           cc_pattern_group_lacks(c, part->group, octet);
}

/* ---- the parts --------------------------------------------------------------------------- */

/* Whether it is certain where the part ends, or with a step of -1, where it begins. */
static bool is_cut(const cc_rule_t *rule, const cc_template_t *template, int number, int step)
{
    const cc_part_t *part = part_at(template, number);
    const cc_selector_t *field = field_of(template, part);
    int next = part_next(template, number, step);

    if (field && has_one_length(field)) {
        return true;
    }
    for (int i = number + step; i != next; i += step) {
        const struct iovec *literal = &part_at(template, i)->literal;

        for (apr_size_t j = 0; j < literal->iov_len; j++) {
            if (part_lacks(rule, template, part, ((const char *)literal->iov_base)[j])) {
                return true;
            }
        }
    }
    return false;
}

/* How many parts, from the start or with a step of -1 from the end, are cut one after the other. */
static int cut_count(const cc_rule_t *rule, const cc_template_t *template, int step)
{
    int count = 0;

    for (int i = part_next(template, step > 0 ? -1 : template->parts->nelts, step);
         i >= 0 && i < template->parts->nelts && is_cut(rule, template, i, step);
         i = part_next(template, i, step)) {
        count++;
    }
    return count;
}

static bool same_part(const cc_part_t *a, const cc_part_t *b)
{
    return a->variable == b->variable && a->group == b->group && a->modified == b->modified;
}

bool cc_template_splits(const cc_rule_t *rule, const cc_template_t *template)
{
    int first = part_next(template, -1, 1), count = 0;
    bool same = true;

    for (int i = first; i < template->parts->nelts; i = part_next(template, i, 1)) {
        same = same && same_part(part_at(template, first), part_at(template, i));
        count++;
    }
    if (same || (template->variables->nelts == 1 &&
                 variable_of(template, part_at(template, first))->columns)) {
        return true;
    }
    return cut_count(rule, template, 1) + cut_count(rule, template, -1) >= count - 1;
}
