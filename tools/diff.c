/* SPDX-License-Identifier: Apache-2.0 */
/* Command diff: prints which certificates two configurations map differently. */
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "server.h"

#define DIFFERENT 1
#define UNKNOWN 2

/* One of the two configurations. */
typedef struct side_t {
    const char *file;           /* after -f */
    apr_array_header_t *server; /* const char *: its options for httpd, with those of both */
    cc_exchange_t *exchange;
} side_t;

typedef struct diff_run_t {
    cc_tool_t *tool;
    side_t sides[2]; /* old and new */
    cc_certificates_t certificates;
    int count;     /* certificates that were compared */
    int different; /* of them */
} diff_run_t;

/* ---- the command line ---------------------------------------------------------------------- */

/* Each option of httpd, with its value, applies to both sides; but -f to one. */
static apr_status_t sides_read(diff_run_t *run)
{
    cc_tool_t *tool = run->tool;
    const apr_array_header_t *server = tool->options.server;
    int files = 0;

    for (int i = 0; i < 2; i++) {
        run->sides[i].server = apr_array_make(tool->pool, 8, sizeof(const char *));
    }
    for (int i = 0; i + 1 < server->nelts; i += 2) {
        const char *name = APR_ARRAY_IDX(server, i, const char *);
        const char *value = APR_ARRAY_IDX(server, i + 1, const char *);
        bool file = strcmp(name, "-f") == 0;

        for (int j = 0; j < 2; j++) {
            if (!file || files == j) {
                APR_ARRAY_PUSH(run->sides[j].server, const char *) = name;
                APR_ARRAY_PUSH(run->sides[j].server, const char *) = value;
                run->sides[j].file = file ? value : run->sides[j].file;
            }
        }
        files += file;
    }
    return files == 2 ? APR_SUCCESS
                      : cc_error_set(&tool->err, tool->pool, "CC0560", NULL,
                                     "diff compares two configurations: name the old one and the "
                                     "new one, with -f OLD -f NEW");
}

/* ---- the answers --------------------------------------------------------------------------- */

/* An error of one side names its configuration. */
static apr_status_t side_failed(diff_run_t *run, int i)
{
    apr_pool_t *p = run->tool->pool;

    run->tool->err.where = apr_pstrcat(p, "-f ", cc_print_safe(run->sides[i].file, p), NULL);
    return APR_EINVAL;
}

/* ---- one certificate ----------------------------------------------------------------------- */

/* Different virtual hosts would be compared, if the configurations have others by default. */
static apr_status_t hosts_check(const diff_run_t *run, json_t *const answers[2])
{
    cc_tool_t *tool = run->tool;
    const char *names[2];

    for (int i = 0; i < 2; i++) {
        names[i] = cc_print_member(json_object_get(answers[i], "host"), "name", tool->pool);
        names[i] = names[i] ? names[i] : "";
    }
    return tool->options.vhost || strcmp(names[0], names[1]) == 0
               ? APR_SUCCESS
               : cc_error_set(&tool->err, tool->pool, "CC0561", NULL,
                              "the configurations have different virtual hosts, %s and %s; name "
                              "one with --vhost",
                              names[0], names[1]);
}

static void difference_print(const diff_run_t *run, const char *path, json_t *const answers[2],
                             apr_pool_t *p)
{
    bool access = strcmp(cc_identity_access(answers[0]), cc_identity_access(answers[1])) != 0;
    json_t *line;

    if (run->tool->options.json) {
        line = json_pack("{s:o, s:o, s:o}", "file", cc_print_json_text(path, p), "old",
                         cc_identity_json(answers[0]), "new", cc_identity_json(answers[1]));
        cc_print_json(line, JSON_COMPACT);
        json_decref(line);
        return;
    }
    printf("%s: %s%s%s -> %s%s%s\n", cc_print_safe(path, p), cc_identity_text(answers[0], p),
           access ? ", access " : "", access ? cc_identity_access(answers[0]) : "",
           cc_identity_text(answers[1], p), access ? ", access " : "",
           access ? cc_identity_access(answers[1]) : "");
}

