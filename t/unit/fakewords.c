/* SPDX-License-Identifier: Apache-2.0 */
/* Imitates the text functions of httpd that modules/httpd calls, for unit tests. */
#include <apr_fnmatch.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include <ap_expr.h>
#include <http_protocol.h>

#include "fakehttpd.h"

void fake_words_begin(void)
{
}

/* A word, or a text in quotes, in which a backslash escapes the next character. */
char *ap_getword_conf(apr_pool_t *p, const char **line)
{
    const char *at = *line;
    char *word, *to, quote = '\0';

    while (apr_isspace(*at)) {
        at++;
    }
    word = to = apr_palloc(p, strlen(at) + 1);
    if (*at == '"' || *at == '\'') {
        quote = *at++;
    }
    while (*at && (quote ? *at != quote : !apr_isspace(*at))) {
        if (quote && *at == '\\' && (at[1] == quote || at[1] == '\\')) {
            at++;
        }
        *to++ = *at++;
    }
    *to = '\0';
    at += quote && *at;
    while (apr_isspace(*at)) {
        at++;
    }
    *line = at;
    return word;
}

char *ap_strcasestr(const char *text, const char *part)
{
    apr_size_t len = strlen(part);

    for (; *text; text++) {
        if (!strncasecmp(text, part, len)) {
            return (char *)text;
        }
    }
    return len == 0 ? (char *)text : NULL;
}

int ap_strcasecmp_match(const char *text, const char *pattern)
{
    return apr_fnmatch(pattern, text, APR_FNM_CASE_BLIND) != APR_SUCCESS;
}

void ap_str_tolower(char *text)
{
    for (; *text; text++) {
        *text = (char)apr_tolower(*text);
    }
}

int ap_array_str_contains(const apr_array_header_t *array, const char *text)
{
    for (int i = 0; array && i < array->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(array, i, const char *), text)) {
            return 1;
        }
    }
    return 0;
}

void ap_bin2hex(const void *octets, apr_size_t len, char *hex)
{
    static const char digits[] = "0123456789abcdef";

    for (apr_size_t i = 0; i < len; i++) {
        *hex++ = digits[((const unsigned char *)octets)[i] >> 4];
        *hex++ = digits[((const unsigned char *)octets)[i] & 15];
    }
    *hex = '\0';
}

/* A member of a list with commas. */
const char *ap_size_list_item(const char **list, int *len)
{
    const char *item = *list + strspn(*list, ", \t");

    *len = (int)strcspn(item, ",");
    *list = item + *len;
    return *len > 0 ? item : NULL;
}

/* The same, in lower case and without spaces. */
char *ap_get_list_item(apr_pool_t *p, const char **list)
{
    const char *at = *list + strspn(*list, ", \t");
    apr_size_t len = strcspn(at, ",");
    char *item, *to;

    if (len == 0) {
        return NULL;
    }
    *list = at + len;
    item = to = apr_palloc(p, len + 1);
    for (apr_size_t i = 0; i < len; i++) {
        if (!apr_isspace(at[i])) {
            *to++ = (char)apr_tolower(at[i]);
        }
    }
    *to = '\0';
    return item;
}

char *ap_escape_html2(apr_pool_t *p, const char *text, int toasc)
{
    char *escaped = apr_palloc(p, 6 * strlen(text) + 1), *to = escaped;

    (void)toasc;
    for (; *text; text++) {
        const char *entity = *text == '<'   ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '&' ? "&amp;"
                             : *text == '"' ? "&quot;"
                                            : NULL;

        if (entity) {
            to = apr_cpystrn(to, entity, 7);
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
    return escaped;
}

const char *ap_get_status_line(int status)
{
    switch (status) {
    case HTTP_OK:
        return "200 OK";
    case HTTP_FORBIDDEN:
        return "403 Forbidden";
    case HTTP_NOT_FOUND:
        return "404 Not Found";
    default:
        return "500 Internal Server Error";
    }
}

int ap_find_list_item(apr_pool_t *p, const char *list, const char *wanted)
{
    const char *item = NULL;

    do {
        item = list ? ap_get_list_item(p, &list) : NULL;
    } while (item && strcasecmp(item, wanted) != 0);
    return item != NULL;
}

int ap_expr_exec_ctx(ap_expr_eval_ctx_t *ctx)
{
    *ctx->result_string = ap_expr_str_exec(ctx->r, ctx->info, ctx->err);
    return *ctx->err ? -1 : 1;
}

/* No other module has functions. */
int ap_run_expr_lookup(ap_expr_lookup_parms *parms)
{
    (void)parms;
    return DECLINED;
}

int ap_expr_lookup_default(ap_expr_lookup_parms *parms)
{
    (void)parms;
    return DECLINED;
}

/* Only texts with %{NAME}, which is a note of the request; "%{}" is a syntax error. */
ap_expr_info_t *ap_expr_parse_cmd_mi(const cmd_parms *cmd, const char *text, unsigned flags,
                                     const char **error, ap_expr_lookup_fn_t *look,
                                     int module_index)
{
    ap_expr_info_t *expr = apr_pcalloc(cmd->pool, sizeof(*expr));

    (void)look;
    (void)module_index;
    expr->flags = flags;
    expr->filename = apr_pstrdup(cmd->pool, text);
    *error = strstr(text, "%{}") ? "syntax error" : NULL;
    return *error ? NULL : expr;
}

const char *ap_expr_str_exec(request_rec *r, const ap_expr_info_t *expr, const char **error)
{
    const char *begin = strstr(expr->filename, "%{"), *end = strchr(begin, '}'), *value;

    *error = NULL;
    value =
        apr_table_get(r->notes, apr_pstrmemdup(r->pool, begin + 2, (apr_size_t)(end - begin) - 2));
    if (!value) {
        *error = "there is no such note";
        return "";
    }
    return apr_pstrcat(
        r->pool, apr_pstrmemdup(r->pool, expr->filename, (apr_size_t)(begin - expr->filename)),
        value, end + 1, NULL);
}
