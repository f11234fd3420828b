/* SPDX-License-Identifier: Apache-2.0 */
/* Answers the query of the command-line tool: reads the query and writes the answers. */
#include <stdlib.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include <http_core.h>

#include "base/error.h"
#include "base/text.h"
#include "cert/cert.h"
#include "httpd/admin/answer.h"
#include "httpd/admin/explain.h"
#include "httpd/admin/query.h"
#include "httpd/admin/revoked.h"
#include "httpd/admin/rules.h"
#include "httpd/admin/table.h"
#include "httpd/admin/trust.h"
#include "httpd/background/tables.h"
#include "httpd/conf/configtest.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/module.h"
#include "httpd/status/verdict_json.h"

/* A kind of query: about the whole configuration (answer), or about certificates (the others). */
typedef struct kind_t {
    const char *name;
    json_t *(*answer)(cc_admin_query_t *q);
    void *(*prepare)(cc_admin_query_t *q);
    json_t *(*certificate)(const void *prepared, const cc_presented_t *presented);
    bool bad_tables; /* it answers although the tables cannot be opened */
} kind_t;

static const kind_t kinds[] = {
    {"explain", NULL, cc_explain_prepare, cc_explain_certificate, false},
    {"rules", cc_admin_rules, NULL, NULL, false},
    {"check", cc_admin_check, NULL, NULL, false},
    {"revoked", NULL, cc_revoked_prepare, cc_revoked_certificate, false},
    {"table", cc_admin_table, NULL, NULL, true},
    {"trust", cc_admin_trust, NULL, NULL, true},
};

static const char *path_of(const cc_admin_query_t *q, const char *name)
{
    return apr_pstrcat(q->pool, q->directory, "/", name, NULL);
}

/* A copy of a member of the query, or NULL. */
static const char *word_of(json_t *asked, const char *name, apr_pool_t *p)
{
    return apr_pstrdup(p, json_string_value(json_object_get(asked, name)));
}

static const kind_t *kind_find(cc_admin_query_t *q, const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!strcmp(kinds[i].name, name)) {
            return &kinds[i];
        }
    }
    cc_error_set(&q->err, q->pool, "CC0750", name,
                 "this module does not support this query; the tool and the module must be of the "
                 "same version");
    return NULL;
}

/* ---- answers ------------------------------------------------------------------------------- */

static json_t *error_json(const cc_error_t *err, apr_pool_t *p)
{
    return json_pack("{s:{s:s, s:o, s:o, s:o}}", "error", "tag", err->tag, "word",
                     cc_json_string(err->word, p), "where", cc_json_string(err->where, p),
                     "message", cc_json_string(err->message, p));
}

/* Writes an answer as one line, and releases it. */
static apr_status_t line_write(apr_file_t *file, json_t *answer)
{
    char *text = json_dumps(answer, JSON_COMPACT);
    apr_status_t status = text ? apr_file_write_full(file, text, strlen(text), NULL) : APR_ENOMEM;

    if (status == APR_SUCCESS) {
        status = apr_file_write_full(file, "\n", 1, NULL);
    }
    free(text);
    json_decref(answer);
    return status;
}

static json_t *certificate_answer(const kind_t *kind, const void *prepared, const char *path,
                                  apr_pool_t *p)
{
    cc_cert_t *cert = NULL;
    cc_error_t err = {0};

    if (cc_cert_read(&cert, NULL, path, NULL, NULL, p, &err) != APR_SUCCESS) {
        json_t *answer = error_json(&err, p);

        json_object_set_new(answer, "result", json_string("error"));
        return answer;
    }
    return kind->certificate(prepared, &(cc_presented_t){path, cert, p});
}

/* The pool is cleared after each certificate. */
static apr_status_t certificates_write(const kind_t *kind, const void *prepared,
                                       const cc_admin_query_t *q, apr_file_t *file)
{
    apr_status_t status = APR_SUCCESS;
    apr_pool_t *p;

    apr_pool_create(&p, q->pool);
    for (int i = 1; i <= q->certificates && status == APR_SUCCESS; i++) {
        const char *path = apr_psprintf(p, "%s/%d.pem", q->directory, i);

        status = line_write(file, certificate_answer(kind, prepared, path, p));
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return status;
}

static apr_status_t answers_write(cc_admin_query_t *q, const char *name, apr_file_t *file)
{
    const kind_t *kind = kind_find(q, name);
    const cc_error_t *tables = cc_tables_error(q->main);
    json_t *answer = NULL;
    void *prepared = NULL;

    if (kind && tables && !kind->bad_tables) {
        q->err = *tables;
    } else if (kind) {
        answer = kind->answer ? kind->answer(q) : NULL;
        prepared = kind->prepare ? kind->prepare(q) : NULL;
    }
    if (prepared) {
        return certificates_write(kind, prepared, q, file);
    }
    return line_write(file, answer ? answer : error_json(&q->err, q->pool));
}

/* ---- the query ----------------------------------------------------------------------------- */

/* The directory belongs to the user of the tool; no other user may read the answer. */
static apr_status_t query_answer(cc_admin_query_t *q, json_t *asked)
{
    const char *kind = word_of(asked, "ask", q->pool);
    const char *via = word_of(asked, "via", q->pool);
    apr_file_t *file;
    apr_status_t status =
        apr_file_open(&file, path_of(q, "answer.json"),
                      APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_EXCL | APR_FOPEN_BUFFERED,
                      APR_FPROT_UREAD | APR_FPROT_UWRITE, q->pool);

    if (status != APR_SUCCESS) {
        return status;
    }
    q->vhost = word_of(asked, "vhost", q->pool);
    q->path = word_of(asked, "path", q->pool);
    q->account = word_of(asked, "account", q->pool);
    q->certificates = (int)json_integer_value(json_object_get(asked, "certificates"));
    q->table = word_of(asked, "table", q->pool);
    q->key = word_of(asked, "key", q->pool);
    q->file = word_of(asked, "file", q->pool);
    q->issuer = word_of(asked, "issuer", q->pool);
    q->via = cc_via_find(via ? via : "");
    q->proxy = word_of(asked, "proxy", q->pool);
    q->all = json_is_true(json_object_get(asked, "all"));
    status = answers_write(q, kind ? kind : "", file);
    if (status == APR_SUCCESS) {
        status = apr_file_close(file);
    }
    return status;
}

void cc_admin_answer(apr_pool_t *pconf, server_rec *s)
{
    cc_admin_query_t q = {.directory = cc_configtest_query(), .main = s, .pool = pconf};
    apr_status_t status = APR_EINVAL;
    json_t *asked;

    if (!q.directory) {
        return;
    }
    asked = json_load_file(path_of(&q, "question.json"), 0, NULL);
    if (asked) {
        status = query_answer(&q, asked);
        json_decref(asked);
    }
    if (status != APR_SUCCESS) {
        ap_log_error(
            APLOG_MARK, APLOG_ERR, status, s,
            "CC0753: the query in %s cannot be answered; only the clientcert command may set "
            "CLIENTCERT_QUESTION",
            cc_log_text(cc_text_escape(q.directory, strlen(q.directory), pconf), pconf));
    }
}
