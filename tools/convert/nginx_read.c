/* SPDX-License-Identifier: Apache-2.0 */
/* Splits a configuration of nginx into words and signs, as ngx_conf_read_token does. */
#include <string.h>

#include <apr_strings.h>

#include "convert/nginx.h"

static void spaces_skip(cc_nginx_reader_t *reader)
{
    for (;; reader->at++) {
        if (*reader->at == '#') {
            reader->at += strcspn(reader->at, "\n");
        }
        if (*reader->at == '\0' || !strchr(" \t\r\n", *reader->at)) {
            return;
        }
        reader->line += *reader->at == '\n';
    }
}

/* A backslash before another one or a quote is removed; before other characters it stays. */
static char escape_read(cc_nginx_reader_t *reader, char **to)
{
    char next = reader->at[1];

    if (next == '\\' || next == '"' || next == '\'') {
        reader->at++;
        return next;
    }
    if (next == 't' || next == 'r' || next == 'n') {
        reader->at++;
        return next == 't' ? '\t' : next == 'r' ? '\r' : '\n';
    }
    if (next) {
        *(*to)++ = '\\';
        reader->at++;
    }
    return next ? next : '\\';
}

static cc_nginx_t word_read(cc_nginx_reader_t *reader)
{
    char quote = strchr("\"'", *reader->at) ? *reader->at++ : '\0';
    char *to = NULL;

    if (!reader->buffer) { /* for the first word, and large enough for all others */
        reader->buffer = apr_palloc(reader->pool, strlen(reader->at) + 1);
    }
    to = reader->buffer;

    for (; *reader->at; reader->at++) {
        if (quote ? *reader->at == quote : strchr(" \t\r\n;{", *reader->at) != NULL) {
            break;
        }
        reader->line += *reader->at == '\n';
        if (*reader->at == '\\') {
            char c = escape_read(reader, &to);

            *to++ = c;
        } else {
            *to++ = *reader->at;
        }
        /* ${name} does not open a block. */
        if (*reader->at == '$' && reader->at[1] == '{') {
            *to++ = *++reader->at;
        }
    }
    if (quote && !*reader->at) {
        return CC_NGINX_EOF;
    }
    reader->at += quote ? 1 : 0;
    reader->word = apr_pstrmemdup(reader->pool, reader->buffer, (apr_size_t)(to - reader->buffer));
    return CC_NGINX_WORD;
}

cc_nginx_t cc_nginx_next(cc_nginx_reader_t *reader)
{
    spaces_skip(reader);
    switch (*reader->at) {
    case '\0':
        return CC_NGINX_EOF;
    case ';':
        reader->at++;
        return CC_NGINX_END;
    case '{':
        reader->at++;
        return CC_NGINX_OPEN;
    case '}':
        reader->at++;
        return CC_NGINX_CLOSE;
    default:
        return word_read(reader);
    }
}
