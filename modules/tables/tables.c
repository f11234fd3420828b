/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the tables of a configuration: their names, their opening, and when they are looked at. */
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "tables/internal.h"

#define SOON apr_time_from_msec(50) /* when a source is looked at again that is being written */

struct cc_tables_t {
    const cc_backend_t *const *backends;
    apr_array_header_t *all; /* of cc_table_t *, in their order */
    apr_hash_t *by_scope;    /* scope -> name -> cc_table_t */
    apr_pool_t *pool;
    apr_pool_t *scratch; /* of the thread that polls; NULL before cc_tables_child */
};

static cc_table_t *table_at(const cc_tables_t *tables, int i)
{
    return APR_ARRAY_IDX(tables->all, i, cc_table_t *);
}

/* ---- while the configuration is read --------------------------------------------------------- */

cc_tables_t *cc_tables_create(const cc_backend_t *const *backends, apr_pool_t *p)
{
    cc_tables_t *tables = apr_pcalloc(p, sizeof(*tables));

    tables->backends = backends;
    tables->all = apr_array_make(p, 4, sizeof(cc_table_t *));
    tables->by_scope = apr_hash_make(p);
    tables->pool = p;
    return tables;
}

/* The table of this very scope. */
static cc_table_t *scope_find(const cc_tables_t *tables, const void *scope, const char *name)
{
    apr_hash_t *names = apr_hash_get(tables->by_scope, &scope, sizeof(scope));

    return names ? apr_hash_get(names, name, APR_HASH_KEY_STRING) : NULL;
}

static void scope_add(cc_tables_t *tables, cc_table_t *table)
{
    apr_hash_t *names = apr_hash_get(tables->by_scope, &table->scope, sizeof(table->scope));

    if (!names) {
        names = apr_hash_make(tables->pool);
        apr_hash_set(tables->by_scope, &table->scope, sizeof(table->scope), names);
    }
    apr_hash_set(names, table->spec.name, APR_HASH_KEY_STRING, table);
}

apr_status_t cc_tables_add(cc_tables_t *tables, void *scope, const char *text, const char *where,
                           cc_error_t *err)
{
    cc_table_t *table = apr_pcalloc(tables->pool, sizeof(*table));
    apr_status_t status = cc_spec_parse(table, tables->backends, text, tables->pool, err);
    const cc_table_t *other = NULL;

    if (status != APR_SUCCESS) {
        return status;
    }
    table->counters = &table->own;
    table->scope = scope;
    table->spec.server = scope;
    table->spec.where = where;
    other = scope_find(tables, scope, table->spec.name);
    if (other) {
        return cc_error_set(err, tables->pool, "CC0602", table->spec.name,
                            "there is a table of this name already, at %s", other->spec.where);
    }
    APR_ARRAY_PUSH(tables->all, cc_table_t *) = table;
    scope_add(tables, table);
    return APR_SUCCESS;
}

cc_table_t *cc_tables_find(const cc_tables_t *tables, const void *scope, const char *name)
{
    cc_table_t *table = scope_find(tables, scope, name);

    return table ? table : scope_find(tables, NULL, name);
}

const char *cc_tables_names(const cc_tables_t *tables, const void *scope, apr_pool_t *p)
{
    const char *names = NULL;

    for (int i = 0; i < tables->all->nelts; i++) {
        const cc_table_t *table = table_at(tables, i);
        if (cc_tables_find(tables, scope, table->spec.name) == table) {
            names = apr_pstrcat(p, names ? names : "", names ? ", " : "", table->spec.name, NULL);
        }
    }
    return names ? names : "none";
}

void cc_table_use(cc_table_t *table, int columns)
{
    if (!table->used) {
        table->used = true;
    }
    if (table->spec.columns < columns) {
        table->spec.columns = columns;
    }
}

/* ---- at start -------------------------------------------------------------------------------- */

