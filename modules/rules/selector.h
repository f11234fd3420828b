/* SPDX-License-Identifier: Apache-2.0 */
/* Declares how selectors, FIELD[|MODIFIER ...], are made, and what they make of single values. */
#ifndef CC_RULES_SELECTOR_H
#define CC_RULES_SELECTOR_H

#include "rules/internal.h"

/* Finds or makes the selector for FIELD[|MODIFIER ...]. */
apr_status_t cc_selector_find(cc_selector_t **selector, cc_rule_reader_t *reader, const char *word);

/* Puts one modifier, such as "nth(2)", on top of *selector. */
apr_status_t cc_selector_modify(cc_selector_t **selector, cc_rule_reader_t *reader,
                                const char *written);

/*
 * The selector with the values that those of this one are made of, each of one: what
 * the last modifier made that does not work on each value alone, or the field.
 */
const cc_selector_t *cc_selector_origin(const cc_selector_t *selector);

/* The first %{FIELD|MODIFIER} or %{$...} in a text, or NULL. */
const char *cc_selector_variable_in(const char *text, apr_pool_t *p);

/*
 * The first of the octets `ends` in a text that is in no parentheses, in which a
 * backslash quotes the octet after it; or the end of the text.
 */
const char *cc_selector_until(const char *text, const char *ends);

/*
 * The ")" of the "(" with which a text begins, NULL if there is none. A backslash
 * quotes the octet after it.
 */
const char *cc_selector_close(const char *text);

/* The error CC0211: there is no modifier of this name. `more` ends the message. */
apr_status_t cc_selector_no_modifier(cc_rule_reader_t *reader, const char *word, const char *more);

/* ---- modifier.c -------------------------------------------------------------------------- */

/* What modifiers use beside values. */
typedef struct cc_modifying_t {
    const void *argument;   /* of the modifier, as `read` made it; NULL: none */
    apr_pool_t *pool;       /* of what is made */
    cc_matcher_t **matcher; /* for patterns; NULL there until one is needed */
    bool aside;             /* see cc_matcher_begin */
} cc_modifying_t;

/* The last modifier of a selector (selector->base is not NULL), applied to the values of its base.
 */
cc_values_t cc_modifier_apply(const cc_selector_t *selector, cc_values_t in,
                              const cc_modifying_t *m);

/*
 * The value that a selector makes of one value of its origin (cc_selector_origin): none, or one.
 * The values that a selector of a capture makes of texts.
 */
cc_values_t cc_modifier_make(const cc_selector_t *selector, const cc_selector_t *origin,
                             const cc_value_t *value, const cc_modifying_t *m);
cc_values_t cc_modifier_make_all(const cc_selector_t *selector, cc_values_t in,
                                 const cc_modifying_t *m);

/* The matcher for a pattern of a modifier. */
cc_matcher_t *cc_modifying_matcher(const cc_modifying_t *m, const cc_pattern_t *pattern);

#endif
