/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up keys in tables of type "sql", with a prepared statement of mod_dbd. */
#include <string.h>

#include <apr_dbd.h>
#include <apr_lib.h>
#include <apr_optional.h>
#include <apr_strings.h>

#include <httpd.h>
#include <http_config.h>
#include <mod_dbd.h>

#include "base/error.h"
#include "base/text.h"
#include "cert/cert.h"
#include "httpd/background/backends.h"
#include "httpd/background/jobs.h"
#include "httpd/conf/module.h"
#include "tables/table.h"

typedef struct {
    server_rec *server;
    const char *query;
    int issuer;        /* the column that is a name; 0: none */
    const char *label; /* of the prepared statement: an SQL identifier, as PostgreSQL requires */
    APR_OPTIONAL_FN_TYPE(ap_dbd_open) * open;
    APR_OPTIONAL_FN_TYPE(ap_dbd_close) * close;
} sql_t;

/* A job and its connection. */
typedef struct {
    const sql_t *sql;
    cc_job_t *job;
    cc_query_t *lookup; /* the current one, */
    apr_pool_t *pool;   /* and the results of the driver for it */
    ap_dbd_t *dbd;
    apr_dbd_results_t *results;
} sql_run_t;

/* ---- a lookup, in a thread of its own -------------------------------------------------------- */

/* The first line of the driver's message about the last error. */
static const char *driver_says(const sql_run_t *run, int status)
{
    const char *text = apr_dbd_error(run->dbd->driver, run->dbd->handle, status);

    text = text ? text : "no reason given";
    return cc_text_escape(text, strcspn(text, "\r\n"), run->job->pool);
}

/*
 * Reads all rows at once. If rows are read one by one, not every driver distinguishes an error from
 * the end of the rows.
 */
static bool ask_select(sql_run_t *run)
{
    const char *arguments[] = {run->lookup->key};
    apr_dbd_prepared_t *statement =
        apr_hash_get(run->dbd->prepared, run->sql->label, APR_HASH_KEY_STRING);
    int status = 0;

    run->results = NULL;
    if (!statement) {
        run->lookup->info.failure = "mod_dbd has not prepared the query";
        return false;
    }
    status = apr_dbd_pselect(run->dbd->driver, run->pool, run->dbd->handle, &run->results,
                             statement, 1, 1, arguments);
    if (status) {
        run->lookup->info.failure = driver_says(run, status);
    }
    return status == 0;
}

/*
 * True if preparing the statement again may help. The SQLite driver keeps each statement for good,
 * so with SQLite this helps only after a change of the schema.
 */
static bool statement_may_be_lost(const sql_run_t *run)
{
    const ap_dbd_t *dbd = run->dbd;

    if (strcmp(apr_dbd_name(dbd->driver), "sqlite3") == 0) {
        return strstr(run->lookup->info.failure, "schema has changed") != NULL;
    }
    return apr_dbd_check_conn(dbd->driver, run->job->pool, dbd->handle) == APR_SUCCESS;
}

/*
 * Prepares the statement again: after a restart of the database its driver reconnects, but does not
 * prepare statements. True if the statement was missing and is now prepared.
 */
static bool ask_prepare(const sql_run_t *run)
{
    const ap_dbd_t *dbd = run->dbd;
    apr_dbd_prepared_t *statement = NULL;
    apr_pool_t *pool = NULL;

    if (!statement_may_be_lost(run) || apr_pool_create(&pool, dbd->pool) != APR_SUCCESS) {
        return false;
    }
    if (apr_dbd_prepare(dbd->driver, pool, dbd->handle, run->sql->query, run->sql->label,
                        &statement)) {
        apr_pool_destroy(pool);
        return false;
    }
    apr_hash_set(dbd->prepared, run->sql->label, APR_HASH_KEY_STRING, statement);
    return true;
}

/*
 * Reads a column; the error, or NULL. Drivers return texts of any size, so the size is checked
 * before the text is copied.
 */
static const char *column_read(const sql_run_t *run, apr_dbd_row_t *row, int i, cc_column_t *column,
                               apr_size_t *octets)
{
    char *text = NULL;
    apr_status_t status = apr_dbd_datum_get(run->dbd->driver, row, i, APR_DBD_TYPE_STRING, &text);

    if (status == APR_ENOENT || (status == APR_SUCCESS && !text)) {
        return NULL;
    }
    if (status != APR_SUCCESS) {
        return "its type has no text form";
    }
    if (!cc_job_reserve(run->job, run->lookup, strlen(text), octets)) {
        return run->lookup->info.failure;
    }
    return i + 1 == run->sql->issuer ? cc_column_whole(column, text, run->job->pool)
                                     : cc_column_read(column, text, run->job->pool);
}