static apr_status_t table_open(cc_table_t *table, apr_pool_t *p, cc_error_t *err)
{
    apr_status_t status = APR_SUCCESS;

    if (!table->used) {
        return cc_error_set(err, p, "CC0607", table->spec.name,
                            "no rule uses this table; write \"FIELD in %s\" in one, or remove it",
                            table->spec.name);
    }
    status = table->source.backend->open(&table->source.state, &table->spec, p, err);
    if (status == APR_SUCCESS && cc_table_is_loaded(table)) {
        cc_count_load(table, true, apr_time_now());
    }
    return status;
}

apr_status_t cc_tables_open(cc_tables_t *tables, const char *root, apr_pool_t *p, cc_error_t *err)
{
    for (int i = 0; i < tables->all->nelts; i++) {
        cc_table_t *table = table_at(tables, i);
        apr_status_t status = APR_SUCCESS;

        table->spec.root = root;
        status = table_open(table, p, err);
        if (status != APR_SUCCESS) {
            if (err) {
                err->where = table->spec.where;
            }
            return status;
        }
    }
    return APR_SUCCESS;
}

static apr_status_t scratch_destroy(void *scratch)
{
    apr_pool_destroy(scratch);
    return APR_SUCCESS;
}

apr_status_t cc_tables_child(cc_tables_t *tables, apr_pool_t *p)
{
    /* With an allocator of its own: it is the polling thread's alone, whatever `p` is used for. */
    apr_status_t status = apr_pool_create_unmanaged_ex(&tables->scratch, NULL, NULL);

    if (status == APR_SUCCESS) {
        apr_pool_cleanup_register(p, tables->scratch, scratch_destroy, apr_pool_cleanup_null);
    }
    for (int i = 0; i < tables->all->nelts && status == APR_SUCCESS; i++) {
        cc_table_t *table = table_at(tables, i);
        const cc_source_t *source = &table->source;

        if (source->backend->child) {
            status = source->backend->child(source->state, p);
        }
        if (status == APR_SUCCESS && source->backend->asked && table->spec.size > 0) {
            status = cc_cache_create(&table->cache, &table->spec, p);
        }
    }
    return status;
}

/* ---- from time to time ----------------------------------------------------------------------- */

static bool is_followed(const cc_table_t *table)
{
    return table->source.backend->poll && table->spec.reload > 0;
}

static apr_status_t table_look(cc_tables_t *tables, cc_table_t *table, apr_time_t now,
                               cc_error_t *err)
{
    apr_status_t status =
        table->source.backend->poll(table->source.state, now, err, tables->scratch);

    if (status != APR_EAGAIN && status != APR_EBUSY) {
        cc_count_load(table, status == APR_SUCCESS, now);
    }
    table->next_look = now + (status == APR_EBUSY ? SOON : table->spec.reload);
    err->where = table->spec.where;
    return status;
}

apr_interval_time_t cc_tables_poll(cc_tables_t *tables, apr_time_t now, cc_tables_told_fn *told,
                                   void *baton)
{
    apr_interval_time_t wait = cc_tables_interval(tables);

    for (int i = 0; i < tables->all->nelts; i++) {
        cc_table_t *table = table_at(tables, i);

        if (!is_followed(table)) {
            continue;
        }
        if (now >= table->next_look || now < table->next_look - table->spec.reload) {
            cc_error_t err = {NULL, NULL, NULL, NULL};
            apr_status_t status = table_look(tables, table, now, &err);
            if (status != APR_EAGAIN && status != APR_EBUSY) {
                told(table, status == APR_SUCCESS ? NULL : &err, baton);
            }
            apr_pool_clear(tables->scratch);
        }
        if (table->next_look - now < wait) {
            wait = table->next_look - now;
        }
    }
    return wait;
}

apr_interval_time_t cc_tables_interval(const cc_tables_t *tables)
{
    apr_interval_time_t least = 0;

    for (int i = 0; i < tables->all->nelts; i++) {
        const cc_table_t *table = table_at(tables, i);
        if (is_followed(table) && (least == 0 || table->spec.reload < least)) {
            least = table->spec.reload;
        }
    }
    return least;
}

/* ---- all of them ----------------------------------------------------------------------------- */

int cc_tables_count(const cc_tables_t *tables)
{
    return tables->all->nelts;
}

cc_table_t *cc_tables_at(const cc_tables_t *tables, int i)
{
    return table_at(tables, i);
}
