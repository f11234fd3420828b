/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up several values at once, and each value only once in an evaluation. */

#include <apr_strings.h>

#include "rules/internal.h"

/*
 * This is for remote tables. The holder of a certificate chooses how many values it has, and each
 * may have to be looked up. So the values of a condition are looked up together, up to AT_ONCE at a
 * time: a source answers many values nearly as quickly as one. Larger batches would be wasted if
 * one of the first values decides, and would exceed what some directories accept on one connection.
 * A memo keeps the answers of a table to the end of the evaluation: other conditions, and equal
 * values, get the same answer. All lookups in one table share its timeout, which cc_table_usage_t
 * tracks.
 */
#define AT_ONCE 32

/* The answers of one table in one evaluation. */
typedef struct cc_table_memo_t {
    cc_table_t *table;
    cc_table_usage_t account;
    apr_hash_t *answers[CC_KEY_FORMS]; /* for each form, cc_query_t * by its key; an empty key
                                          may be there too */
} cc_table_memo_t;

static cc_table_memo_t *memo_of(cc_evaluation_t *ev, cc_table_t *table)
{
    cc_table_memo_t *memo = NULL;

    if (!ev->table_memos) {
        ev->table_memos = apr_hash_make(ev->scratch);
    }
    memo = apr_hash_get(ev->table_memos, &table, sizeof(table));
    if (!memo) {
        memo = apr_pcalloc(ev->scratch, sizeof(*memo));
        memo->table = table;
        for (int i = 0; i < CC_KEY_FORMS; i++) {
            memo->answers[i] = apr_hash_make(ev->scratch);
        }
        apr_hash_set(ev->table_memos, &memo->table, sizeof(memo->table), memo);
    }
    return memo;
}

static cc_query_t *answer_find(const cc_table_memo_t *memo, const cc_query_t *wanted)
{
    return apr_hash_get(memo->answers[wanted->form], wanted->key, (apr_ssize_t)wanted->len);
}

static cc_query_t *query_add(cc_table_memo_t *memo, const cc_query_t *wanted, apr_pool_t *p)
{
    cc_query_t *query = apr_pmemdup(p, wanted, sizeof(*wanted));

    apr_hash_set(memo->answers[query->form], query->key, (apr_ssize_t)query->len, query);
    return query;
}

/*
 * Looks up the value, and some of those that follow it. The clock is read again: the evaluation may
 * have waited for another table, while the answers of this one grew older.
 */
static void values_lookup(cc_evaluation_t *ev, const cc_condition_t *c, const cc_value_t *value,
                          const cc_value_t *issuer)
{
    cc_table_memo_t *memo = memo_of(ev, c->table);
    const cc_values_t *values = &ev->cells[c->selector->number].values;
    const cc_value_t *end = values->at + values->count;
    cc_query_t *queries[AT_ONCE];
    int count = 0;

    for (; value < end && count < AT_ONCE; value++) {
        cc_query_t wanted = cc_lookup_query(c, value, issuer);

        if (!value->unusable && !answer_find(memo, &wanted)) {
            queries[count++] = query_add(memo, &wanted, ev->scratch);
        }
    }
    cc_table_lookup_many(memo->table, queries, count, apr_time_now(), &memo->account, ev->scratch);
}

const cc_query_t *cc_lookup_many(cc_evaluation_t *ev, const cc_condition_t *c,
                                 const cc_value_t *value, const cc_value_t *issuer)
{
    cc_table_memo_t *memo = memo_of(ev, c->table);
    cc_query_t wanted = cc_lookup_query(c, value, issuer);
    const cc_query_t *answer = answer_find(memo, &wanted);

    if (!answer) {
        values_lookup(ev, c, value, issuer);
        answer = answer_find(memo, &wanted);
    }
    return answer;
}
