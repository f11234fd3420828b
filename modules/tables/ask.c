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

cc_table_result_t cc_table_lookup(cc_table_t *table, const char *key, apr_size_t len, cc_row_t *row,
                                  cc_answer_info_t *info, apr_pool_t *p)
{
    const cc_backend_t *backend = table->source.backend;
    cc_key_t folded = {key, len};
    cc_table_result_t result = CC_TABLE_MISSING;
    char small[CC_KEY_SMALL];

    row->count = 0;
    row->columns = NULL;
    info->stale_at = APR_INT64_MAX;
    info->failure = NULL;
    if (cc_key_fold(&folded, table, small, p)) {
        result = backend->asked
                     ? cc_cache_ask(table, &folded, row, info, p)
                     : backend->lookup(row, table->source.state, folded.at, folded.len, info, p);
    }
    if (result == CC_TABLE_FOUND && row->count < table->spec.columns) {
        info->failure = apr_psprintf(p, "columns of the row: %d; rules take $%d", row->count,
                                     table->spec.columns);
        result = CC_TABLE_FAILED;
    }
    if (result == CC_TABLE_FAILED) {
        info->stale_at = 0;
    }
    cc_count(&table->counters->lookups[result]);
    return result;
}

apr_uint64_t cc_table_generation(const cc_table_t *table)
{
    const cc_backend_t *backend = table->source.backend;

    return backend->generation ? backend->generation(table->source.state) : 0;
}
