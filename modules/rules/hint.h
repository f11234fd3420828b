/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files that explain a miss share. */
#ifndef CC_RULES_HINT_H
#define CC_RULES_HINT_H

#include "rules/internal.h"

/* A condition that does not hold for a certificate. Everything is in `pool`. */
typedef struct cc_miss_t {
    const cc_rules_t *rules;
    const cc_condition_t *condition;
    const cc_cert_t *cert;
    const cc_facts_t *facts;
    cc_values_t values; /* that it tested */
    apr_pool_t *pool;
} cc_miss_t;

/* NULL, or a sentence on why the condition does not hold, which is certainly true. */
typedef const char *cc_hint_fn(const cc_miss_t *miss);

/* hint.c: a condition as text, with the field of the missed one unless `field` is given. */
const char *cc_hint_condition(const cc_miss_t *miss, const char *field, const char *op,
                              const char *operand);

/*
 * hint.c: the same as the end of a hint, REASON; write CONDITION. NULL if the condition does not
 * hold for this certificate, or cannot be written in one line of reasonable length.
 */
const char *cc_hint_write(const cc_miss_t *miss, const char *reason, const char *field,
                          const char *op, const char *operand);

/* hint.c: whether a condition is legal and holds for this certificate. */
bool cc_hint_holds(const cc_miss_t *miss, const char *condition);

/* hint.c: the field of the condition followed by one more modifier. */
const char *cc_hint_field_with(const cc_miss_t *miss, const char *modifier);

/* hint.c: calls `each` with the usable values of the condition until one has a hint. */
typedef const char *cc_hint_value_fn(const cc_miss_t *miss, const cc_value_t *value);
const char *cc_hint_each(const cc_miss_t *miss, cc_hint_value_fn *each);

/* hint_value.c: of conditions with == and under. */
cc_hint_fn cc_hint_equal;

/* hint_pattern.c: of conditions with =~. */
cc_hint_fn cc_hint_pattern;

/* hint_table.c: of conditions with `in`, for the tables that need no other program. */
cc_hint_fn cc_hint_table;

#endif
