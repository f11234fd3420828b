/* SPDX-License-Identifier: Apache-2.0 */
/* Finds expressions that admit a client because its certificate gives no identity. */
/*
 * In an expression, a client without an identity has an empty user and no groups, so it looks like
 * a client that is not banned: a term that tests clientcert() for inequality is true for it. The
 * expression is scanned once, term by term, without parsing it in full. Each pair of parentheses
 * records whether it is negated as a whole. A term is suspect if it uses clientcert() and an odd
 * number of negations is in effect: "!" before or around the term, "!=", "ne" or "-z" in it, an
 * empty string next to "==". What the scan cannot follow is not reported.
 */
#include <apr_lib.h>
#include <apr_strings.h>

#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/conf/module.h"
#include "httpd/request/authz.h"

/* ---- how an expression is read ------------------------------------------------------------- */

#define DEPTH_MAX 32

/* The content of a pair of parentheses, term by term: "&&" and "||" end a term. */
typedef struct cc_group_state_t {
    bool call;     /* these are the parentheses of a function, which contain no terms */
    bool negated;  /* an odd number of negations surrounds it */
    bool inverted; /* the term is negated: "!" before it, "!=" in it, "-z", an empty string */
    bool asks;     /* the term uses clientcert() */
} cc_group_state_t;

typedef struct cc_expression_scan_t {
    const char *at;
    cc_group_state_t groups[DEPTH_MAX];
    int depth;
    bool after_name; /* after a name: a "(" would begin the arguments of a function */
    bool found;
} cc_expression_scan_t;

/* The pair of parentheses that the current term belongs to. */
static cc_group_state_t *group_of(cc_expression_scan_t *scan)
{
    int i = scan->depth;

    while (i > 0 && scan->groups[i].call) {
        i--;
    }
    return &scan->groups[i];
}

static void term_end(cc_expression_scan_t *scan)
{
    cc_group_state_t *group = group_of(scan);

    if (group->asks && group->negated != group->inverted) {
        scan->found = true;
    }
    group->asks = group->inverted = false;
}

static void group_begin(cc_expression_scan_t *scan)
{
    cc_group_state_t *outer = group_of(scan);
    cc_group_state_t inner = {.call = scan->after_name,
                              .negated = outer->negated != outer->inverted};

    if (!inner.call) {
        outer->inverted = false;
    }
    if (scan->depth + 1 < DEPTH_MAX) {
        scan->groups[++scan->depth] = inner;
    } else {
        scan->at = ""; /* too deep to judge */
    }
}

static void group_end(cc_expression_scan_t *scan)
{
    if (!scan->groups[scan->depth].call) {
        term_end(scan);
    }
    scan->depth -= scan->depth > 0;
}

/* The text after a string that ends with this character; a backslash escapes the next one. */
static const char *behind(const char *text, char end)
{
    while (*text && *text != end) {
        text += *text == '\\' && text[1] ? 2 : 1;
    }
    return *text ? text + 1 : text;
}

static void quoted_read(cc_expression_scan_t *scan)
{
    const char *begin = scan->at + 1;
    const char *variable = strstr(begin, "%{clientcert:");

    scan->at = behind(begin, *scan->at);
    if (variable && variable < scan->at) {
        group_of(scan)->asks = true;
    }
    if (scan->at == begin + 1) {
        group_of(scan)->inverted = !group_of(scan)->inverted;
    }
}

/* The pattern after =~ and !~: /.../ or m#...#. A backslash does not escape its end. */
static void pattern_skip(cc_expression_scan_t *scan)
{
    while (apr_isspace(*scan->at)) {
        scan->at++;
    }
    if (*scan->at == 'm' && apr_ispunct(scan->at[1])) {
        scan->at++;
    }
    if (apr_ispunct(*scan->at)) {
        const char *end = strchr(scan->at + 1, *scan->at);

        scan->at = end ? end + 1 : "";
    }
}

static bool is_name(char c)
{
    return apr_isalnum(c) || c == '_' || c == '-';
}

