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

static const cc_backend_t *const backends[] = {&cc_backend_file, NULL};
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

/* The file as a table, or NULL and an error that fits on one line. */
static cc_table_t *file_open(const char *options, apr_pool_t *p)
{
    cc_tables_t *tables = cc_tables_create(backends, p);
    const char *text = apr_psprintf(p, "t file:%s %s", path, options);
    cc_error_t err = {0};
    cc_table_t *table;

    must(cc_tables_add(tables, NULL, text, "x:1", NULL) == APR_SUCCESS);
    table = cc_tables_find(tables, NULL, "t");
    cc_table_use(table, 0);
    if (cc_tables_open(tables, "/", p, &err) == APR_SUCCESS)
        return table;
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
static void key_check(cc_table_t *table, const char *key, const char *options, apr_pool_t *p)
{
    cc_query_t first = {.key = key, .len = strlen(key)}, again = first;
    const char *line;

    if (cc_table_lookup(table, &first, 0, p) != CC_TABLE_FOUND)
        return;
    row_check(&first.row);
    line = line_of(key, &first.row, p);
    file_write(line, strlen(line));
    table = file_open(options, p);
    must(table && cc_table_lookup(table, &again, 0, p) == CC_TABLE_FOUND);
    row_same(&first.row, &again.row);
}

/* The first octet selects options; the rest is the file. Each of its words is tried as a key. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const options[] = {"", "nocase", "octets"};
    const char *option = options[size > 0 ? data[0] % 3 : 0];
    cc_table_t *table;
    apr_pool_t *p;
    char *text, *state;
    int tries = 20;

    must(apr_pool_create(&p, NULL) == APR_SUCCESS);
    file_write(data + (size > 0), size - (size > 0));
    table = file_open(option, p);
    text = apr_pstrmemdup(p, (const char *)data + (size > 0), size - (size > 0));
    for (char *word = apr_strtok(text, " \t\n\"", &state); table && word && tries-- > 0;
         word = apr_strtok(NULL, " \t\n\"", &state))
        key_check(table, word, option, p);
    apr_pool_destroy(p);
    return 0;
}
