/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the tables of a configuration by name, opens them, and polls their sources. */
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include "tables/internal.h"
#include "tables/kept.h"

#define SOON apr_time_from_msec(50) /* until a source that is being written is polled again */

struct cc_tables_t {
    const cc_backend_t *const *backends;
    apr_array_header_t *all; /* of cc_table_t *, in the order of the configuration */
    apr_hash_t *by_scope;    /* scope -> name -> cc_table_t */
    apr_pool_t *pool;
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

/* The table of exactly this scope. */
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
                            "a table with this name exists already, at %s", other->spec.where);
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

static bool is_kept(const cc_table_t *table)
{
    const cc_backend_t *backend = table->source.backend;

    return table->source.state && backend->kept && backend->kept(table->source.state);
}

/* A source that has become bad does not stop a server that was running with it. */
static apr_status_t table_carry_on(cc_table_t *table, apr_status_t status,
                                   const cc_restart_t *restart, cc_error_t *err)
{
    cc_table_restart_t what = is_kept(table) ? CC_TABLE_OLD : CC_TABLE_NONE;

    if (status == CC_SOURCE_CLOSED) {
        what = CC_TABLE_CLOSED;
    } else if (!table->source.state || !table->source.backend->poll) {
        return status;
    }
    if (!restart->restart) {
        return status;
    }
    err->where = table->spec.where;
    table->source.closed = what == CC_TABLE_CLOSED;
    if (!table->source.closed) {
        cc_table_count_load(table, false, apr_time_now());
    }
    restart->report(table, what, err, restart->baton);
    *err = (cc_error_t){NULL, NULL, NULL, NULL};
    return APR_SUCCESS;
}

static apr_status_t table_open(cc_table_t *table, const cc_restart_t *restart, apr_pool_t *p,
                               cc_error_t *err)
{
    apr_status_t status = APR_SUCCESS;

    if (!table->used) {
        return cc_error_set(
            err, p, "CC0607", table->spec.name,
            "no rule uses this table; write \"FIELD in %s\" in a rule, or remove the table",
            table->spec.name);
    }
    if (table->spec.valid) {
        apr_thread_mutex_create(&table->validity_lock, APR_THREAD_MUTEX_DEFAULT, p);
    }
    status = table->source.backend->open(&table->source.state, &table->spec, p, err);
    if (status != APR_SUCCESS) {
        return table_carry_on(table, status, restart, err);
    }
    if (cc_table_is_loaded(table)) {
        cc_table_count_load(table, true, apr_time_now());
    }
    if (restart->restart && is_kept(table)) {
        restart->report(table, CC_TABLE_KEPT, NULL, restart->baton);
    }
    return APR_SUCCESS;
}

static apr_status_t tables_open(cc_tables_t *tables, const cc_restart_t *restart, apr_pool_t *p,
                                cc_error_t *err)
{
    for (int i = 0; i < tables->all->nelts; i++) {
        cc_table_t *table = table_at(tables, i);
        apr_status_t status = APR_SUCCESS;

        table->spec.kept = restart->kept;
        table->spec.sharing = restart->sharing;
        status = table_open(table, restart, p, err);
        if (status != APR_SUCCESS) {
            if (err) {
                err->where = table->spec.where;
            }
            return status;
        }
    }
    return APR_SUCCESS;
}

apr_status_t cc_tables_open(cc_tables_t *tables, const char *root, apr_pool_t *p, cc_error_t *err)
{
    static const cc_restart_t none = {.restart = false};

    return cc_tables_reopen(tables, root, &none, p, err);
}

apr_status_t cc_tables_reopen(cc_tables_t *tables, const char *root, const cc_restart_t *restart,
                              apr_pool_t *p, cc_error_t *err)
{
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; i < tables->all->nelts; i++) {
        table_at(tables, i)->spec.root = root;
    }
    status = tables_open(tables, restart, p, err);
    cc_kept_clear(restart->kept);
    return status;
}

/* The source with another file: that of dbm begins with the type of the database. */
static const char *source_with(const cc_table_t *table, const char *file, apr_pool_t *p)
{
    const char *source = table->spec.source;
    const char *colon = table->source.backend == &cc_backend_dbm ? strchr(source, ':') : NULL;
    apr_size_t prefix = colon ? (apr_size_t)(colon - source) + 1 : 0;

    return apr_pstrcat(p, apr_pstrmemdup(p, source, prefix), file, NULL);
}

