/* SPDX-License-Identifier: Apache-2.0 */
/* Sends a query about one, several or no certificates to the module, and prints its answers. */

/*
 * Reading a configuration takes most of the time. So httpd is run once for all certificates of a
 * command line, and its answers are read and printed one after another.
 */
#include <stdio.h>

#include <apr_strings.h>

#include "tool.h"

#define ERROR_EXIT 2

/* One run of a command. */
typedef struct query_run_t {
    const cc_query_command_t *command;
    cc_tool_t *tool;
    cc_password_t password;
    apr_array_header_t
        *paths; /* const char *: of the certificates; NULL: the query concerns none */
    apr_array_header_t *errors; /* cc_error_t, one per certificate; without a tag if it was read */
    bool one;                   /* one certificate, or none: the answer is printed in full */
    cc_exchange_t *exchange;
} query_run_t;

/* ---- the certificates ---------------------------------------------------------------------- */

/*
 * Adds a certificate to the query. With several certificates, does not ask for passwords on the
 * terminal.
 */
static apr_status_t certificate_add(query_run_t *run, const char *path, cc_error_t *err,
                                    apr_pool_t *p)
{
    cc_password_fn *ask = run->one || run->password.given ? cc_password_ask : NULL;
    const char *pem = NULL;

    if (cc_cert_read_pem(&pem, cc_files_path(path), ask, &run->password, p, err) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    return cc_exchange_add(run->exchange, pem, run->tool, p);
}

static void error_keep(query_run_t *run, int i, const cc_error_t *err)
{
    apr_pool_t *p = run->tool->pool;

    APR_ARRAY_IDX(run->errors, i, cc_error_t) =
        (cc_error_t){.tag = err->tag,
                     .word = apr_pstrdup(p, err->word),
                     .message = apr_pstrdup(p, err->message)};
}

/* APR_EINVAL: the error concerns all certificates, or the only one. */
static apr_status_t certificates_add(query_run_t *run)
{
    apr_status_t status = APR_SUCCESS;
    apr_pool_t *p;

    run->errors = apr_array_make(run->tool->pool, run->paths->nelts, sizeof(cc_error_t));
    apr_pool_create(&p, run->tool->pool);
    for (int i = 0; i < run->paths->nelts && status == APR_SUCCESS; i++) {
        cc_error_t err = {0};

        APR_ARRAY_PUSH(run->errors, cc_error_t) = err;
        status = certificate_add(run, APR_ARRAY_IDX(run->paths, i, const char *), &err, p);
        if (err.tag) {
            error_keep(run, i, &err);
            status = run->one ? APR_EINVAL : APR_SUCCESS;
            run->tool->err = APR_ARRAY_IDX(run->errors, i, cc_error_t);
        }
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return status;
}

static apr_status_t certificates_find(query_run_t *run)
{
    cc_tool_t *tool = run->tool;
    apr_status_t status = APR_SUCCESS;

    if (run->tool->options.passin) {
        status =
            cc_password_read(&run->password, run->tool->options.passin, tool->pool, &tool->err);
    }
    if (status == APR_SUCCESS) {
        status = cc_files_list(&run->paths, &run->one, tool);
    }
    return status == APR_SUCCESS ? certificates_add(run) : status;
}

/* ---- the query ----------------------------------------------------------------------------- */

static bool is_any(const query_run_t *run)
{
    for (int i = 0; run->errors && i < run->errors->nelts; i++) {
        if (!APR_ARRAY_IDX(run->errors, i, cc_error_t).tag) {
            return true;
        }
    }
    return !run->errors;
}

static apr_status_t query_send(query_run_t *run)
{
    cc_tool_t *tool = run->tool;
    const cc_options_t *options = &tool->options;
    json_t *query = json_pack("{s:s, s:o, s:o, s:b}", "ask", run->command->kind, "vhost",
                              cc_options_text(options->vhost, tool->pool), "path",
                              cc_options_text(options->path, tool->pool), "all", options->all);
    apr_status_t status = run->command->add ? run->command->add(query, tool) : APR_SUCCESS;

    if (status == APR_SUCCESS) {
        status = cc_exchange_query(run->exchange, query, tool);
    }
    json_decref(query);
    return status == APR_SUCCESS ? cc_httpd_query(run->exchange, tool) : status;
}

/* ---- the answers --------------------------------------------------------------------------- */

static int exit_of(const query_run_t *run, const json_t *answer)
{
    return run->command->exit_of ? run->command->exit_of(answer) : 0;
}

static apr_status_t no_more(cc_tool_t *tool)
{
    return cc_error_set(&tool->err, tool->pool, "CC0542", NULL,
                        "the server ended before it had answered for all certificates");
}

static apr_status_t answer_print(const query_run_t *run)
{
    cc_tool_t *tool = run->tool;
    json_t *answer = cc_exchange_answer(run->exchange);
    apr_status_t status = APR_EINVAL;

    if (!answer) {
        return no_more(tool);
    }
    if (!cc_exchange_error(&tool->err, answer, tool->pool)) {
        status = APR_SUCCESS;
        tool->answer = exit_of(run, answer);
        if (run->tool->options.json) {
            cc_print_json(answer, JSON_INDENT(2));
        } else {
            run->command->print(answer, tool->style, tool->pool);
        }
    }
    json_decref(answer);
    return status;
}

static void error_line(const query_run_t *run, const char *path, const cc_error_t *err,
                       apr_pool_t *p)
{
    json_t *line;

    run->tool->answer = ERROR_EXIT;
    if (!run->tool->options.json) {
        printf("%s: ", cc_print_safe(path, p));
        cc_print_coloured(
            apr_psprintf(p, "error: %s: %s", err->tag, cc_print_safe(err->message, p)),
            run->tool->style->bad, run->tool->style);
        return;
    }
    line =
        json_pack("{s:o, s:s, s:{s:s, s:o}}", "file", cc_options_text(path, p), "result", "error",
                  "error", "tag", err->tag, "message", cc_options_text(err->message, p));
    cc_print_json(line, JSON_COMPACT);
    json_decref(line);
}

static void answer_line(const query_run_t *run, const char *path, json_t *answer, apr_pool_t *p)
{
    int status = exit_of(run, answer);

    run->tool->answer = status > run->tool->answer ? status : run->tool->answer;
    if (run->tool->options.json) {
        json_object_set_new(answer, "file", cc_options_text(path, p));
        cc_print_json(answer, JSON_COMPACT);
    } else if (run->tool->options.all) {
        printf("%s# %s%s\n", run->tool->style->bold, cc_print_safe(path, p),
               run->tool->style->plain);
        run->command->print(answer, run->tool->style, p);
        puts("");
    } else {
        printf("%s: ", cc_print_safe(path, p));
        cc_print_coloured(run->command->line(answer, p), cc_print_colour(run->tool->style, status),
                          run->tool->style);
    }
}

/* An error with a result concerns one certificate; one without concerns the whole query. */
static apr_status_t line_print(const query_run_t *run, int i, apr_pool_t *p)
{
    const char *path = APR_ARRAY_IDX(run->paths, i, const char *);
    json_t *answer = cc_exchange_answer(run->exchange);
    cc_error_t err = {0};
    apr_status_t status = APR_SUCCESS;

    if (!answer) {
        return no_more(run->tool);
    }
    if (!cc_exchange_error(&err, answer, run->tool->pool)) {
        answer_line(run, path, answer, p);
    } else if (!json_object_get(answer, "result")) {
        run->tool->err = err;
        status = APR_EINVAL;
    } else {
        error_line(run, path, &err, p);
    }
    json_decref(answer);
    return status;
}

static apr_status_t lines_print(const query_run_t *run)
{
    apr_status_t status = APR_SUCCESS;
    apr_pool_t *p;

    apr_pool_create(&p, run->tool->pool);
    for (int i = 0; i < run->paths->nelts && status == APR_SUCCESS; i++) {
        const cc_error_t *err = &APR_ARRAY_IDX(run->errors, i, cc_error_t);

        if (err->tag) {
            error_line(run, APR_ARRAY_IDX(run->paths, i, const char *), err, p);
        } else {
            status = line_print(run, i, p);
        }
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return status;
}

apr_status_t cc_query_run(const cc_query_command_t *command, cc_tool_t *tool)
{
    query_run_t run = {.command = command, .tool = tool, .one = true};
    apr_status_t status = APR_SUCCESS;

    run.exchange = cc_exchange_make(tool);
    if (!run.exchange) {
        return APR_EINVAL;
    }
    if (command->line) {
        status = certificates_find(&run);
    }
    if (status == APR_SUCCESS && is_any(&run)) {
        status = query_send(&run);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    return run.one ? answer_print(&run) : lines_print(&run);
}
