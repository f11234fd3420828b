/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the back end "sql": a prepared statement of mod_dbd is asked for the row of a key. */
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
    const char *label; /* of the prepared statement: an SQL identifier, which PostgreSQL wants */
    APR_OPTIONAL_FN_TYPE(ap_dbd_open) * open;
    APR_OPTIONAL_FN_TYPE(ap_dbd_close) * close;
} sql_t;

/* A job with the connection that it has. */
typedef struct {
    const sql_t *sql;
    cc_job_t *job;
    cc_query_t *question; /* the one at hand, */
    apr_pool_t *pool;     /* and what the driver gives for it */
    ap_dbd_t *dbd;
    apr_dbd_results_t *results;
} ask_t;

/* ---- a lookup, in a thread of its own -------------------------------------------------------- */

/* The first line of what the driver says of the last error. */
static const char *driver_says(const ask_t *ask, int status)
{
    const char *text = apr_dbd_error(ask->dbd->driver, ask->dbd->handle, status);

    text = text ? text : "no reason given";
    return cc_text_escape(text, strcspn(text, "\r\n"), ask->job->pool);
}

/*
 * At once and not row by row: only so does every driver tell an error from the end of the rows.
 */
static bool ask_select(ask_t *ask)
{
    const char *arguments[] = {ask->question->key};
    apr_dbd_prepared_t *statement =
        apr_hash_get(ask->dbd->prepared, ask->sql->label, APR_HASH_KEY_STRING);
    int status = 0;

    ask->results = NULL;
    if (!statement) {
        ask->question->info.failure = "mod_dbd has not prepared the query";
        return false;
    }
    status = apr_dbd_pselect(ask->dbd->driver, ask->pool, ask->dbd->handle, &ask->results,
                             statement, 1, 1, arguments);
    if (status) {
        ask->question->info.failure = driver_says(ask, status);
    }
    return status == 0;
}

/*
 * Whether preparing anew may help. The driver of SQLite keeps each statement for good, so for that
 * one not after any error.
 */
static bool statement_may_be_lost(const ask_t *ask)
{
    const ap_dbd_t *dbd = ask->dbd;

    if (strcmp(apr_dbd_name(dbd->driver), "sqlite3") == 0) {
        return strstr(ask->question->info.failure, "schema has changed") != NULL;
    }
    return apr_dbd_check_conn(dbd->driver, ask->job->pool, dbd->handle) == APR_SUCCESS;
}

/*
 * After a restart of the database its driver connects anew, but nobody prepares anew. True where
 * the statement was missing, and no longer is.
 */
static bool ask_prepare(const ask_t *ask)
{
    const ap_dbd_t *dbd = ask->dbd;
    apr_dbd_prepared_t *statement = NULL;
    apr_pool_t *pool = NULL;

    if (!statement_may_be_lost(ask) || apr_pool_create(&pool, dbd->pool) != APR_SUCCESS) {
        return false;
    }
    if (apr_dbd_prepare(dbd->driver, pool, dbd->handle, ask->sql->query, ask->sql->label,
                        &statement)) {
        apr_pool_destroy(pool);
        return false;
    }
    apr_hash_set(dbd->prepared, ask->sql->label, APR_HASH_KEY_STRING, statement);
    return true;
}

/*
 * What is wrong with a column, or NULL. Drivers give any text as it is, so its size is looked at
 * before it is copied.
 */
static const char *column_read(const ask_t *ask, apr_dbd_row_t *row, int i, cc_column_t *column,
                               apr_size_t *octets)
{
    char *text = NULL;
    apr_status_t status = apr_dbd_datum_get(ask->dbd->driver, row, i, APR_DBD_TYPE_STRING, &text);

    if (status == APR_ENOENT || (status == APR_SUCCESS && !text)) {
        return NULL;
    }
    if (status != APR_SUCCESS) {
        return "it has no form as text";
    }
    if (!cc_job_has_room(ask->job, ask->question, strlen(text), octets)) {
        return ask->question->info.failure;
    }
    return cc_column_read(column, text, ask->job->pool);
}

