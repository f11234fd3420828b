/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up keys in a table: folds them, queries cache or source, and checks the columns. */
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

const char *cc_table_source(const cc_table_t *table)
{
    return table->spec.shown;
}

int cc_table_columns(const cc_table_t *table)
{
    return table->spec.columns;
}

apr_uint64_t cc_table_rows(const cc_table_t *table)
{
    const cc_backend_t *backend = table->source.backend;

    return backend->rows && table->source.state ? backend->rows(table->source.state) : 0;
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
    return table->source.backend->remote && table->spec.size > 0;
}

bool cc_table_takes_names(const cc_table_t *table)
{
    return table->source.backend->names;
}

bool cc_table_binds_issuer(const cc_table_t *table)
{
    return table->spec.issuer > 0;
}

bool cc_table_ignores_case(const cc_table_t *table)
{
    return table->spec.nocase;
}

bool cc_table_takes_octets(const cc_table_t *table)
{
    return table->spec.octets != 0;
}

bool cc_table_is_gridmap(const cc_table_t *table)
{
    return table->spec.gridmap;
}

const apr_array_header_t *cc_table_remarks(const cc_table_t *table)
{
    const cc_backend_t *backend = table->source.backend;

    return backend->remarks && table->source.state ? backend->remarks(table->source.state) : NULL;
}

bool cc_table_is_remote(const cc_table_t *table)
{
    return table->source.backend->remote;
}

static void query_begin(cc_query_t *query)
{
    query->result = CC_TABLE_MISSING;
    query->row = (cc_row_t){0, NULL};
    query->info = (cc_answer_info_t){.stale_at = APR_INT64_MAX};
}

/* Checks a row that was found: its issuer, when it counts, and the number of its columns. */
static void row_check(const cc_table_t *table, cc_query_t *query, apr_time_t now, apr_pool_t *p)
{
    const cc_table_spec_t *spec = &table->spec;
    cc_row_t row = query->row;

    if (spec->issuer && !table->source.backend->holds) {
        cc_issuer_check(query, spec->issuer, p);
    }
    if (spec->valid && query->result == CC_TABLE_FOUND) {
        cc_period_choose(query, &row, 1, &(cc_when_t){spec->valid, now}, p);
    }
    if (query->result == CC_TABLE_FOUND && query->row.count < spec->columns) {
        query->info.failure = apr_psprintf(p, "columns of the row: %d; rules use $%d",
                                           query->row.count, spec->columns);
        query->result = CC_TABLE_FAILED;
    }
}

static inline void query_end(const cc_table_t *table, cc_query_t *query, apr_time_t now,
                             apr_pool_t *p)
{
    if (query->result == CC_TABLE_FOUND &&
        ((table->spec.issuer | table->spec.valid) != 0 || query->row.count < table->spec.columns)) {
        row_check(table, query, now, p);
    }
    if (query->result == CC_TABLE_FAILED) {
        query->info.stale_at = 0;
    }
    cc_counter_add(&table->counters->lookups[query->result]);
}

/*
 * For a table whose rows are those of CAs: binds the folded key to the issuer, if the keys of the
 * source are. False: no issuer is given, so the query fails.
 */
static bool issuer_bind(cc_key_t *key, cc_query_t *query, const cc_table_t *table, apr_pool_t *p)
{
    cc_key_t issuer = {query->issuer, query->issuer_len};

    if (!issuer.at) {
        query->result = CC_TABLE_FAILED;
        query->info.failure = "its rows are those of CAs (issuer=), and no issuer is given";
        return false;
    }
    if (table->source.backend->holds) {
        *key = cc_issuer_bind(key, &issuer, p);
    }
    return true;
}

/* Folds the key of a query; false: the source need not be asked. */
static inline bool query_fold(cc_key_t *key, cc_query_t *query, const cc_table_t *table,
                              char *small, apr_pool_t *p)
{
    return cc_key_fold(key, query, table, small, p) &&
           (!table->spec.issuer || issuer_bind(key, query, table, p));
}

/* Looks up the keys that a table may contain; `open` is a list of them. */
static void queries_lookup(const cc_table_t *table, cc_query_t **open, int count, apr_time_t now,
                           cc_table_usage_t *account, apr_pool_t *p)
{
    account->keys += count;
    if (account->keys <= CC_KEYS_MAX) {
        cc_remote_lookup(table, open, count, now, account, p);
        return;
    }
    for (int i = 0; i < count; i++) {
        open[i]->result = CC_TABLE_FAILED;
        open[i]->info.failure =
            apr_psprintf(p, "one certificate has more than %d keys for this table", CC_KEYS_MAX);
    }
}