/* Reads the columns of a row; an error in them is the failure. */
static cc_table_result_t row_read(const sql_run_t *run, apr_dbd_row_t *row)
{
    apr_pool_t *p = run->job->pool;
    int count = apr_dbd_num_cols(run->dbd->driver, run->results);
    cc_column_t *columns = apr_pcalloc(p, sizeof(*columns) * (apr_size_t)count);
    apr_size_t octets = 0;

    for (int i = 0; i < count; i++) {
        const char *error = column_read(run, row, i, &columns[i], &octets);

        if (error) {
            return cc_query_fail(run->lookup, apr_psprintf(p, "column %d: %s", i + 1, error));
        }
    }
    run->lookup->row = (cc_row_t){count, columns};
    return CC_TABLE_FOUND;
}

/*
 * Reads the first row before it checks for a second one, since reading the second replaces the
 * first.
 */
static cc_table_result_t results_read(const sql_run_t *run)
{
    const apr_dbd_driver_t *driver = run->dbd->driver;
    apr_dbd_row_t *row = NULL;
    cc_table_result_t result = CC_TABLE_MISSING;

    if (apr_dbd_num_cols(driver, run->results) < 1) {
        return cc_query_fail(run->lookup, "the query returns no columns");
    }
    if (apr_dbd_get_row(driver, run->pool, run->results, &row, -1) != 0) {
        return CC_TABLE_MISSING;
    }
    result = row_read(run, row);
    if (result == CC_TABLE_FOUND &&
        apr_dbd_get_row(driver, run->pool, run->results, &row, -1) == 0) {
        return cc_query_fail(run->lookup, "the query returns more than one row for this key");
    }
    return result;
}

/*
 * Frees the results of the driver before the next query. Some drivers require that, and the results
 * may be large.
 */
static void lookup_do(sql_run_t *run)
{
    cc_query_t *lookup = run->lookup;

    if (apr_time_now() >= run->job->deadline) { /* no request waits any longer */
        cc_query_fail(lookup, "the timeout was reached before the query was sent");
    } else if (apr_pool_create(&run->pool, run->job->pool) != APR_SUCCESS) {
        cc_query_fail(lookup, "out of memory");
    } else {
        if (ask_select(run) || (ask_prepare(run) && ask_select(run))) {
            lookup->info.failure = NULL;
            lookup->result = results_read(run);
        }
        apr_pool_destroy(run->pool);
    }
}

/*
 * Runs one query for each key, on one connection. Keys are not combined into one query, because the
 * module does not know how the query uses its %s.
 */
static void backend_ask(cc_job_t *job)
{
    const sql_t *sql = job->source;
    sql_run_t run = {.sql = sql, .job = job, .dbd = sql->open(job->pool, sql->server)};

    for (int i = 0; i < job->count; i++) {
        run.lookup = &job->queries[i];
        if (run.dbd) {
            lookup_do(&run);
        } else {
            cc_query_fail(run.lookup, "mod_dbd has no connection to the database; it logs why");
        }
    }
    if (run.dbd) {
        sql->close(sql->server, run.dbd);
    }
}

/* ---- the query, at start --------------------------------------------------------------------- */

/* The error in the query, or NULL. APR-util takes every % before a letter as a parameter. */
static const char *query_error(const char *query)
{
    int parameters = 0;
    bool quoted = false;

    for (const char *at = query; *at; at++) {
        if (*at == '\'') {
            quoted = !quoted;
        }
        if (*at != '%') {
            continue;
        }
        if (at[1] == 's' && quoted) {
            return "%s is in quotes, where it is text and not a value; write it without quotes";
        }
        if (apr_isalpha(at[1]) && at[1] != 's') {
            return "a % must be written %%, except for the one %s that stands for the key";
        }
        parameters += at[1] == 's';
        at += at[1] == '%';
    }
    return parameters == 1 ? NULL : "the query must have one %s, which stands for the key";
}

static apr_status_t backend_open(void **state, const cc_table_spec_t *spec, apr_pool_t *p,
                                 cc_error_t *err)
{
    APR_OPTIONAL_FN_TYPE(ap_dbd_prepare) *prepare = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_prepare);
    sql_t *sql = apr_pcalloc(p, sizeof(*sql));
    const char *error = query_error(spec->source);

    if (error) {
        return cc_error_set(err, p, "CC0640", spec->source, "%s", error);
    }
    sql->open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    sql->close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    if (!sql->open || !sql->close || !prepare) {
        return cc_error_set(err, p, "CC0641", spec->name,
                            "a sql: table needs mod_dbd; load it, and set DBDriver and DBDParams");
    }
    sql->server = cc_backend_server(spec);
    sql->query = spec->source;
    sql->issuer = spec->issuer;
    sql->label = apr_psprintf(p, "clientcert_%pp", (void *)sql);
    prepare(sql->server, sql->query, sql->label);
    *state = cc_jobs_create(backend_ask, sql, spec->timeout, p);
    return APR_SUCCESS;
}

const cc_backend_t cc_backend_sql = {
    .type = "sql",
    .remote = true,
    .open = backend_open,
    .child = cc_jobs_child,
    .lookup_many = cc_jobs_ask,
};
