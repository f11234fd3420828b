/* SPDX-License-Identifier: Apache-2.0 */
/* Answers queries about a table: reads its source, and looks a key up. */
#include <string.h>

#include <apr_strings.h>

#include <http_main.h>

#include "base/moment.h"
#include "httpd/admin/table.h"
#include "httpd/admin/vhost.h"
#include "httpd/background/tables.h"
#include "httpd/conf/module.h"
#include "httpd/status/verdict_json.h"
#include "cert/cert.h"
#include "tables/table.h"

/* ---- the table ----------------------------------------------------------------------------- */

/* "people at site.conf:4, people at site.conf:9": the tables of this name, or all (NULL). */
static const char *places_of(const cc_tables_t *tables, const char *name, apr_pool_t *p)
{
    const char *places = NULL;

    for (int i = 0; tables && i < cc_tables_count(tables); i++) {
        const cc_table_t *table = cc_tables_at(tables, i);

        if (!name || !strcmp(cc_table_name(table), name)) {
            places = apr_pstrcat(p, places ? places : "", places ? ", " : "", cc_table_name(table),
                                 " at ", cc_table_where(table), NULL);
        }
    }
    return places ? places : "none";
}

/* The only table of this name in all virtual hosts. */
static cc_table_t *table_only(const cc_tables_t *tables, cc_admin_query_t *q)
{
    cc_table_t *found = NULL;
    int count = 0;

    for (int i = 0; tables && i < cc_tables_count(tables); i++) {
        cc_table_t *table = cc_tables_at(tables, i);

        if (!strcmp(cc_table_name(table), q->table)) {
            found = table;
            count++;
        }
    }
    if (count > 1) {
        cc_error_set(&q->err, q->pool, "CC0767", q->table,
                     "several virtual hosts have a table of this name; choose one with --vhost: %s",
                     places_of(tables, q->table, q->pool));
        return NULL;
    }
    return found;
}

/* The table that rules of the virtual host use by this name. */
static cc_table_t *table_choose(cc_admin_query_t *q)
{
    const cc_tables_t *tables = cc_tables_configured(q->main);
    cc_table_t *table = NULL;

    q->table = q->table ? q->table : "";
    if (q->vhost) {
        const char *reason;
        server_rec *s = cc_vhost_choose(q, &reason);

        table = s && tables ? cc_tables_find(tables, s->is_virtual ? s : NULL, q->table) : NULL;
    } else {
        table = table_only(tables, q);
    }
    if (!table && !q->err.tag) {
        cc_error_set(&q->err, q->pool, "CC0766", q->table,
                     "there is no ClientCertTable of this name; use one of %s",
                     places_of(tables, NULL, q->pool));
    }
    return table;
}

/* ---- the lookup ---------------------------------------------------------------------------- */

static json_t *row_json(const cc_row_t *row, apr_pool_t *p)
{
    json_t *columns = json_array();

    for (int i = 0; i < row->count; i++) {
        json_t *values = json_array();

        for (int j = 0; j < row->columns[i].count; j++) {
            json_array_append_new(values, cc_json_string(row->columns[i].values[j], p));
        }
        json_array_append_new(columns, values);
    }
    return columns;
}

