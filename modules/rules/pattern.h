/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns (PCRE2): compiles and matches them, with limits. Only engine.h knows the library. */
#ifndef CC_RULES_PATTERN_H
#define CC_RULES_PATTERN_H

#define APR_WANT_IOVEC
#include <apr_want.h>

#include "rules/rules.h"

typedef struct cc_engine_t cc_engine_t;
typedef struct cc_matcher_t cc_matcher_t;
typedef struct cc_pattern_t cc_pattern_t;

/* Whether a value satisfies an operator and its operand. Undecided if a pattern hits a limit. */
typedef enum { CC_FIT_NO, CC_FIT_YES, CC_FIT_UNDECIDED } cc_fit_t;

/* Compiles; the patterns of a rule set share rules->engine. */
apr_status_t cc_pattern_compile(cc_pattern_t **pattern, cc_rules_t *rules, const char *text,
                                cc_error_t *err);

/* The same for a pattern that may match any part of a value, for cc_matcher_search. */
apr_status_t cc_pattern_compile_part(cc_pattern_t **pattern, cc_rules_t *rules, const char *text,
                                     cc_error_t *err);

/*
 * Whether an item of the pattern, such as a class or an escape, may match this octet, an ASCII
 * character. True also if PCRE2 does not understand the item by itself.
 */
bool cc_pattern_item_has(const cc_pattern_t *pattern, const char *item, apr_size_t len, char octet);

/*
 * The number of groups; whether all have names; and the number of the group with this name, 0 if
 * there is not exactly one.
 */
int cc_pattern_groups(const cc_pattern_t *pattern);
bool cc_pattern_groups_named(const cc_pattern_t *pattern);
int cc_pattern_group_find(const cc_pattern_t *pattern, const char *name);

/* A name that both patterns give to a group, or NULL. */
const char *cc_pattern_shared_name(const cc_pattern_t *a, const cc_pattern_t *b);

/*
 * State of pattern matching in one evaluation, and the effort that is left. Its memory is released
 * by cc_matcher_destroy (which accepts NULL), or with the pool.
 */
cc_matcher_t *cc_matcher_create(const cc_engine_t *engine, apr_pool_t *p);
void cc_matcher_destroy(cc_matcher_t *matcher);

/*
 * Begins a condition, which adds to the effort that is left. `aside`: the condition is evaluated
 * only for a trace; such conditions have a separate budget, so that a trace does not change the
 * verdict.
 */
void cc_matcher_begin(cc_matcher_t *matcher, bool aside);

/* Whether no effort is left: every further match is undecided. */
bool cc_matcher_spent(const cc_matcher_t *matcher);

/*
 * Matches a value. If it matches and `groups` is not NULL, *groups has the texts of the groups by
 * number; a group that did not take part has a NULL base. If undecided, *reason has the reason.
 */
cc_fit_t cc_matcher_match(cc_matcher_t *matcher, const cc_pattern_t *pattern,
                          const cc_value_t *value, const struct iovec **groups,
                          const char **reason);

/* A search for all matches in a value, one after the other. It begins with the value alone. */
typedef struct cc_search_t {
    const cc_value_t *value;
    const struct iovec *groups; /* of the last match, as of cc_matcher_match; NULL: none yet */
    const char *reason;         /* if undecided: a literal */
} cc_search_t;

/* Finds the next match. After an undecided one, the search has ended. */
cc_fit_t cc_matcher_search(cc_matcher_t *matcher, const cc_pattern_t *pattern, cc_search_t *search);

/* Who pays from now on, as cc_matcher_begin, without adding effort; a matcher for one pattern. */
void cc_matcher_side(cc_matcher_t *matcher, bool aside);
cc_matcher_t *cc_matcher_create_for(const cc_pattern_t *pattern, apr_pool_t *p);

#endif
