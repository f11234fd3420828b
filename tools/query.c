/* SPDX-License-Identifier: Apache-2.0 */
/* Sends a query about one, several or no certificates to the module, and prints its answers. */

/*
 * Reading a configuration takes most of the time. So httpd is run once for all certificates of a
 * command line, and its answers are read and printed one after another.
 */
#include <stdio.h>

#include <apr_strings.h>

#include "server.h"

/* One run of a command. */
typedef struct query_run_t {
    const cc_query_command_t *command;
    cc_tool_t *tool;
    cc_certificates_t certificates; /* one: the answer is printed in full */
    cc_exchange_t *exchange;
} query_run_t;

/* ---- the query ----------------------------------------------------------------------------- */

apr_status_t cc_query_send(const cc_query_command_t *command, cc_exchange_t *exchange,
                           cc_tool_t *tool)
{
    const cc_options_t *options = &tool->options;
    json_t *query = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:b}", "ask", command->kind, "vhost",
                              cc_print_json_text(options->vhost, tool->pool), "path",
                              cc_print_json_text(options->path, tool->pool), "account",
                              cc_print_json_text(options->account, tool->pool), "via",
                              cc_print_json_text(options->via, tool->pool), "proxy",
                              cc_print_json_text(options->proxy, tool->pool), "all", options->all);
    apr_status_t status = command->add ? command->add(query, tool) : APR_SUCCESS;

    if (status == APR_SUCCESS) {
        status = cc_exchange_query(exchange, query, tool);
    }
    json_decref(query);
    return status == APR_SUCCESS ? cc_httpd_query(exchange, tool) : status;
}

/* ---- the answers --------------------------------------------------------------------------- */

static int exit_of(const query_run_t *run, const json_t *answer)
{
    return run->command->exit_of ? run->command->exit_of(answer) : 0;
}

/* An error with a result concerns one certificate; one without concerns the whole query. */
apr_status_t cc_query_next(json_t **answer, cc_error_t *err, cc_exchange_t *exchange,
                           cc_tool_t *tool)
{
    *answer = cc_exchange_answer(exchange);
    if (!*answer) {
        return cc_error_set(&tool->err, tool->pool, "CC0542", NULL,
                            "the server ended before it had answered for all certificates");
    }
    if (cc_exchange_error(err, *answer, tool->pool) && !json_object_get(*answer, "result")) {
        tool->err = *err;
        json_decref(*answer);
        *answer = NULL;
        return APR_EINVAL;
    }
    return APR_SUCCESS;
}

static apr_status_t answer_print(const query_run_t *run)
{
    cc_tool_t *tool = run->tool;
    json_t *answer = NULL;
    cc_error_t err = {0};

    if (cc_query_next(&answer, &err, run->exchange, tool) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    if (err.tag) {
        tool->err = err;
    } else {
        tool->answer = exit_of(run, answer);
        if (tool->options.json) {
            cc_print_json(answer, JSON_INDENT(2));
        } else {
            run->command->print(answer, tool->style, tool->pool);
        }
    }
    json_decref(answer);
    return err.tag ? APR_EINVAL : APR_SUCCESS;
}

static void answer_line(const query_run_t *run, const char *path, json_t *answer, apr_pool_t *p)
{
    int status = exit_of(run, answer);

    run->tool->answer = status > run->tool->answer ? status : run->tool->answer;
    if (run->tool->options.json) {
        json_object_set_new(answer, "file", cc_print_json_text(path, p));
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

static apr_status_t line_print(const query_run_t *run, int i, apr_pool_t *p)
{
    const char *path = APR_ARRAY_IDX(run->certificates.paths, i, const char *);
    json_t *answer = NULL;
    cc_error_t err = {0};

    if (cc_query_next(&answer, &err, run->exchange, run->tool) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    if (err.tag) {
        cc_certificates_error_print(path, &err, run->tool, p);
    } else {
        answer_line(run, path, answer, p);
    }
    json_decref(answer);
    return APR_SUCCESS;
}

static apr_status_t lines_print(const query_run_t *run)
{
    const cc_certificates_t *certificates = &run->certificates;
    apr_status_t status = APR_SUCCESS;
    apr_pool_t *p;

    apr_pool_create(&p, run->tool->pool);
    for (int i = 0; i < certificates->paths->nelts && status == APR_SUCCESS; i++) {
        const cc_error_t *err = &APR_ARRAY_IDX(certificates->errors, i, cc_error_t);

        if (err->tag) {
            cc_certificates_error_print(APR_ARRAY_IDX(certificates->paths, i, const char *), err,
                                        run->tool, p);
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
    query_run_t run = {.command = command, .tool = tool, .certificates = {NULL, NULL, true}};
    bool any = true;
    apr_status_t status = APR_SUCCESS;

    run.exchange = cc_exchange_make(tool);
    if (!run.exchange) {
        return APR_EINVAL;
    }
    if (command->line) {
        cc_exchange_t *const exchanges[] = {run.exchange, NULL};

        status = cc_certificates_read(&run.certificates, exchanges, tool);
        any = status == APR_SUCCESS && cc_certificates_any(&run.certificates);
    }
    if (status == APR_SUCCESS && any) {
        status = cc_query_send(command, run.exchange, tool);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    return run.certificates.one ? answer_print(&run) : lines_print(&run);
}
