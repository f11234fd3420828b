/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the certificates that a command line names, and adds them to queries. */
#include <stdio.h>

#include <apr_strings.h>

#include "server.h"

#define ERROR_EXIT 2

/* One call of cc_certificates_read. */
typedef struct certificates_reader_t {
    cc_certificates_t *certificates;
    cc_exchange_t *const *exchanges;
    cc_tool_t *tool;
    cc_password_t password;
} certificates_reader_t;

/*
 * Adds a certificate to the queries. With several certificates, does not ask for passwords on the
 * terminal.
 */
static apr_status_t certificate_add(certificates_reader_t *r, const char *path, cc_error_t *err,
                                    apr_pool_t *p)
{
    cc_password_fn *ask = r->certificates->one || r->password.given ? cc_password_ask : NULL;
    const char *pem = NULL;
    apr_status_t status = APR_SUCCESS;

    if (cc_cert_read_pem(&pem, cc_files_path(path), ask, &r->password, p, err) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    for (int i = 0; r->exchanges[i] && status == APR_SUCCESS; i++) {
        status = cc_exchange_add(r->exchanges[i], pem, r->tool, p);
    }
    return status;
}

static void error_keep(certificates_reader_t *r, int i, const cc_error_t *err)
{
    apr_pool_t *p = r->tool->pool;

    APR_ARRAY_IDX(r->certificates->errors, i, cc_error_t) =
        (cc_error_t){.tag = err->tag,
                     .word = apr_pstrdup(p, err->word),
                     .message = apr_pstrdup(p, err->message)};
}

static apr_status_t certificates_add(certificates_reader_t *r)
{
    cc_certificates_t *certificates = r->certificates;
    cc_tool_t *tool = r->tool;
    apr_status_t status = APR_SUCCESS;
    apr_pool_t *p;

    certificates->errors =
        apr_array_make(tool->pool, certificates->paths->nelts, sizeof(cc_error_t));
    apr_pool_create(&p, tool->pool);
    for (int i = 0; i < certificates->paths->nelts && status == APR_SUCCESS; i++) {
        cc_error_t err = {0};

        APR_ARRAY_PUSH(certificates->errors, cc_error_t) = err;
        status = certificate_add(r, APR_ARRAY_IDX(certificates->paths, i, const char *), &err, p);
        if (err.tag) {
            error_keep(r, i, &err);
            status = certificates->one ? APR_EINVAL : APR_SUCCESS;
            tool->err = APR_ARRAY_IDX(certificates->errors, i, cc_error_t);
        }
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return status;
}

apr_status_t cc_certificates_read(cc_certificates_t *certificates, cc_exchange_t *const *exchanges,
                                  cc_tool_t *tool)
{
    certificates_reader_t r = {certificates, exchanges, tool, {NULL}};
    const char *passin = tool->options.passin;
    apr_status_t status = APR_SUCCESS;

    if (passin) {
        status = cc_password_read(&r.password, passin, tool->pool, &tool->err);
    }
    if (status == APR_SUCCESS) {
        status = cc_files_list(&certificates->paths, &certificates->one, tool);
    }
    return status == APR_SUCCESS ? certificates_add(&r) : status;
}

bool cc_certificates_any(const cc_certificates_t *certificates)
{
    for (int i = 0; i < certificates->errors->nelts; i++) {
        if (!APR_ARRAY_IDX(certificates->errors, i, cc_error_t).tag) {
            return true;
        }
    }
    return false;
}

void cc_certificates_error_print(const char *path, const cc_error_t *err, cc_tool_t *tool,
                                 apr_pool_t *p)
{
    json_t *line;

    tool->answer = ERROR_EXIT;
    if (!tool->options.json) {
        printf("%s: ", cc_print_safe(path, p));
        cc_print_coloured(
            apr_psprintf(p, "error: %s: %s", err->tag, cc_print_safe(err->message, p)),
            tool->style->bad, tool->style);
        return;
    }
    line = json_pack("{s:o, s:s, s:{s:s, s:o}}", "file", cc_print_json_text(path, p), "result",
                     "error", "error", "tag", err->tag, "message",
                     cc_print_json_text(err->message, p));
    cc_print_json(line, JSON_COMPACT);
    json_decref(line);
}