/* If one of the identities is unknown, so is whether they differ. */
static void answers_compare(diff_run_t *run, const char *path, json_t *const answers[2],
                            apr_pool_t *p)
{
    bool unknown = strcmp(cc_identity_result(answers[0]), "failed") == 0 ||
                   strcmp(cc_identity_result(answers[1]), "failed") == 0;
    bool same = strcmp(cc_identity_text(answers[0], p), cc_identity_text(answers[1], p)) == 0 &&
                strcmp(cc_identity_access(answers[0]), cc_identity_access(answers[1])) == 0;
    int status = unknown ? UNKNOWN : same ? 0 : DIFFERENT;

    run->count++;
    run->different += !same;
    if (status != 0) {
        difference_print(run, path, answers, p);
    }
    run->tool->answer = status > run->tool->answer ? status : run->tool->answer;
}

static apr_status_t pair_take(diff_run_t *run, const char *path, apr_pool_t *p)
{
    json_t *answers[2] = {NULL, NULL};
    cc_error_t err = {0};
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; i < 2 && status == APR_SUCCESS; i++) {
        status = cc_query_next(&answers[i], &err, run->sides[i].exchange, run->tool);
        status = status == APR_SUCCESS ? APR_SUCCESS : side_failed(run, i);
    }
    if (status == APR_SUCCESS && err.tag) {
        cc_certificates_error_print(path, &err, run->tool, p);
    } else if (status == APR_SUCCESS) {
        status = hosts_check(run, answers);
    }
    if (status == APR_SUCCESS && !err.tag) {
        answers_compare(run, path, answers, p);
    }
    json_decref(answers[0]);
    json_decref(answers[1]);
    return status;
}

/* ---- the command --------------------------------------------------------------------------- */

static apr_status_t pairs_take(diff_run_t *run)
{
    const cc_certificates_t *certificates = &run->certificates;
    apr_status_t status = APR_SUCCESS;
    apr_pool_t *p;

    apr_pool_create(&p, run->tool->pool);
    for (int i = 0; i < certificates->paths->nelts && status == APR_SUCCESS; i++) {
        const char *path = APR_ARRAY_IDX(certificates->paths, i, const char *);
        const cc_error_t *err = &APR_ARRAY_IDX(certificates->errors, i, cc_error_t);

        if (err->tag) {
            cc_certificates_error_print(path, err, run->tool, p);
        } else {
            status = pair_take(run, path, p);
        }
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return status;
}

/* Each configuration is read once, for all certificates. */
static apr_status_t sides_ask(diff_run_t *run)
{
    static const cc_query_command_t explain = {.kind = "explain"};
    cc_tool_t *tool = run->tool;
    cc_exchange_t *exchanges[3] = {NULL, NULL, NULL};
    apr_status_t status = APR_SUCCESS;

    for (int i = 0; i < 2; i++) {
        exchanges[i] = run->sides[i].exchange = cc_exchange_make(tool);
        if (!exchanges[i]) {
            return APR_EINVAL;
        }
    }
    status = cc_certificates_read(&run->certificates, exchanges, tool);
    if (status != APR_SUCCESS || !cc_certificates_any(&run->certificates)) {
        return status;
    }
    for (int i = 0; i < 2 && status == APR_SUCCESS; i++) {
        tool->options.server = run->sides[i].server;
        status = cc_query_send(&explain, exchanges[i], tool);
        status = status == APR_SUCCESS ? APR_SUCCESS : side_failed(run, i);
    }
    return status;
}

apr_status_t cc_diff_run(cc_tool_t *tool)
{
    diff_run_t run = {.tool = tool};

    if (sides_read(&run) != APR_SUCCESS || sides_ask(&run) != APR_SUCCESS ||
        pairs_take(&run) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    if (!tool->options.json) {
        printf("%d of %d %s\n", run.different, run.count,
               run.different == 1 ? "certificates differs" : "certificates differ");
    }
    return APR_SUCCESS;
}
