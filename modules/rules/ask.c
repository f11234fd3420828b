/* SPDX-License-Identifier: Apache-2.0 */
/* Asks tables that are other programs: several values at once, and each value once an evaluation.
 */

#include "rules/internal.h"

/*
 * Who makes a certificate chooses how many values it has, and each may have to be looked up. So the
 * values of a condition are asked for together, up to AT_ONCE of them: a source answers many nearly
 * as quickly as one. More of them would be in vain where one of the first decides, and more than
 * some directories take from one connection. What a table has said is kept to the end of the
 * evaluation: other conditions, and equal values, get the same answer. How long all that may take
 * is the table's timeout, for which cc_account_t has one account for each table.
 */
#define AT_ONCE 32

/* One table in one evaluation. */
typedef struct cc_known_t {
    cc_table_t *table;
    cc_account_t account;
    apr_hash_t *answers; /* cc_query_t * by its key; an empty one may be there too */
} cc_known_t;

static cc_known_t *known_of(cc_evaluation_t *ev, cc_table_t *table)
{
    cc_known_t *known = NULL;

    if (!ev->known) {
        ev->known = apr_hash_make(ev->scratch);
    }
    known = apr_hash_get(ev->known, &table, sizeof(table));
    if (!known) {
        known = apr_pcalloc(ev->scratch, sizeof(*known));
        known->table = table;
        known->answers = apr_hash_make(ev->scratch);
        apr_hash_set(ev->known, &known->table, sizeof(known->table), known);
    }
    return known;
}

static cc_query_t *answer_find(const cc_known_t *known, const cc_value_t *value)
{
    return apr_hash_get(known->answers, value->text, (apr_ssize_t)value->len);
}

static cc_query_t *question_add(cc_known_t *known, const cc_value_t *value, apr_pool_t *p)
{
    cc_query_t *question = apr_pcalloc(p, sizeof(*question));

    question->key = value->text;
    question->len = value->len;
    apr_hash_set(known->answers, question->key, (apr_ssize_t)question->len, question);
    return question;
}

/* Asks for the value and for those that follow it. */
static void values_ask(cc_evaluation_t *ev, cc_known_t *known, const cc_value_t *value,
                       const cc_value_t *end)
{
    cc_query_t *questions[AT_ONCE];
    int count = 0;

    for (; value < end && count < AT_ONCE; value++) {
        if (!value->unusable && !answer_find(known, value)) {
            questions[count++] = question_add(known, value, ev->scratch);
        }
    }
    cc_table_ask(known->table, questions, count, &known->account, ev->scratch);
}

const cc_query_t *cc_lookup_answer(cc_evaluation_t *ev, const cc_condition_t *c,
                                   const cc_value_t *value)
{
    const cc_values_t *values = &ev->cells[c->selector->number].values;
    cc_known_t *known = known_of(ev, c->table);
    const cc_query_t *answer = answer_find(known, value);

    if (!answer) {
        values_ask(ev, known, value, values->at + values->count);
        answer = answer_find(known, value);
    }
    return answer;
}