void cc_table_lookup_many(cc_table_t *table, cc_query_t *const *queries, int count, apr_time_t now,
                          cc_table_usage_t *account, apr_pool_t *p)
{
    cc_query_t *folded = apr_palloc(p, sizeof(*folded) * (apr_size_t)count);
    cc_query_t **open = apr_palloc(p, sizeof(*open) * (apr_size_t)count);
    char *small = apr_palloc(p, CC_KEY_SMALL * (apr_size_t)count);
    int open_count = 0;

    for (int i = 0; i < count; i++, small += CC_KEY_SMALL) {
        cc_key_t key;

        folded[i] = *queries[i];
        query_begin(&folded[i]);
        if (query_fold(&key, &folded[i], table, small, p)) {
            folded[i].key = key.at;
            folded[i].len = key.len;
            open[open_count++] = &folded[i];
        }
    }
    queries_lookup(table, open, open_count, now, account, p);
    for (int i = 0; i < count; i++) {
        query_end(table, &folded[i], now, p);
        folded[i].key = queries[i]->key;
        folded[i].len = queries[i]->len;
        *queries[i] = folded[i];
    }
}

/* Looks up a key that may have several rows, of which one counts at a time. */
static void rows_lookup(const cc_table_t *table, cc_query_t *query, const cc_key_t *key,
                        apr_time_t now, apr_pool_t *p)
{
    const cc_source_t *source = &table->source;
    apr_array_header_t *rows = apr_array_make(p, 2, sizeof(cc_row_t));

    query->result =
        source->backend->lookup_all(rows, source->state, key->at, key->len, &query->info, p);
    if (query->result == CC_TABLE_FOUND) {
        cc_period_choose(query, (const cc_row_t *)rows->elts, rows->nelts,
                         &(cc_when_t){table->spec.valid, now}, p);
    }
}

cc_table_result_t cc_table_lookup(cc_table_t *table, cc_query_t *query, apr_time_t now,
                                  apr_pool_t *p)
{
    const cc_backend_t *backend = table->source.backend;
    cc_table_usage_t account = {0, 0};
    cc_key_t folded;
    char small[CC_KEY_SMALL];

    if (backend->remote) {
        cc_table_lookup_many(table, &query, 1, now, &account, p);
        return query->result;
    }
    query_begin(query);
    if (query_fold(&folded, query, table, small, p)) {
        if (table->spec.valid && backend->lookup_all) {
            rows_lookup(table, query, &folded, now, p);
        } else {
            query->result = backend->lookup(&query->row, table->source.state, folded.at, folded.len,
                                            &query->info, p);
        }
    }
    query_end(table, query, now, p);
    return query->result;
}

/* A walk over the keys alone. */
typedef struct {
    cc_table_key_fn *fn;
    void *baton;
} keys_walk_t;

static bool key_pass(const char *key, apr_size_t len, const cc_packed_t *columns, apr_uint64_t line,
                     void *baton)
{
    const keys_walk_t *walk = baton;

    (void)columns;
    return walk->fn(key, len, line, walk->baton);
}

static bool keys_each(const cc_table_t *table, cc_table_key_fn *fn, void *baton)
{
    const cc_backend_t *backend = table->source.backend;
    keys_walk_t walk = {fn, baton};

    if (!backend->each || !table->source.state || table->spec.issuer) {
        return false;
    }
    backend->each(table->source.state, key_pass, &walk);
    return true;
}

bool cc_table_each(const cc_table_t *table, cc_table_key_fn *fn, void *baton)
{
    return !table->spec.octets && !table->spec.gridmap && keys_each(table, fn, baton);
}

bool cc_table_each_octets(const cc_table_t *table, cc_table_key_fn *fn, void *baton)
{
    return table->spec.octets && keys_each(table, fn, baton);
}

const char *cc_table_place(const cc_table_t *table, apr_uint64_t line, apr_pool_t *p)
{
    return apr_psprintf(p, "%s:%" APR_UINT64_T_FMT,
                        cc_source_path(&table->spec, table->spec.source, p), line);
}

apr_uint64_t cc_table_generation(const cc_table_t *table)
{
    const cc_backend_t *backend = table->source.backend;

    return backend->generation ? backend->generation(table->source.state) : 0;
}
