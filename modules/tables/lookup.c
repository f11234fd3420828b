/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how a table is asked: by a folded key, from the cache or the source, for enough columns. */
#include <apr_strings.h>

#include "tables/internal.h"

const char *cc_table_name(const cc_table_t *table)
{
    return table->spec.name;
}

const char *cc_table_where(const cc_table_t *table)
{
    return table->spec.where;
}

const void *cc_table_scope(const cc_table_t *table)
{
    return table->scope;
}

const char *cc_table_type(const cc_table_t *table)
{
    return table->source.backend->type;
}

bool cc_table_has_rows(const cc_table_t *table)
{
    return table->source.backend->rows != NULL;
}

bool cc_table_is_loaded(const cc_table_t *table)
{
    return table->source.backend->seen != NULL;
}

bool cc_table_is_cached(const cc_table_t *table)
{
    return table->source.backend->asked && table->spec.size > 0;
}

bool cc_table_takes_names(const cc_table_t *table)
{
    return table->source.backend->names;
}

bool cc_table_is_asked(const cc_table_t *table)
{
    return table->source.backend->asked;
}

static void question_begin(cc_query_t *question)
{
    question->result = CC_TABLE_MISSING;
    question->row = (cc_row_t){0, NULL};
    question->info = (cc_answer_info_t){APR_INT64_MAX, NULL};
}

static void question_end(const cc_table_t *table, cc_query_t *question, apr_pool_t *p)
{
    if (question->result == CC_TABLE_FOUND && question->row.count < table->spec.columns) {
        question->info.failure = apr_psprintf(p, "columns of the row: %d; rules take $%d",
                                              question->row.count, table->spec.columns);
        question->result = CC_TABLE_FAILED;
    }
    if (question->result == CC_TABLE_FAILED) {
        question->info.stale_at = 0;
    }
    cc_counter_add(&table->counters->lookups[question->result]);
}

/* Asks those whose keys a table may have; `open` is a list of them. */
static void questions_ask(const cc_table_t *table, cc_query_t **open, int count,
                          cc_account_t *account, apr_pool_t *p)
{
    account->asked += count;
    if (account->asked <= CC_KEYS_MOST) {
        cc_cache_ask(table, open, count, account, p);
        return;
    }
    for (int i = 0; i < count; i++) {
        open[i]->result = CC_TABLE_FAILED;
        open[i]->info.failure =
            apr_psprintf(p, "one certificate has more than %d keys for it", CC_KEYS_MOST);
    }
}

void cc_table_ask(cc_table_t *table, cc_query_t *const *questions, int count, cc_account_t *account,
                  apr_pool_t *p)
{
    cc_query_t *folded = apr_palloc(p, sizeof(*folded) * (apr_size_t)count);
    cc_query_t **open = apr_palloc(p, sizeof(*open) * (apr_size_t)count);
    char *small = apr_palloc(p, CC_KEY_SMALL * (apr_size_t)count);
    int open_count = 0;

    for (int i = 0; i < count; i++, small += CC_KEY_SMALL) {
        cc_key_t key = {questions[i]->key, questions[i]->len};

        question_begin(&folded[i]);
        if (cc_key_fold(&key, table, small, p)) {
            folded[i].key = key.at;
            folded[i].len = key.len;
            open[open_count++] = &folded[i];
        }
    }
    questions_ask(table, open, open_count, account, p);
    for (int i = 0; i < count; i++) {
        question_end(table, &folded[i], p);
        folded[i].key = questions[i]->key;
        folded[i].len = questions[i]->len;
        *questions[i] = folded[i];
    }
}

cc_table_result_t cc_table_lookup(cc_table_t *table, const char *key, apr_size_t len, cc_row_t *row,
                                  cc_answer_info_t *info, apr_pool_t *p)
{
    const cc_backend_t *backend = table->source.backend;
    cc_query_t question = {.key = key, .len = len};
    cc_query_t *only = &question;
    cc_account_t account = {0, 0};
    cc_key_t folded = {key, len};
    char small[CC_KEY_SMALL];

    if (backend->asked) {
        cc_table_ask(table, &only, 1, &account, p);
    } else {
        question_begin(&question);
        if (cc_key_fold(&folded, table, small, p)) {
            question.result = backend->lookup(&question.row, table->source.state, folded.at,
                                              folded.len, &question.info, p);
        }
        question_end(table, &question, p);
    }
    *row = question.row;
    *info = question.info;
    return question.result;
}

apr_uint64_t cc_table_generation(const cc_table_t *table)
{
    const cc_backend_t *backend = table->source.backend;

    return backend->generation ? backend->generation(table->source.state) : 0;
}