/* The columns of a row; what is wrong with them is the failure. */
static cc_table_result_t row_read(const ask_t *ask, apr_dbd_row_t *row)
{
    apr_pool_t *p = ask->job->pool;
    int count = apr_dbd_num_cols(ask->dbd->driver, ask->results);
    cc_column_t *columns = apr_pcalloc(p, sizeof(*columns) * (apr_size_t)count);
    apr_size_t octets = 0;

    for (int i = 0; i < count; i++) {
        const char *wrong = column_read(ask, row, i, &columns[i], &octets);

        if (wrong) {
            return cc_query_fail(ask->question, apr_psprintf(p, "column %d: %s", i + 1, wrong));
        }
    }
    ask->question->row = (cc_row_t){count, columns};
    return CC_TABLE_FOUND;
}

/* The row must be read before it is known to be the only one: the next one takes its place. */
static cc_table_result_t results_read(const ask_t *ask)
{
    const apr_dbd_driver_t *driver = ask->dbd->driver;
    apr_dbd_row_t *row = NULL;
    cc_table_result_t result = CC_TABLE_MISSING;

    if (apr_dbd_num_cols(driver, ask->results) < 1) {
        return cc_query_fail(ask->question, "the query gives no columns");
    }
    if (apr_dbd_get_row(driver, ask->pool, ask->results, &row, -1) != 0) {
        return CC_TABLE_MISSING;
    }
    result = row_read(ask, row);
    if (result == CC_TABLE_FOUND &&
        apr_dbd_get_row(driver, ask->pool, ask->results, &row, -1) == 0) {
        return cc_query_fail(ask->question, "the query gives more than one row for this key");
    }
    return result;
}

/* What the driver gives is given back before the next query: some want that, and it may be large.
 */
static void question_ask(ask_t *ask)
{
    cc_query_t *question = ask->question;

    if (apr_time_now() >= ask->job->deadline) { /* nobody waits any more */
        cc_query_fail(question, "no time was left");
    } else if (apr_pool_create(&ask->pool, ask->job->pool) != APR_SUCCESS) {
        cc_query_fail(question, "out of memory");
    } else {
        if (ask_select(ask) || (ask_prepare(ask) && ask_select(ask))) {
            question->info.failure = NULL;
            question->result = results_read(ask);
        }
        apr_pool_destroy(ask->pool);
    }
}

/* One query for each key, on one connection: what a query does with its %s is not known here. */
static void backend_ask(cc_job_t *job)
{
    const sql_t *sql = job->source;
    ask_t ask = {.sql = sql, .job = job, .dbd = sql->open(job->pool, sql->server)};

    for (int i = 0; i < job->count; i++) {
        ask.question = &job->questions[i];
        if (ask.dbd) {
            question_ask(&ask);
        } else {
            cc_query_fail(ask.question, "mod_dbd has no connection to the database; it logs why");
        }
    }
    if (ask.dbd) {
        sql->close(sql->server, ask.dbd);
    }
}

/* ---- the query, at start --------------------------------------------------------------------- */

/* What is wrong with it. APR-util takes every % before a letter for a parameter. */
static const char *query_wrong(const char *query)
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
            return "%s stands in quotes; write it without, it is a value and no text";
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
    const char *wrong = query_wrong(spec->source);

    if (wrong) {
        return cc_error_set(err, p, "CC0640", spec->source, "%s", wrong);
    }
    sql->open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    sql->close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    if (!sql->open || !sql->close || !prepare) {
        return cc_error_set(err, p, "CC0641", spec->name,
                            "a sql: table needs mod_dbd; load it, and say DBDriver and DBDParams");
    }
    sql->server = cc_backend_server(spec);
    sql->query = spec->source;
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
