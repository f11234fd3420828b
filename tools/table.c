/* SPDX-License-Identifier: Apache-2.0 */
/* Command table: reads a ClientCertTable as the server would, and looks a key up. */
#include <stdio.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "server.h"

#define NO_SUCH_KEY 1
#define UNKNOWN 2

/* ---- the query ----------------------------------------------------------------------------- */

/* A word that JSON cannot carry as it is would name another key or file. */
static apr_status_t text_add(json_t *query, const char *name, const char *text, cc_tool_t *tool)
{
    const char *unusable = text ? cc_text_unusable(text, strlen(text)) : NULL;

    if (unusable) {
        return cc_error_set(&tool->err, tool->pool, "CC0532", text,
                            "a table has no such name or key: %s", unusable);
    }
    json_object_set_new(query, name, cc_print_json_text(text, tool->pool));
    return APR_SUCCESS;
}

/* The module runs in another directory. */
static const char *absolute(const char *file, apr_pool_t *p)
{
    char *path;

    return file && apr_filepath_merge(&path, NULL, file, 0, p) == APR_SUCCESS ? path : file;
}

static apr_status_t query_add(json_t *query, cc_tool_t *tool)
{
    const apr_array_header_t *words = tool->options.words;
    const char *key = words->nelts > 1 ? APR_ARRAY_IDX(words, 1, const char *) : NULL;
    apr_status_t status = text_add(query, "table", APR_ARRAY_IDX(words, 0, const char *), tool);

    if (status == APR_SUCCESS) {
        status = text_add(query, "key", key, tool);
    }
    if (status == APR_SUCCESS) {
        status = text_add(query, "file", absolute(tool->options.file, tool->pool), tool);
    }
    if (status == APR_SUCCESS) {
        status = text_add(query, "issuer", tool->options.issuer, tool);
    }
    return status;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static int exit_of(const json_t *answer)
{
    const char *result = json_string_value(json_object_get(answer, "result"));

    if (!strcmp(result, "failed")) {
        return UNKNOWN;
    }
    return strcmp(result, "missing") ? 0 : NO_SUCH_KEY;
}

static const char *quoted(const json_t *text, apr_pool_t *p)
{
    const char *value = json_string_value(text);

    return value ? apr_pstrcat(p, "\"", cc_text_escape(value, strlen(value), p), "\"", NULL) : NULL;
}

static void column_print(size_t number, const json_t *values, apr_pool_t *p)
{
    const char *text = "";
    json_t *value;
    size_t i;

    json_array_foreach(values, i, value)
    {
        text = apr_pstrcat(p, text, i > 0 ? ", " : "", quoted(value, p), NULL);
    }
    cc_print_line(apr_psprintf(p, "$%d", (int)number), i > 0 ? text : "(no value)");
}

static long number_of(const json_t *object, const char *name)
{
    return (long)json_integer_value(json_object_get(object, name));
}

/* Of a table with valid=: the rows that do not count now, and the next one to end. */
static void validity_print(const json_t *validity, apr_pool_t *p)
{
    const char *end = cc_print_member(validity, "earliest_end", p);
    long ended = number_of(validity, "ended");

    if (!json_is_object(validity)) {
        return;
    }
    cc_print_line("rows outside",
                  apr_psprintf(p, "%ld ended, %ld to come", ended, number_of(validity, "coming")));
    if (ended > 0) {
        cc_print_line("first ended", cc_print_member(validity, "first_ended", p));
    }
    if (end) {
        cc_print_line("next to end",
                      apr_pstrcat(p, end, ", ", cc_print_member(validity, "earliest", p), NULL));
    }
}

static void table_print(const json_t *answer, apr_pool_t *p)
{
    const json_t *rows = json_object_get(answer, "rows");
    int columns = (int)json_integer_value(json_object_get(answer, "columns"));
    json_t *remark;
    size_t i;

    cc_print_line("table", cc_print_member(answer, "name", p));
    cc_print_line("source", apr_pstrcat(p, cc_print_member(answer, "type", p), ":",
                                        cc_print_member(answer, "source", p), NULL));
    cc_print_line("configured", cc_print_member(answer, "where", p));
    if (json_is_integer(rows)) {
        printf("%-14s%" JSON_INTEGER_FORMAT "\n", "rows", json_integer_value(rows));
    }
    validity_print(json_object_get(answer, "validity"), p);
    json_array_foreach(json_object_get(answer, "remarks"), i, remark)
    {
        cc_print_line(i == 0 ? "remarks" : "", json_string_value(remark));
    }
    cc_print_line("columns",
                  columns > 0 ? apr_psprintf(p, "rules use up to $%d", columns) : "rules use none");
}

static void answer_print(const json_t *answer, const cc_style_t *style, apr_pool_t *p)
{
    const char *result = cc_print_member(answer, "result", p);
    const char *failure = cc_print_member(answer, "failure", p);
    json_t *values;
    size_t i;

    if (!strcmp(result, "unread")) {
        failure = "its rows are looked up one by one: give a KEY";
    }
    cc_print_result("result", failure ? apr_pstrcat(p, result, ": ", failure, NULL) : result,
                    cc_print_colour(style, exit_of(answer)), style);
    cc_print_line("key", quoted(json_object_get(answer, "key"), p));
    json_array_foreach(json_object_get(answer, "row"), i, values)
    {
        column_print(i + 1, values, p);
    }
    table_print(answer, p);
}

apr_status_t cc_table_run(cc_tool_t *tool)
{
    static const cc_query_command_t command = {"table", exit_of, answer_print, NULL, query_add};

    return cc_query_run(&command, tool);
}