apr_status_t cc_table_try(cc_table_t **copy, const cc_table_t *table, const char *root,
                          const char *file, apr_pool_t *p, cc_error_t *err)
{
    static const cc_restart_t none = {.restart = false};
    cc_table_t *tried = apr_pcalloc(p, sizeof(*tried));
    apr_status_t status;

    if (file && table->source.backend->remote) {
        return APR_ENOTIMPL;
    }
    tried->spec = table->spec;
    tried->spec.root = root;
    tried->spec.kept = NULL;
    tried->spec.sharing = NULL;
    tried->spec.source = file ? source_with(table, file, p) : table->spec.source;
    tried->spec.shown = file ? tried->spec.source : table->spec.shown;
    tried->source.backend = table->source.backend;
    tried->scope = table->scope;
    tried->used = table->used;
    tried->counters = &tried->own;
    status = table_open(tried, &none, p, err);
    if (status != APR_SUCCESS) {
        err->where = table->spec.where;
    }
    *copy = tried;
    return status;
}

apr_status_t cc_tables_child(cc_tables_t *tables, int max, apr_pool_t *p)
{
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; i < tables->all->nelts && status == APR_SUCCESS; i++) {
        cc_table_t *table = table_at(tables, i);
        const cc_source_t *source = &table->source;

        if (source->backend->child && source->state) {
            status = source->backend->child(source->state, p);
        }
        if (status == APR_SUCCESS && source->backend->remote) {
            status = cc_queue_create(&table->queue, max, p);
        }
        if (status == APR_SUCCESS && source->backend->remote && table->spec.size > 0) {
            status = cc_cache_create(&table->cache, &table->spec, p);
        }
    }
    return status;
}

/* ---- polling and sharing --------------------------------------------------------------------- */

static bool is_polled(const cc_table_t *table)
{
    return table->source.backend->poll && table->spec.reload > 0;
}

/* One call of cc_tables_poll. Each load, good or not, is reported. */
typedef struct {
    cc_tables_report_fn *report;
    void *baton;
    apr_time_t now;
    apr_pool_t *scratch; /* NULL until a table is due */
} table_poll_t;

static void table_poll(cc_table_t *table, table_poll_t *poll)
{
    cc_error_t err = {NULL, NULL, NULL, NULL};
    apr_status_t status = APR_SUCCESS;

    if (!poll->scratch) { /* without a parent, which might end before this thread does */
        apr_pool_create_unmanaged_ex(&poll->scratch, NULL, NULL);
    }
    status = table->source.backend->poll(table->source.state, poll->now, &err, poll->scratch);
    cc_due_polled(&table->due, table->spec.reload, status == APR_EBUSY ? SOON : 0, poll->now);
    if (status != APR_EAGAIN && status != APR_EBUSY) {
        cc_table_count_load(table, status == APR_SUCCESS, poll->now);
        err.where = table->spec.where;
        poll->report(table, status == APR_SUCCESS ? NULL : &err, poll->baton);
    }
    apr_pool_clear(poll->scratch);
}

apr_interval_time_t cc_tables_poll(cc_tables_t *tables, apr_time_t now, cc_tables_report_fn *report,
                                   void *baton)
{
    apr_interval_time_t wait = cc_tables_interval(tables);
    table_poll_t poll = {.report = report, .baton = baton, .now = now};

    for (int i = 0; i < tables->all->nelts; i++) {
        cc_table_t *table = table_at(tables, i);

        if (!is_polled(table)) {
            continue;
        }
        if (cc_due_now(&table->due, table->spec.reload, now)) {
            table_poll(table, &poll);
        }
        if (table->due.next - now < wait) {
            wait = table->due.next - now;
        }
    }
    if (poll.scratch) {
        apr_pool_destroy(poll.scratch);
    }
    return wait;
}

apr_interval_time_t cc_tables_share(cc_tables_t *tables, const atomic_bool *stop)
{
    apr_interval_time_t wait = 0;
    apr_pool_t *scratch = NULL;

    apr_pool_create_unmanaged_ex(&scratch, NULL, NULL);
    for (int i = 0; i < tables->all->nelts && !atomic_load(stop); i++) {
        const cc_table_t *table = table_at(tables, i);
        const cc_source_t *source = &table->source;
        apr_interval_time_t again = table->spec.reload;

        if (is_polled(table) && source->backend->share && table->spec.sharing) {
            if (source->backend->share(source->state, stop, scratch) == APR_EBUSY) {
                again = SOON;
            }
            wait = wait == 0 || again < wait ? again : wait;
        }
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    return wait;
}

int cc_tables_image(const cc_tables_t *tables, apr_uint64_t key)
{
    int image = -1;

    for (int i = 0; i < tables->all->nelts && image < 0; i++) {
        const cc_source_t *source = &table_at(tables, i)->source;

        if (source->backend->image && source->state) {
            image = source->backend->image(source->state, key);
        }
    }
    return image;
}

apr_interval_time_t cc_tables_interval(const cc_tables_t *tables)
{
    apr_interval_time_t shortest = 0;

    for (int i = 0; i < tables->all->nelts; i++) {
        const cc_table_t *table = table_at(tables, i);
        if (is_polled(table) && (shortest == 0 || table->spec.reload < shortest)) {
            shortest = table->spec.reload;
        }
    }
    return shortest;
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
