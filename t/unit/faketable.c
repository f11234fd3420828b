/* SPDX-License-Identifier: Apache-2.0 */
/* Makes tables for unit tests, which provide the rows and choose the failures. */
#include "faketable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

faketable_t faketable;

static const char *const *values_split(char *text, int *count, apr_pool_t *p)
{
    const char **values = apr_palloc(p, sizeof(*values) * (strlen(text) + 1));
    char *state, *value;

    *count = 0;
    for (value = apr_strtok(text, ",", &state); value; value = apr_strtok(NULL, ",", &state))
        values[(*count)++] = value;
    return values;
}

static cc_row_t row_make(const char *text, apr_pool_t *p)
{
    cc_column_t *columns = apr_pcalloc(p, sizeof(*columns) * (strlen(text) + 1));
    cc_row_t row = {0, columns};
    char *state, *copy = apr_pstrdup(p, text);

    for (char *word = apr_strtok(copy, " ", &state); word; word = apr_strtok(NULL, " ", &state)) {
        cc_column_t *column = &columns[row.count++];
        if (strcmp(word, "-") != 0)
            column->values = values_split(word, &column->count, p);
    }
    return row;
}

static const faketable_row_t *row_find(const char *key)
{
    const faketable_row_t *row = faketable.rows;

    while (row && row->key && strcmp(row->key, key) != 0)
        row++;
    return row && row->key ? row : NULL;
}

static apr_status_t fake_open(void **state, const cc_table_spec_t *spec, apr_pool_t *p,
                              cc_error_t *err)
{
    (void)spec, (void)p, (void)err;
    *state = &faketable;
    return APR_SUCCESS;
}

static cc_table_result_t fake_lookup(cc_row_t *row, void *state, const char *key, apr_size_t len,
                                     cc_answer_info_t *info, apr_pool_t *p)
{
    const char *fails = faketable.fails;
    const faketable_row_t *found = row_find(key);

    (void)state, (void)len;
    faketable.lookups++;
    faketable.asked_at = apr_time_now();
    if (faketable.changes > 0) {
        faketable.changes--;
        faketable.generation++;
        faketable.rows = faketable.next_rows;
    }
    if (fails && (*fails == '*' || strcmp(fails, key) == 0)) {
        info->failure = "it is on fire";
        return CC_TABLE_FAILED;
    }
    if (found)
        *row = row_make(found->columns, p);
    return found ? CC_TABLE_FOUND : CC_TABLE_MISSING;
}

static void fake_ask(cc_query_t *const *queries, int count, void *state, apr_time_t deadline,
                     apr_pool_t *p)
{
    (void)deadline;
    faketable.batches++;
    for (int i = 0; i < count; i++)
        queries[i]->result = fake_lookup(&queries[i]->row, state, queries[i]->key, queries[i]->len,
                                         &queries[i]->info, p);
}

static apr_uint64_t fake_generation(void *state)
{
    (void)state;
    return faketable.generation;
}

static apr_uint64_t fake_rows(void *state)
{
    const faketable_row_t *row = ((const faketable_t *)state)->rows;
    apr_uint64_t count = 0;

    for (; row && row->key; row++)
        count++;
    return count;
}

static const cc_backend_t held = {
    .type = "held", .open = fake_open, .lookup = fake_lookup, .rows = fake_rows};
static const cc_backend_t fake = {
    .type = "fake", .open = fake_open, .lookup = fake_lookup, .generation = fake_generation};
static const cc_backend_t asked = {
    .type = "asked", .remote = true, .open = fake_open, .lookup = fake_lookup};
static const cc_backend_t several = {
    .type = "several", .remote = true, .open = fake_open, .lookup_many = fake_ask};
static const cc_backend_t *const backends[] = {&held, &fake, &asked, &several, NULL};

/* A table that cannot be made is a mistake in the test. */
cc_tables_t *faketable_make(const char *lines, apr_pool_t *p)
{
    cc_tables_t *tables = cc_tables_create(backends, p);
    char *state, *copy = apr_pstrdup(p, lines);
    cc_error_t err = {NULL, NULL, NULL, NULL};

    memset(&faketable, 0, sizeof(faketable));
    for (char *line = apr_strtok(copy, "\n", &state); line; line = apr_strtok(NULL, "\n", &state))
        if (cc_tables_add(tables, NULL, line, "site.conf:1", &err) != APR_SUCCESS) {
            fprintf(stderr, "%s\n", cc_error_text(&err, p));
            abort();
        }
    return tables;
}
