/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the expressions of SSLRequire and Require expr, as far as they can be converted. */

/* The grammar is that of httpd's server/util_expr_parse.y and util_expr_scan.l. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "convert/expression.h"

#define DEPTH_MAX 50

typedef struct {
    const char *at;
    cc_expr_dialect_t dialect;
    const char *reason; /* NULL: no fault so far */
    int depth;
    apr_pool_t *pool;
} scanner_t;

static void fault(scanner_t *s, const char *reason)
{
    s->reason = s->reason ? s->reason : reason;
}

/* ---- words --------------------------------------------------------------------------------- */

static void spaces_skip(scanner_t *s)
{
    s->at += strspn(s->at, " \t\n");
}

/* Skips this word or sign if it is next; letters must not continue it. */
static bool skip(scanner_t *s, const char *word)
{
    size_t len = strlen(word);

    spaces_skip(s);
    if (strncmp(s->at, word, len) != 0 ||
        (apr_isalpha(word[0]) && (apr_isalnum(s->at[len]) || s->at[len] == '_'))) {
        return false;
    }
    s->at += len;
    return true;
}

static const char *string_read(scanner_t *s)
{
    char quote = *s->at++;
    char *text = apr_palloc(s->pool, strlen(s->at) + 1);
    char *to = text;

    for (; *s->at && *s->at != quote; s->at++) {
        if (*s->at == '\\' && (apr_isalnum(s->at[1]) || !s->at[1])) {
            fault(s, "a string with this escape sequence is not converted");
            return NULL;
        }
        s->at += *s->at == '\\';
        *to++ = *s->at;
    }
    *to = '\0';
    if (*s->at != quote) {
        fault(s, "a quote is not closed");
        return NULL;
    }
    s->at++;
    return text;
}

/* %{NAME}, from its name on. */
static const char *name_read(scanner_t *s)
{
    size_t len = strcspn(s->at, "}");
    const char *name = apr_pstrmemdup(s->pool, s->at, len);

    if (s->at[len] != '}') {
        fault(s, "a variable is not closed");
        return NULL;
    }
    s->at += len + 1;
    if (strncmp(name, "SSL:", 4) == 0) {
        name += 4;
    }
    if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") !=
        strlen(name)) {
        fault(s, "a function is not converted");
    }
    return name;
}

/* A string or a number. */
static const char *literal_read(scanner_t *s)
{
    const char *text = NULL;

    spaces_skip(s);
    if (*s->at == '"' || *s->at == '\'') {
        text = string_read(s);
    } else if (apr_isdigit(*s->at)) {
        size_t len = strspn(s->at, "0123456789");

        text = apr_pstrmemdup(s->pool, s->at, len);
        s->at += len;
    } else {
        fault(s, "a variable can be compared only with a string or a number");
    }
    if (text && (strstr(text, "%{") || strchr(text, '$'))) {
        fault(s, "a string with a variable is not converted");
    }
    return text;
}

static const char *variable_read(scanner_t *s)
{
    spaces_skip(s);
    if (strncmp(s->at, "%{", 2) == 0) {
        s->at += 2;
        return name_read(s);
    }
    if (strncmp(s->at, "\"%{", 3) == 0 || strncmp(s->at, "'%{", 3) == 0) {
        char quote = *s->at;
        const char *name = NULL;

        s->at += 3;
        name = name_read(s);
        if (*s->at++ != quote) {
            fault(s, "a string with a variable is not converted");
        }
        return name;
    }
    fault(s,
          strstr(s->at, "PeerExtList(")
              ? "rules read more kinds of strings in an extension than PeerExtList; if this does "
                "not matter, write ext.OID|text == \"...\""
              : "a comparison has to begin with a variable, such as %{SSL_CLIENT_S_DN_O}");
    return NULL;
}

/* /REGEX/ or m#REGEX#, and perhaps i. */
static void pattern_read(scanner_t *s, cc_expr_t *expr)
{
    char end = '/';
    size_t len = 0;

    spaces_skip(s);
    if (*s->at == 'm' && s->at[1] && strchr("/#$%^,;:_?|-!.'\"", s->at[1])) {
        end = *++s->at;
    } else if (*s->at != '/') {
        fault(s, "a pattern is written /.../ or m#...#");
        return;
    }
    while (s->at[1 + len] && s->at[1 + len] != end) {
        len++;
    }
    if (!s->at[1 + len]) {
        fault(s, "the pattern is not closed");
        return;
    }
    expr->pattern = apr_pstrmemdup(s->pool, s->at + 1, len);
    s->at += len + 2;
    expr->nocase = *s->at == 'i';
    s->at += expr->nocase;
}

