/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes table files: every accepted file has usable values, which are found by their keys. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "cert/cert.h"
#include "tables/table.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const cc_backend_t *const backends[] = {&cc_backend_file, &cc_backend_gridmap, NULL};
static char path[] = "/tmp/fuzz_table.XXXXXX";

static void must(int done)
{
    if (!done)
        abort();
}

static void path_remove(void)
{
    unlink(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS && close(mkstemp(path)) == 0);
    must(atexit(apr_terminate) == 0 && atexit(path_remove) == 0);
    return 0;
}

static void file_write(const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");

    must(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

static void remarks_check(const apr_array_header_t *remarks)
{
    must(remarks->nelts <= 20);
    for (int i = 0; i < remarks->nelts; i++) {
        const char *text = APR_ARRAY_IDX(remarks, i, const char *);
        must(!cc_text_unusable(text, strlen(text)));
    }
}

/* The file as a table, or NULL and an error that fits on one line. */
static cc_table_t *file_open(const char *const *how, apr_pool_t *p)
{
    cc_tables_t *tables = cc_tables_create(backends, p);
    const char *text = apr_psprintf(p, "t %s:%s %s", how[0], path, how[1]);
    cc_error_t err = {0};
    cc_table_t *table;

    must(cc_tables_add(tables, NULL, text, "x:1", NULL) == APR_SUCCESS);
    table = cc_tables_find(tables, NULL, "t");
    cc_table_use(table, 0);
    if (cc_tables_open(tables, "/", p, &err) == APR_SUCCESS) {
        remarks_check(cc_table_remarks(table));
        return table;
    }
    must(err.message && strncmp(err.tag, "CC061", 5) == 0);
    text = cc_error_text(&err, p);
    must(!cc_text_unusable(text, strlen(text)));
    return NULL;
}

/* The word of a file that represents this text. */
static const char *word_of(const char *text, bool list, apr_pool_t *p)
{
    char *word = apr_palloc(p, 2 * strlen(text) + 1), *to = word;

    for (; *text; text++) {
        if (*text == '"' || *text == '\\' || (*text == ',' && list))
            *to++ = '\\';
        *to++ = *text;
    }
    *to = '\0';
    return word;
}

/* The line that represents this row. */
static const char *line_of(const char *key, const cc_row_t *row, apr_pool_t *p)
{
    const char *line = apr_pstrcat(p, "\"", word_of(key, false, p), "\"", NULL);

    for (int i = 0; i < row->count; i++) {
        line = apr_pstrcat(p, line, " \"", NULL);
        for (int j = 0; j < row->columns[i].count; j++)
            line = apr_pstrcat(p, line, j > 0 ? "," : "",
                               word_of(row->columns[i].values[j], true, p), NULL);
        line = apr_pstrcat(p, line, "\"", NULL);
    }
    return apr_pstrcat(p, line, "\r\n", NULL);
}

static void row_check(const cc_row_t *row)
{
    for (int i = 0; i < row->count; i++) {
        for (int j = 0; j < row->columns[i].count; j++) {
            const char *value = row->columns[i].values[j];
            must(*value && !cc_text_unusable(value, strlen(value)));
        }
    }
}

static void row_same(const cc_row_t *a, const cc_row_t *b)
{
    must(a->count == b->count);
    for (int i = 0; i < a->count; i++) {
        must(a->columns[i].count == b->columns[i].count);
        for (int j = 0; j < a->columns[i].count; j++)
            must(strcmp(a->columns[i].values[j], b->columns[i].values[j]) == 0);
    }
}

/* A row that is found can be written as a line, and is then found again. */
static void key_check(cc_table_t *table, const char *key, const char *const *how, apr_pool_t *p)
{
    cc_query_t first = {.key = key, .len = strlen(key)}, again = first;
    const char *line;

    if (cc_table_lookup(table, &first, 0, p) != CC_TABLE_FOUND)
        return;
    row_check(&first.row);
    line = line_of(key, &first.row, p);
    file_write(line, strlen(line));
    table = file_open(how, p);
    must(table && cc_table_lookup(table, &again, 0, p) == CC_TABLE_FOUND);
    row_same(&first.row, &again.row);
}

/* A name in the slash form is that of its text in the form of RFC 4514. */
static void name_check(const char *subject, apr_pool_t *p)
{
    cc_value_t name, again;
    cc_fieldref_t ref;

    if (cc_name_slashes_read(&name, subject, strlen(subject), p))
        return;
    must(!cc_text_unusable(name.text, name.len));
    must(cc_field_find(&ref, "subject", p, NULL) == APR_SUCCESS);
    must(cc_field_operand(&again, &ref, name.text, p, NULL) == APR_SUCCESS);
    must(name.key_len == again.key_len && memcmp(name.key, again.key, name.key_len) == 0);
}

/* A line of a grid-mapfile that is found by its subject has one account, or none. */
static void subject_check(cc_table_t *table, const char *subject, apr_pool_t *p)
{
    cc_query_t query = {.key = subject, .len = strlen(subject)};

    name_check(subject, p);
    if (cc_table_lookup(table, &query, 0, p) == CC_TABLE_FOUND) {
        row_check(&query.row);
        must(query.row.count <= 1 && (query.row.count == 0 || query.row.columns[0].count <= 1));
    }
}

/* The first octet selects type and options; the rest is the file. Each of its words is tried as a
 * key. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const hows[][2] = {
        {"file", ""},         {"file", "nocase"},         {"file", "octets"},
        {"gridmap", ""},      {"file", "octets=base64"},  {"file", "octets=base64url"},
        {"file", "issuer=2"}, {"file", "octets issuer=1"}};
    const char *const *how = hows[size > 0 ? data[0] % 8 : 0];
    bool gridmap = how == hows[3];
    cc_table_t *table;
    apr_pool_t *p;
    char *text, *state;
    int tries = 20;

    must(apr_pool_create(&p, NULL) == APR_SUCCESS);
    file_write(data + (size > 0), size - (size > 0));
    table = file_open(how, p);
    text = apr_pstrmemdup(p, (const char *)data + (size > 0), size - (size > 0));
    for (char *word = apr_strtok(text, gridmap ? "\n\"" : " \t\n\"", &state);
         table && word && tries-- > 0;
         word = apr_strtok(NULL, gridmap ? "\n\"" : " \t\n\"", &state))
        gridmap ? subject_check(table, word, p) : key_check(table, word, how, p);
    apr_pool_destroy(p);
    return 0;
}
