/* SPDX-License-Identifier: Apache-2.0 */
/* Converts SSLRequire, Require expr and Require ssl-verify-client to Require clientcert. */
#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "convert/expression.h"

/* ---- the output ---------------------------------------------------------------------------- */

/* Collects the texts of conditions that must all hold, and those of which any must. */
static void all_collect(const cc_cond_t *cond, apr_array_header_t *texts,
                        apr_array_header_t *others, apr_pool_t *p)
{
    if (cond->text) {
        APR_ARRAY_PUSH(texts, const char *) = apr_pstrcat(p, " ", cond->text, NULL);
    } else if (cond->any) {
        APR_ARRAY_PUSH(others, const cc_cond_t *) = cond;
    } else {
        for (int i = 0; i < cond->parts->nelts; i++) {
            all_collect(APR_ARRAY_IDX(cond->parts, i, const cc_cond_t *), texts, others, p);
        }
    }
}

static void cond_put(cc_convert_t *convert, const cc_cond_t *cond, const char *indent);

static void any_put(cc_convert_t *convert, const cc_cond_t *cond, const char *indent)
{
    for (int i = 0; i < cond->parts->nelts; i++) {
        const cc_cond_t *part = APR_ARRAY_IDX(cond->parts, i, const cc_cond_t *);

        if (!part->text && part->any) {
            any_put(convert, part, indent);
        } else {
            cond_put(convert, part, indent);
        }
    }
}

static void block_put(cc_convert_t *convert, const cc_cond_t *cond, const char *indent)
{
    cc_convert_put(convert, "%s<RequireAny>", indent);
    any_put(convert, cond, apr_pstrcat(convert->pool, indent, "    ", NULL));
    cc_convert_put(convert, "%s</RequireAny>", indent);
}

static void cond_put(cc_convert_t *convert, const cc_cond_t *cond, const char *indent)
{
    apr_pool_t *p = convert->pool;
    apr_array_header_t *texts = apr_array_make(p, 8, sizeof(const char *));
    apr_array_header_t *others = apr_array_make(p, 8, sizeof(const cc_cond_t *));
    const char *inner = indent;
    bool several = false;

    all_collect(cond, texts, others, p);
    several = others->nelts > 1 || (others->nelts == 1 && texts->nelts > 0);
    if (several) {
        cc_convert_put(convert, "%s<RequireAll>", indent);
        inner = apr_pstrcat(p, indent, "    ", NULL);
    }
    if (texts->nelts > 0 || others->nelts == 0) {
        cc_convert_put(convert, "%sRequire clientcert%s", inner, apr_array_pstrcat(p, texts, 0));
    }
    for (int i = 0; i < others->nelts; i++) {
        block_put(convert, APR_ARRAY_IDX(others, i, const cc_cond_t *), inner);
    }
    if (several) {
        cc_convert_put(convert, "%s</RequireAll>", indent);
    }
}

/* ---- the input ----------------------------------------------------------------------------- */

static void expression_convert(cc_convert_t *convert, int line, const char *text,
                               const char *expression, cc_expr_dialect_t dialect)
{
    apr_pool_t *p = convert->pool;
    const char *reason = NULL;
    const cc_expr_t *expr = NULL;
    const cc_cond_t *cond = NULL;

    if (strstr(expression, "${")) {
        reason = "httpd replaces ${...} before it reads the expression; write its value instead";
    } else if ((expr = cc_expr_read(expression, dialect, &reason, p))) {
        cond = cc_cond_of(expr, &reason, p);
    }
    if (!cond) {
        cc_convert_leave(convert, line, text, reason);
        return;
    }
    cc_convert_put(convert, "# line %d: %s", line, cc_convert_shown(text, p));
    cond_put(convert, cond, "");
    convert->converted++;
}

