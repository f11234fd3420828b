/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the temporary directory that passes a query to httpd and the answers back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include "server.h"

struct cc_exchange_t {
    char *directory;
    const char *query, *answer, *output;
    int certificates; /* how many have been added */
    FILE *answers;    /* NULL: nothing has been read yet */
    FILE *watched;    /* the same file, to count its lines; NULL: not opened yet */
    int lines;        /* counted so far */
};

/* ---- the directory ------------------------------------------------------------------------- */

static const char *certificate_path(const cc_exchange_t *exchange, int number, apr_pool_t *p)
{
    return apr_psprintf(p, "%s/%d.pem", exchange->directory, number);
}

static apr_status_t exchange_remove(void *data)
{
    cc_exchange_t *exchange = data;
    char path[4096];

    if (exchange->answers) {
        fclose(exchange->answers);
    }
    if (exchange->watched) {
        fclose(exchange->watched);
    }
    for (int i = 1; i <= exchange->certificates; i++) {
        apr_snprintf(path, sizeof(path), "%s/%d.pem", exchange->directory, i);
        unlink(path);
    }
    unlink(exchange->query);
    unlink(exchange->answer);
    unlink(exchange->output);
    rmdir(exchange->directory);
    return APR_SUCCESS;
}

static apr_status_t not_written(const char *path, cc_tool_t *tool)
{
    return cc_error_set(&tool->err, tool->pool, "CC0512", path, "cannot be written: %s",
                        strerror(errno));
}

cc_exchange_t *cc_exchange_make(cc_tool_t *tool)
{
    cc_exchange_t *exchange = apr_pcalloc(tool->pool, sizeof(*exchange));
    const char *temporary = "/tmp";

    apr_temp_dir_get(&temporary, tool->pool);
    exchange->directory = apr_pstrcat(tool->pool, temporary, "/clientcert-ask-XXXXXX", NULL);
    if (!mkdtemp(exchange->directory)) {
        not_written(exchange->directory, tool);
        return NULL;
    }
    exchange->query = apr_pstrcat(tool->pool, exchange->directory, "/question.json", NULL);
    exchange->answer = apr_pstrcat(tool->pool, exchange->directory, "/answer.json", NULL);
    exchange->output = apr_pstrcat(tool->pool, exchange->directory, "/output", NULL);
    apr_pool_cleanup_register(tool->pool, exchange, exchange_remove, apr_pool_cleanup_null);
    return exchange;
}

const char *cc_exchange_directory(const cc_exchange_t *exchange)
{
    return exchange->directory;
}

const char *cc_exchange_output(const cc_exchange_t *exchange)
{
    return exchange->output;
}

/* ---- the query ----------------------------------------------------------------------------- */

static apr_status_t file_write(const char *path, const char *text, cc_tool_t *tool)
{
    FILE *file = fopen(path, "w");
    bool written = file && fputs(text, file) >= 0;

    if (file && fclose(file) != 0) {
        written = false;
    }
    return written ? APR_SUCCESS : not_written(apr_pstrdup(tool->pool, path), tool);
}

apr_status_t cc_exchange_add(cc_exchange_t *exchange, const char *pem, cc_tool_t *tool,
                             apr_pool_t *p)
{
    exchange->certificates++;
    return file_write(certificate_path(exchange, exchange->certificates, p), pem, tool);
}

apr_status_t cc_exchange_query(cc_exchange_t *exchange, json_t *query, cc_tool_t *tool)
{
    char *text;
    apr_status_t status;

    json_object_set_new(query, "certificates", json_integer(exchange->certificates));
    text = json_dumps(query, 0);
    status = file_write(exchange->query, text ? text : "", tool);
    free(text);
    return status;
}

/* ---- the answers --------------------------------------------------------------------------- */

bool cc_exchange_answered(const cc_exchange_t *exchange)
{
    return access(exchange->answer, R_OK) == 0;
}

int cc_exchange_certificates(const cc_exchange_t *exchange)
{
    return exchange->certificates;
}

int cc_exchange_count(cc_exchange_t *exchange)
{
    int octet;

    if (!exchange->watched) {
        exchange->watched = fopen(exchange->answer, "r");
    }
    while (exchange->watched && (octet = getc(exchange->watched)) != EOF) {
        exchange->lines += octet == '\n';
    }
    if (exchange->watched) {
        clearerr(exchange->watched); /* the file still grows */
    }
    return exchange->lines;
}

/* There is one object per line, so the file continues after an object. */
json_t *cc_exchange_answer(cc_exchange_t *exchange)
{
    if (!exchange->answers) {
        exchange->answers = fopen(exchange->answer, "r");
    }
    return exchange->answers ? json_loadf(exchange->answers, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
}

static const char *copy_of(const json_t *object, const char *name, apr_pool_t *p)
{
    return apr_pstrdup(p, json_string_value(json_object_get(object, name)));
}

bool cc_exchange_error(cc_error_t *err, const json_t *answer, apr_pool_t *p)
{
    const json_t *error = json_object_get(answer, "error");

    if (error) {
        err->tag = copy_of(error, "tag", p);
        err->word = copy_of(error, "word", p);
        err->where = copy_of(error, "where", p);
        err->message = copy_of(error, "message", p);
    }
    return error != NULL;
}