static void name_read(cc_expression_scan_t *scan)
{
    static const char *const inverting[] = {"ne", "-ne", "-z", NULL};
    const char *begin = scan->at;
    apr_size_t len;

    while (is_name(*scan->at)) {
        scan->at++;
    }
    len = (apr_size_t)(scan->at - begin);
    if (len == 10 && !strncasecmp(begin, "clientcert", len)) {
        group_of(scan)->asks = true;
    }
    for (int i = 0; inverting[i]; i++) {
        if (strlen(inverting[i]) == len && !strncasecmp(begin, inverting[i], len)) {
            group_of(scan)->inverted = !group_of(scan)->inverted;
            return;
        }
    }
    scan->after_name = *begin != '-';
}

static void operator_read(cc_expression_scan_t *scan)
{
    char first = scan->at[0], second = scan->at[1];
    bool doubled = first != '!' && second == first; /* "!!" negates twice */

    if (first == '!') {
        group_of(scan)->inverted = !group_of(scan)->inverted;
    } else if ((first == '&' || first == '|') && doubled) {
        term_end(scan);
    }
    scan->at += second == '=' || second == '~' || doubled ? 2 : 1;
    if (second == '~') {
        pattern_skip(scan);
    }
}

static void token_read(cc_expression_scan_t *scan)
{
    bool after_name = scan->after_name;

    if (apr_isspace(*scan->at)) {
        scan->at++;
        return;
    }
    scan->after_name = false;
    if (*scan->at == '\'' || *scan->at == '"') {
        quoted_read(scan);
    } else if (*scan->at == '(' || *scan->at == ')') {
        bool begins = *scan->at++ == '(';

        scan->after_name = after_name;
        begins ? group_begin(scan) : group_end(scan);
        scan->after_name = false;
    } else if (is_name(*scan->at)) {
        name_read(scan);
    } else if (strchr("!=&|", *scan->at)) {
        operator_read(scan);
    } else {
        scan->at++;
    }
}

/*
 * True if the expression holds for a client without an identity; with `negated`, if it does not
 * hold.
 */
static bool lets_unmapped_in(const char *expression, bool negated)
{
    cc_expression_scan_t scan = {.at = expression, .groups = {{.negated = negated}}};

    while (*scan.at) {
        token_read(&scan);
    }
    while (scan.depth > 0) {
        group_end(&scan);
    }
    term_end(&scan);
    return scan.found;
}

/* ---- lines with expressions ---------------------------------------------------------------- */

static void finding_add(cc_lint_t *lint, const cc_line_t *line)
{
    cc_lint_add(lint, "CC0727", line->where,
                "this also admits a certificate that gives no identity: in an expression, it looks "
                "like one "
                "that is not banned; use \"Require not clientcert-group\" (or clientcert-user, or "
                "clientcert "
                "with conditions) in <RequireAll>");
}

/* mod_authz_core removes quotes around the whole expression. */
static const char *unquoted(const char *text, apr_pool_t *p)
{
    apr_size_t len = strlen(text);

    return len > 1 && text[0] == '"' && text[len - 1] == '"' ? apr_pstrndup(p, text + 1, len - 2)
                                                             : text;
}

void cc_lint_require_expr(cc_lint_t *lint, const cc_line_t *line, const char *expression)
{
    bool negated = cc_authz_negated(cc_line_directive(line), lint->pool);

    if (lets_unmapped_in(unquoted(expression, lint->pool), negated)) {
        finding_add(lint, line);
    }
}

/* The first Require of a section; NULL: the section may not concern access control. */
static const ap_directive_t *require_in(const ap_directive_t *directive)
{
    const ap_directive_t *found = NULL;

    for (; directive && !found; directive = directive->next) {
        found = !strcasecmp(directive->directive, "Require") ? directive
                                                             : require_in(directive->first_child);
    }
    return found;
}

void cc_lint_if(cc_lint_t *lint, const cc_line_t *line)
{
    const ap_directive_t *section = cc_line_directive(line);
    const ap_directive_t *require = require_in(section->first_child);
    const char *end = strrchr(section->args, '>');
    const char *args =
        end ? apr_pstrmemdup(lint->pool, section->args, (apr_size_t)(end - section->args))
            : section->args;

    cc_lint_early_expression(lint, line);
    if (*args == '"') {
        args = ap_getword_conf(lint->pool, &args);
    }
    if (require) {
        cc_lint_verify_condition(lint, line);
    }
    if (require && lets_unmapped_in(args, !strcasecmp(require->args, "all denied"))) {
        finding_add(lint, line);
    }
}