/* Reads the CA whose row is looked up. */
static apr_status_t issuer_read(cc_query_t *query, const cc_table_t *table, cc_admin_query_t *q)
{
    cc_fieldref_t field;
    cc_value_t name;

    if (!q->issuer) {
        return APR_SUCCESS;
    }
    if (!cc_table_binds_issuer(table)) {
        return cc_error_set(&q->err, q->pool, "CC0613", q->issuer,
                            "table %s does not have the option issuer=, so its rows do not depend "
                            "on the CA; omit --issuer",
                            cc_table_name(table));
    }
    if (cc_field_find(&field, "issuer", q->pool, &q->err) != APR_SUCCESS ||
        cc_field_operand(&name, &field, q->issuer, q->pool, &q->err) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    query->issuer = name.key;
    query->issuer_len = name.key_len;
    return APR_SUCCESS;
}

static apr_status_t lookup_add(json_t *answer, cc_table_t *table, cc_admin_query_t *q)
{
    static const char *const results[] = {
        [CC_TABLE_FOUND] = "found", [CC_TABLE_MISSING] = "missing", [CC_TABLE_FAILED] = "failed"};
    cc_query_t query = {.key = q->key, .len = strlen(q->key)};
    cc_table_result_t result = CC_TABLE_MISSING;
    const char *failure = NULL;

    if (issuer_read(&query, table, q) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    result = cc_table_lookup(table, &query, apr_time_now(), q->pool);
    failure = result == CC_TABLE_FAILED ? query.info.failure : query.info.outside;
    json_object_set_new(answer, "result", json_string(results[result]));
    json_object_set_new(answer, "failure", cc_json_string(failure, q->pool));
    json_object_set_new(answer, "row", row_json(&query.row, q->pool));
    return APR_SUCCESS;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static json_t *remarks_json(const cc_table_t *table, apr_pool_t *p)
{
    const apr_array_header_t *remarks = cc_table_remarks(table);
    json_t *list = json_array();

    for (int i = 0; remarks && i < remarks->nelts; i++) {
        json_array_append_new(list, cc_json_string(APR_ARRAY_IDX(remarks, i, const char *), p));
    }
    return list;
}

/* "FILE:LINE"; null: there is no such line. */
static json_t *place_json(const cc_table_t *table, apr_uint64_t line, apr_pool_t *p)
{
    return line ? cc_json_string(cc_table_place(table, line, p), p) : json_null();
}

/* How many rows count now; null: a table without valid=, or without rows of its own. */
static json_t *validity_json(cc_table_t *table, apr_pool_t *p)
{
    cc_validity_t validity;
    const char *end = NULL;

    if (!cc_table_has_validity(table)) {
        return json_null();
    }
    validity = cc_table_validity(table, apr_time_now());
    if (validity.earliest_line) {
        end = cc_moment_text(validity.earliest_end, p);
    }
    return json_pack("{s:I, s:I, s:o, s:o, s:o}", "ended", (json_int_t)validity.ended, "coming",
                     (json_int_t)validity.coming, "first_ended",
                     place_json(table, validity.first_ended, p), "earliest_end",
                     cc_json_string(end, p), "earliest",
                     place_json(table, validity.earliest_line, p));
}

static json_t *table_json(cc_table_t *table, const cc_admin_query_t *q)
{
    apr_pool_t *p = q->pool;
    bool has_rows = cc_table_has_rows(table);

    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:s, s:n, s:[]}", "name",
                     cc_table_name(table), "type", cc_table_type(table), "source",
                     cc_json_string(cc_table_source(table), p), "where",
                     cc_json_string(cc_table_where(table), p), "file", cc_json_string(q->file, p),
                     "rows",
                     has_rows ? json_integer((json_int_t)cc_table_rows(table)) : json_null(),
                     "validity", validity_json(table, p), "remarks", remarks_json(table, p),
                     "columns", cc_table_columns(table), "key", cc_json_string(q->key, p), "result",
                     cc_table_is_remote(table) ? "unread" : "read", "failure", "row");
}

json_t *cc_admin_table(cc_admin_query_t *q)
{
    const cc_table_t *table = table_choose(q);
    cc_table_t *tried = NULL;
    json_t *answer;
    apr_status_t status;

    if (!table) {
        return NULL;
    }
    status = cc_table_try(&tried, table, ap_server_root, q->file, q->pool, &q->err);
    if (status == APR_ENOTIMPL) {
        cc_error_set(&q->err, q->pool, "CC0768", q->table,
                     "only a table of type file, gridmap or dbm has a file that --file can "
                     "replace; this one is of type %s",
                     cc_table_type(table));
    }
    if (status != APR_SUCCESS) {
        return NULL;
    }
    answer = table_json(tried, q);
    if (q->key && lookup_add(answer, tried, q) != APR_SUCCESS) {
        json_decref(answer);
        return NULL;
    }
    return answer;
}
