/* SPDX-License-Identifier: Apache-2.0 */
/* Indexes rules by their == conditions, to find those that can match a certificate. */

#include <apr_strings.h>

#include "rules/internal.h"

/*
 * A rule with a == condition can only match if the certificate has that value. So it is filed under
 * the selector and value of one of its == conditions: in whichever of these buckets has the fewest
 * rules so far. Rules without == are in no bucket (cc_rules_t.unfiled).
 *
 * An evaluation begins with the bits of the unfiled rules, looks up the values of each selector
 * that has buckets, and sets the bits of the rules found there. Then it evaluates the rules whose
 * bits are set, in order. A rule that is not a candidate costs one bit.
 */

#define WORD_BITS 64

static void bit_set(apr_uint64_t *bits, int number)
{
    bits[number / WORD_BITS] |= (apr_uint64_t)1 << (number % WORD_BITS);
}

/* The numbers (int) of the rules that are filed under this value, or NULL. */
static apr_array_header_t *bucket_find(const cc_selector_t *selector, const cc_value_t *value)
{
    return apr_hash_get(selector->buckets, value->key, (apr_ssize_t)value->key_len);
}

static int bucket_size(const cc_condition_t *c)
{
    const apr_array_header_t *bucket =
        c->selector->buckets ? bucket_find(c->selector, &c->value) : NULL;

    return bucket ? bucket->nelts : 0;
}

/* The == condition with the fewest rules filed under it so far, or NULL. */
static const cc_condition_t *condition_choose(const cc_rule_t *rule)
{
    const cc_condition_t *best = NULL;

    for (int i = 0; i < rule->conditions->nelts; i++) {
        const cc_condition_t *c = &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t);
        if (cc_operator_is_equal(c->op) && (!best || bucket_size(c) < bucket_size(best))) {
            best = c;
        }
    }
    return best;
}

static void bucket_add(cc_rules_t *rules, const cc_condition_t *c, int number)
{
    apr_array_header_t *bucket;

    if (!c->selector->buckets) {
        c->selector->buckets = apr_hash_make(rules->pool);
    }
    bucket = bucket_find(c->selector, &c->value);
    if (!bucket) {
        bucket = apr_array_make(rules->pool, 1, sizeof(int));
        apr_hash_set(c->selector->buckets, c->value.key, (apr_ssize_t)c->value.key_len, bucket);
    }
    APR_ARRAY_PUSH(bucket, int) = number;
}

void cc_index_add(cc_rules_t *rules, const cc_rule_t *rule)
{
    const cc_condition_t *c = condition_choose(rule);

    if (rule->number % WORD_BITS == 0) {
        APR_ARRAY_PUSH(rules->unfiled, apr_uint64_t) = 0;
    }
    if (c) {
        bucket_add(rules, c, rule->number);
    } else {
        bit_set((apr_uint64_t *)rules->unfiled->elts, rule->number);
    }
}

static void bucket_candidates(const cc_selector_t *selector, const cc_value_t *value,
                              apr_uint64_t *bits)
{
    const apr_array_header_t *bucket = bucket_find(selector, value);

    for (int i = 0; bucket && i < bucket->nelts; i++) {
        bit_set(bits, APR_ARRAY_IDX(bucket, i, int));
    }
}

/* Sets the bits of all rules that are filed under any value of the selector. */
static void filed_candidates(const cc_selector_t *selector, apr_uint64_t *bits, apr_pool_t *p)
{
    for (apr_hash_index_t *i = apr_hash_first(p, selector->buckets); i; i = apr_hash_next(i)) {
        const apr_array_header_t *bucket = apr_hash_this_val(i);

        for (int j = 0; j < bucket->nelts; j++) {
            bit_set(bits, APR_ARRAY_IDX(bucket, j, int));
        }
    }
}

/* An unusable value equals no operand, but does not differ from any either. */
static void selector_candidates(cc_evaluation_t *ev, const cc_selector_t *selector,
                                apr_uint64_t *bits)
{
    const cc_cell_t *cell = cc_evaluation_cell(ev, selector);
    cc_values_t values = cell->values;

    if (cell->unusable > 0) {
        filed_candidates(selector, bits, ev->scratch);
        return;
    }
    for (int i = 0; i < values.count; i++) {
        bucket_candidates(selector, &values.at[i], bits);
    }
}

apr_uint64_t *cc_index_candidates(cc_evaluation_t *ev)
{
    const cc_rules_t *rules = ev->rules;
    apr_uint64_t *bits = apr_pmemdup(ev->scratch, rules->unfiled->elts,
                                     (apr_size_t)rules->unfiled->nelts * sizeof(*bits));

    for (int i = 0; i < rules->selectors->nelts; i++) {
        const cc_selector_t *selector = APR_ARRAY_IDX(rules->selectors, i, cc_selector_t *);
        if (selector->buckets) {
            selector_candidates(ev, selector, bits);
        }
    }
    return bits;
}

bool cc_index_has(const apr_uint64_t *bits, int number)
{
    return bits[number / WORD_BITS] >> (number % WORD_BITS) & 1;
}

int cc_index_next(const cc_rules_t *rules, const apr_uint64_t *bits, int from)
{
    int count = rules->rules->nelts;

    while (from < count) {
        apr_uint64_t word = bits[from / WORD_BITS] >> (from % WORD_BITS);
        if (word) {
            return from + __builtin_ctzll(word);
        }
        from += WORD_BITS - from % WORD_BITS;
    }
    return count;
}
