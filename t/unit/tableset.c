/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the source of a table for unit tests, opens the table and looks keys up in it. */
#include "tableset.h"
#include "base/waiting.h"
#include "folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

static void must(int done)
{
    if (!done)
        abort();
}

void tableset_begin(tableset_t *set)
{
    memset(set, 0, sizeof(*set));
    must(apr_pool_create(&set->pool, NULL) == APR_SUCCESS);
    set->folder = folder_make("tables", set->pool);
}

void tableset_end(tableset_t *set)
{
    folder_remove(set->folder);
    apr_pool_destroy(set->pool);
}

const char *tableset_path(tableset_t *set, const char *name)
{
    return apr_pstrcat(set->pool, set->folder, "/", name, NULL);
}

void tableset_write_octets(tableset_t *set, const char *name, const void *octets, apr_size_t len)
{
    FILE *file = fopen(tableset_path(set, name), "wb");

    must(file && fwrite(octets, 1, len, file) == len && fclose(file) == 0);
}

void tableset_write(tableset_t *set, const char *name, const char *text)
{
    tableset_write_octets(set, name, text, strlen(text));
}

void tableset_replace(tableset_t *set, const char *name, const char *text)
{
    tableset_write(set, "new", text);
    must(rename(tableset_path(set, "new"), tableset_path(set, name)) == 0);
}

void tableset_settle(tableset_t *set, const char *name)
{
    const struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};

    must(utimensat(AT_FDCWD, tableset_path(set, name), times, 0) == 0);
    apr_sleep(apr_time_from_msec(60));
}

apr_status_t tableset_try_with(tableset_t *set, const cc_backend_t *const *backends,
                               const char *source, int columns)
{
    const char *line = apr_pstrcat(set->pool, "t ", source, NULL);
    apr_status_t status;

    memset(&set->err, 0, sizeof(set->err));
    set->tables = cc_tables_create(backends, set->pool);
    status = cc_tables_add(set->tables, NULL, line, "site.conf:1", &set->err);
    if (status == APR_SUCCESS) {
        set->table = cc_tables_find(set->tables, NULL, "t");
        cc_table_use(set->table, columns);
        status = cc_tables_open(set->tables, set->folder, set->pool, &set->err);
    }
    if (status == APR_SUCCESS)
        status = cc_tables_child(set->tables, CC_WAITING_MAX, set->pool);
    return status;
}

apr_status_t tableset_try(tableset_t *set, const char *source, int columns)
{
    static const cc_backend_t *const backends[] = {&cc_backend_file,  &cc_backend_gridmap,
                                                   &cc_backend_dbm,   &cc_backend_redis,
                                                   &cc_backend_rediss, NULL};

    return tableset_try_with(set, backends, source, columns);
}

const char *tableset_error(tableset_t *set)
{
    return set->err.tag ? cc_error_text(&set->err, set->pool) : "";
}

void tableset_open(tableset_t *set, const char *source, int columns)
{
    if (tableset_try(set, source, columns) != APR_SUCCESS) {
        fprintf(stderr, "%s: %s\n", source, tableset_error(set));
        abort();
    }
}

static const char *row_text(const cc_row_t *row, apr_pool_t *p)
{
    const char *text = "";

    for (int i = 0; i < row->count; i++) {
        for (int j = 0; j < row->columns[i].count; j++)
            text = apr_pstrcat(p, text, j > 0 ? "," : "", row->columns[i].values[j], NULL);
        text = apr_pstrcat(p, text, i + 1 < row->count ? "|" : "", NULL);
    }
    return text;
}

static const char *ask_at(cc_table_t *table, cc_query_t *query, apr_time_t now, apr_pool_t *p)
{
    query->key = apr_pmemdup(p, query->key, query->len); /* without a NUL after it */
    switch (cc_table_lookup(table, query, now, p)) {
    case CC_TABLE_FOUND:
        return row_text(&query->row, p);
    case CC_TABLE_MISSING:
        return "MISSING";
    default:
        return apr_pstrcat(p, "FAILED: ", query->info.failure, NULL);
    }
}

const char *tableset_ask_in(cc_table_t *table, const char *key, apr_size_t len,
                            cc_answer_info_t *info, apr_pool_t *p)
{
    cc_query_t query = {.key = key, .len = len};
    const char *text = ask_at(table, &query, apr_time_now(), p);

    *info = query.info;
    return text;
}

const char *tableset_ask_info(tableset_t *set, const char *key, cc_answer_info_t *info)
{
    cc_query_t query = {.key = key, .len = strlen(key)};
    const char *text = ask_at(set->table, &query, apr_time_now() + set->ahead, set->pool);

    *info = query.info;
    return text;
}

const char *tableset_ask(tableset_t *set, const char *key)
{
    cc_answer_info_t info;

    return tableset_ask_info(set, key, &info);
}

typedef struct {
    const char *text;
    apr_pool_t *pool;
} told_t;

static void told(const cc_table_t *table, const cc_error_t *err, void *baton)
{
    told_t *told_to = baton;

    (void)table;
    told_to->text = err ? cc_error_text(err, told_to->pool) : "changed";
}

static const char *poll_at(tableset_t *set, apr_time_t now)
{
    told_t told_to = {"", set->pool};

    cc_tables_poll(set->tables, now, told, &told_to);
    return told_to.text;
}

const char *tableset_poll_now(tableset_t *set)
{
    return poll_at(set, apr_time_now());
}

const char *tableset_poll(tableset_t *set)
{
    static apr_time_t later = 0;

    later += apr_time_from_sec(60);
    return poll_at(set, apr_time_now() + later);
}

void tableset_open_text(tableset_t *set, const char *text)
{
    tableset_write(set, "f", text);
    tableset_open(set, "file:f", 1);
    tableset_poll(set); /* a file younger than a tick is read once more */
    must(strcmp(tableset_poll(set), "") == 0);
}

cc_query_t *tableset_ask_many(tableset_t *set, int count, const char *format)
{
    cc_query_t *keys = apr_pcalloc(set->pool, sizeof(*keys) * (apr_size_t)count);
    cc_query_t **queries = apr_palloc(set->pool, sizeof(*queries) * (apr_size_t)count);
    cc_table_usage_t account = {0, 0};

    for (int i = 0; i < count; i++) {
        keys[i].key = apr_psprintf(set->pool, format, i);
        keys[i].len = strlen(keys[i].key);
        queries[i] = &keys[i];
    }
    cc_table_lookup_many(set->table, queries, count, apr_time_now(), &account, set->pool);
    return keys;
}
