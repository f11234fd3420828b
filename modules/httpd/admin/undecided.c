/* SPDX-License-Identifier: Apache-2.0 */
/* Finds directives that make the access of a client depend on more than a query knows. */
#include <string.h>

#include <apr_strings.h>

#include "httpd/admin/access_lines.h"
#include "httpd/admin/certain.h"
#include "httpd/admin/dry_run.h"
#include "httpd/admin/undecided.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"

/* ---- what is found ------------------------------------------------------------------------- */

void cc_undecided_add(apr_array_header_t *depends, const char *what, const char *reason)
{
    const char *text = apr_pstrcat(depends->pool, what, ": ", reason, NULL);

    if (!ap_array_str_contains(depends, text)) {
        APR_ARRAY_PUSH(depends, const char *) = text;
    }
}

void cc_undecided_line_add(apr_array_header_t *depends, const cc_access_line_t *line,
                           const char *reason)
{
    cc_undecided_add(depends, cc_access_line_text(line->directive, depends->pool), reason);
}

/* ---- sections ------------------------------------------------------------------------------ */

/*
 * The beginnings of the names of directives that matter for access. Rules in such sections have a
 * note of their own (explain.c).
 */
static const char *const names[] = {"Require",   "<Require",    "Auth",       "ClientCertAuth",
                                    "Satisfy",   "Order",       "Allow",      "Deny",
                                    "<Limit",    "SSLRequire",  "SSLOptions", "SSLVerifyClient",
                                    "SSLCipher", "SSLUserName", "LuaHook"};

static bool is_about_access(const ap_directive_t *directive)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!strncasecmp(directive->directive, names[i], strlen(names[i]))) {
            return true;
        }
    }
    return false;
}

static bool any_about_access(const ap_directive_t *directive)
{
    while (directive && !is_about_access(directive) && !any_about_access(directive->first_child)) {
        directive = directive->next;
    }
    return directive != NULL;
}

static bool is_certain(const ap_directive_t *section, apr_pool_t *p)
{
    const char *end = strrchr(section->args, '>');
    const char *args = end ? apr_pstrmemdup(p, section->args, end - section->args) : section->args;

    return cc_certain_expression(ap_getword_conf(p, &args), false);
}

/* <ElseIf> and <Else> follow an <If>, and depend on its condition, too. */
static bool sections_find(apr_array_header_t *depends, const apr_array_header_t *lines)
{
    bool certain = true, found = false;

    for (int i = 0; i < lines->nelts; i++) {
        const cc_access_line_t *line = &APR_ARRAY_IDX(lines, i, cc_access_line_t);

        if (line->kind != CC_LINE_IF) {
            continue;
        }
        certain = (certain || !strcasecmp(line->directive->directive, "<If")) &&
                  is_certain(line->directive, depends->pool);
        if (!certain && any_about_access(line->directive->first_child)) {
            cc_undecided_line_add(depends, line,
                                  "its condition depends on more than the identity and the path");
            found = true;
        }
    }
    return found;
}

/* ---- other modules ------------------------------------------------------------------------- */

bool cc_undecided_rewriting(apr_array_header_t *depends, const request_rec *r)
{
    const char *name = cc_dry_request_of(r)->asked_ssl;

    if (name) {
        cc_undecided_add(depends, apr_pstrcat(depends->pool, "%{SSL:", name, "}", NULL),
                         "a RewriteCond asks for it, and its value is not known here");
    }
    return name != NULL;
}

bool cc_undecided_find(apr_array_header_t *depends, const request_rec *r)
{
    const apr_array_header_t *lines = cc_access_lines(r);
    const cc_dir_t *dir = cc_dir_of(r);
    bool ours = dir->rules && dir->auth != 0;
    bool found = sections_find(depends, lines);

    for (int i = 0; i < lines->nelts; i++) {
        const cc_access_line_t *line = &APR_ARRAY_IDX(lines, i, cc_access_line_t);
        bool user = line->kind == CC_LINE_SSL_USER;

        if (line->kind == CC_LINE_LUA || (user && !ours)) {
            cc_undecided_line_add(depends, line,
                                  user ? "it may set the user" : "its script was not run");
            found = true;
        }
    }
    return found;
}
