/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how a question of the command-line tool is read and its answer written. */
#include "httpd/question/question.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <http_core.h>

#include "httpd/glue.h"
#include "httpd/status/report.h"

static const struct {
    const char *name;
    json_t *(*answer)(cc_question_t *q);
} kinds[] = {
    {"explain", cc_question_explain},
    {"rules", cc_question_rules},
    {"check", cc_question_check},
    {"revoked", cc_question_revoked},
};

bool cc_question_configtest(void)
{
    return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST;
}

/* Whoever may start a server may ask it; a server that starts to serve looks at no question. */
static const char *directory_asked(void)
{
    return cc_question_configtest() ? getenv("CLIENTCERT_QUESTION") : NULL;
}

bool cc_question_asked(void)
{
    return directory_asked() != NULL;
}

static const char *path_of(const cc_question_t *q, const char *name)
{
    return apr_pstrcat(q->pool, q->directory, "/", name, NULL);
}

/* A member of the question that is copied, or NULL. */
static const char *word_of(json_t *asked, const char *name, apr_pool_t *p)
{
    return apr_pstrdup(p, json_string_value(json_object_get(asked, name)));
}

static json_t *answer_find(cc_question_t *q, const char *kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!strcmp(kinds[i].name, kind)) {
            return kinds[i].answer(q);
        }
    }
    cc_error_set(&q->err, q->pool, "CC0750", kind,
                 "this module does not know such a question; the tool and the module must be of "
                 "one version");
    return NULL;
}

static json_t *error_text(const char *text, apr_pool_t *p)
{
    return text ? cc_report_text(text, strlen(text), p) : json_null();
}

static json_t *answer_make(cc_question_t *q, json_t *asked)
{
    const char *kind = word_of(asked, "ask", q->pool);
    json_t *answer;

    q->vhost = word_of(asked, "vhost", q->pool);
    q->path = word_of(asked, "path", q->pool);
    answer = answer_find(q, kind ? kind : "");
    if (answer) {
        return answer;
    }
    return json_pack("{s:{s:s, s:o, s:o}}", "error", "tag", q->err.tag, "word",
                     error_text(q->err.word, q->pool), "message",
                     error_text(q->err.message, q->pool));
}

/* The tool that made the directory reads it; nobody else may look into that. */
static apr_status_t answer_write(const cc_question_t *q, const json_t *answer)
{
    char *text = json_dumps(answer, 0);
    apr_file_t *file;
    apr_status_t status = apr_file_open(&file, path_of(q, "answer.json"),
                                        APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_EXCL,
                                        APR_FPROT_UREAD | APR_FPROT_UWRITE, q->pool);

    if (status == APR_SUCCESS) {
        status = text ? apr_file_write_full(file, text, strlen(text), NULL) : APR_ENOMEM;
        apr_file_close(file);
    }
    free(text);
    return status;
}

void cc_question_answer(apr_pool_t *pconf, server_rec *s)
{
    cc_question_t q = {.directory = directory_asked(), .main = s, .pool = pconf};
    apr_status_t status = APR_EINVAL;
    json_t *asked;

    if (!q.directory) {
        return;
    }
    q.certificate = path_of(&q, "certificate.pem");
    asked = json_load_file(path_of(&q, "question.json"), 0, NULL);
    if (asked) {
        json_t *answer = answer_make(&q, asked);

        status = answer_write(&q, answer);
        json_decref(answer);
        json_decref(asked);
    }
    if (status != APR_SUCCESS) {
        ap_log_error(
            APLOG_MARK, APLOG_ERR, status, s,
            "CC0753: the question in %s cannot be answered: CLIENTCERT_QUESTION is for the "
            "clientcert tool alone",
            cc_log_text(cc_text_escape(q.directory, strlen(q.directory), pconf), pconf));
    }
}