/* Moves *at behind this word, in any case; false: the text does not begin with it. */
static bool skip_word(const char **at, const char *word)
{
    size_t len = strlen(word);

    if (strncasecmp(*at, word, len) != 0 || ((*at)[len] && !strchr(" \t", (*at)[len]))) {
        return false;
    }
    *at += len;
    *at += strspn(*at, " \t");
    return true;
}

/* httpd removes quotes around the whole expression. */
static const char *unquoted(const char *text, apr_pool_t *p)
{
    size_t len = strlen(text);

    return len > 1 && *text == '"' && text[len - 1] == '"' ? apr_pstrmemdup(p, text + 1, len - 2)
                                                           : text;
}

/* In <RequireNone>, a condition that is stricter than the old one would admit more clients. */
static bool is_negated(int *depth, const char *text)
{
    if (strncasecmp(text, "<RequireNone", 12) == 0) {
        (*depth)++;
    } else if (strncasecmp(text, "</RequireNone", 13) == 0 && *depth > 0) {
        (*depth)--;
    }
    return *depth > 0;
}

/* `text` is a Require, and `at` what follows this word. False: it does not concern certificates. */
static bool require_convert(cc_convert_t *convert, int line, const char *text, const char *at)
{
    if (skip_word(&at, "expr")) {
        expression_convert(convert, line, text, unquoted(at, convert->pool), CC_EXPR_REQUIRE);
    } else if (skip_word(&at, "ssl-verify-client")) {
        cc_convert_put(convert, "# line %d: Require ssl-verify-client", line);
        cc_convert_put(convert, "Require clientcert");
        convert->converted++;
    } else if (skip_word(&at, "not") &&
               (skip_word(&at, "expr") || skip_word(&at, "ssl-verify-client"))) {
        cc_convert_leave(convert, line, text,
                         "Require not is not converted; negate the expression");
    } else {
        return false;
    }
    return true;
}

static void directive_convert(cc_convert_t *convert, int line, char *text, void *baton)
{
    const char *at = text;
    bool negated = is_negated(baton, text);
    bool sslrequire = skip_word(&at, "SSLRequire");

    if (negated && (sslrequire || strstr(text, "SSL_") || strstr(text, "ssl-verify-client"))) {
        cc_convert_leave(convert, line, text, "a condition in <RequireNone> is not converted");
        return;
    }
    if (sslrequire) {
        expression_convert(convert, line, text, at, CC_EXPR_SSLREQUIRE);
        return;
    }
    if (skip_word(&at, "Require") && require_convert(convert, line, text, at)) {
        return;
    }
    if (strstr(text, "SSL_CLIENT_")) {
        cc_convert_leave(
            convert, line, text,
            "only SSLRequire, Require expr and Require ssl-verify-client are converted");
    }
}

/* Joins lines that end with a backslash; the empty lines that follow keep the numbers right. */
static const char *joined(const char *text, apr_pool_t *p)
{
    char *copy = apr_palloc(p, strlen(text) + 1);
    char *to = copy;
    size_t owed = 0;

    for (; *text; text++) {
        if (*text == '\\' && (text[1] == '\n' || (text[1] == '\r' && text[2] == '\n'))) {
            text += text[1] == '\r' ? 2 : 1;
            owed++;
            continue;
        }
        *to++ = *text;
        for (; *text == '\n' && owed > 0; owed--) {
            *to++ = '\n';
        }
    }
    *to = '\0';
    return copy;
}

apr_status_t cc_convert_sslrequire(cc_convert_t *convert, const char *text)
{
    int none_depth = 0; /* of <RequireNone> */

    cc_convert_put(convert, "# Conditions of mod_ssl, as conditions on verified certificates.");
    cc_convert_put(convert, "# SSLRequire applies in addition to each Require of its section: put "
                            "both into a <RequireAll>.");
    cc_convert_lines(convert, joined(text, convert->pool), directive_convert, &none_depth);
    return convert->converted + convert->left->nelts > 0
               ? APR_SUCCESS
               : cc_convert_nothing(convert,
                                    "SSLRequire, Require expr or Require ssl-verify-client");
}