static void word_add(cc_expr_t *expr, const char *word)
{
    if (word) {
        APR_ARRAY_PUSH(expr->words, const char *) = word;
    }
}

static void list_read(scanner_t *s, cc_expr_t *expr)
{
    if (!skip(s, "{")) {
        fault(s, "a list is written {\"...\", \"...\"}");
        return;
    }
    do {
        word_add(expr, literal_read(s));
    } while (!s->reason && skip(s, ","));
    if (!s->reason && !skip(s, "}")) {
        fault(s, "a list is not closed");
    }
}

/* ---- comparisons --------------------------------------------------------------------------- */

static cc_expr_t *expr_make(scanner_t *s, cc_expr_kind_t kind, cc_expr_t *a, cc_expr_t *b)
{
    cc_expr_t *expr = apr_pcalloc(s->pool, sizeof(*expr));

    expr->kind = kind;
    expr->a = a;
    expr->b = b;
    return expr;
}

/* The operators of the other dialect compare numbers. */
static bool skip_equal(scanner_t *s)
{
    return skip(s, "==") || (s->dialect == CC_EXPR_SSLREQUIRE && (skip(s, "eq") || skip(s, "-eq")));
}

static bool skip_unequal(scanner_t *s)
{
    return skip(s, "!=") || (s->dialect == CC_EXPR_SSLREQUIRE && (skip(s, "ne") || skip(s, "-ne")));
}

static cc_expr_t *comparison_read(scanner_t *s)
{
    cc_expr_t *expr = expr_make(s, CC_EXPR_EQUAL, NULL, NULL);
    bool negated = false;

    expr->variable = variable_read(s);
    expr->words = apr_array_make(s->pool, 4, sizeof(const char *));
    if (s->reason) {
        return NULL;
    }
    if (skip_equal(s) || (negated = skip_unequal(s))) {
        word_add(expr, literal_read(s));
    } else if (skip(s, "=~") || (negated = skip(s, "!~"))) {
        expr->kind = CC_EXPR_MATCHES;
        pattern_read(s, expr);
    } else if (skip(s, "in") || skip(s, "-in")) {
        list_read(s, expr);
    } else if (skip(s, "=")) {
        word_add(expr, literal_read(s));
    } else {
        fault(s, "this operator is not converted; ==, !=, =~, !~ and in are (in SSLRequire also eq "
                 "and ne)");
    }
    return negated ? expr_make(s, CC_EXPR_NOT, expr, NULL) : expr;
}

/* ---- and, or, not -------------------------------------------------------------------------- */

static cc_expr_t *any_read(scanner_t *s);

static cc_expr_t *one_read(scanner_t *s)
{
    cc_expr_t *expr = NULL;

    if (s->depth >= DEPTH_MAX) {
        fault(s, "the expression is nested too deeply");
        return NULL;
    }
    s->depth++;
    if (skip(s, "!") || skip(s, "not")) {
        expr = expr_make(s, CC_EXPR_NOT, one_read(s), NULL);
    } else if (skip(s, "(")) {
        expr = any_read(s);
        if (!s->reason && !skip(s, ")")) {
            fault(s, "a parenthesis is not closed");
        }
    } else {
        expr = comparison_read(s);
    }
    s->depth--;
    return expr;
}

static cc_expr_t *all_read(scanner_t *s)
{
    cc_expr_t *expr = one_read(s);

    while (!s->reason && (skip(s, "&&") || skip(s, "and"))) {
        expr = expr_make(s, CC_EXPR_ALL, expr, one_read(s));
    }
    return expr;
}

static cc_expr_t *any_read(scanner_t *s)
{
    cc_expr_t *expr = all_read(s);

    while (!s->reason && (skip(s, "||") || skip(s, "or"))) {
        expr = expr_make(s, CC_EXPR_ANY, expr, all_read(s));
    }
    return expr;
}

cc_expr_t *cc_expr_read(const char *text, cc_expr_dialect_t dialect, const char **reason,
                        apr_pool_t *p)
{
    scanner_t s = {.at = text, .dialect = dialect, .pool = p};
    cc_expr_t *expr = any_read(&s);

    spaces_skip(&s);
    if (*s.at) {
        fault(&s, apr_pstrcat(p, "it cannot be read from here on: ", s.at, NULL));
    }
    *reason = s.reason;
    return s.reason ? NULL : expr;
}
