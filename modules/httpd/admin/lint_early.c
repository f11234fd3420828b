/* SPDX-License-Identifier: Apache-2.0 */
/* Finds directives that use the user or its variables before they are set. */
/*
 * The user and the variables are set in the access phase, after mod_ssl. httpd evaluates <If> and
 * SetEnvIf earlier, also in sections. So does mod_ssl with SSLRequire, mod_headers with "early",
 * and mod_rewrite with all rules that are not in sections.
 */

#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/admin/lint_rulesets.h"
#include "httpd/conf/module.h"
#include "httpd/conf/view.h"

/* ---- too early ----------------------------------------------------------------------------- */

/* A use of the user or of a variable. */
typedef struct cc_early_use_t {
    const char *name;    /* as in the directive; NULL: there is none */
    const char *when;    /* the directive is early, as a phrase that follows its name; "": always */
    const char *instead; /* what to write */
    bool in_sections;    /* it is early in sections, too */
} cc_early_use_t;

static cc_line_state_t judge_early(cc_lint_t *lint, const cc_conf_view_t *view,
                                   const cc_place_t *place, const void *baton)
{
    const cc_early_use_t *use = baton;

    if ((place->section && !use->in_sections) || !cc_conf_view_has_clients(view)) {
        return CC_LINE_ASIDE;
    }
    return cc_lint_has_rules(lint, view) ? CC_LINE_FAULT : CC_LINE_ASIDE;
}

static void early_check(cc_lint_t *lint, const cc_line_t *line, const cc_early_use_t *use)
{
    if (use->name && cc_lint_culprit(lint, line, judge_early, use)) {
        cc_lint_add(lint, "CC0730", line->where,
                    "%s%s runs before the user is known, so %s is empty here: %s",
                    cc_line_directive(line)->directive, use->when, use->name, use->instead);
    }
}

/* "%{LA-U:REMOTE_USER}", which looks ahead, contains none of these names. */
static const char *name_in(const char *args)
{
    static const struct {
        const char *text, *shown;
    } names[] = {
        {"%{ENV:CLIENTCERT_", "%{ENV:CLIENTCERT_...}"},
        {"env('CLIENTCERT_", "reqenv('CLIENTCERT_...')"},
        {"%{REMOTE_USER}", "%{REMOTE_USER}"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (ap_strcasestr(args, names[i].text)) {
            return names[i].shown;
        }
    }
    return NULL;
}

void cc_lint_rewrite(cc_lint_t *lint, const cc_line_t *line)
{
    cc_early_use_t use = {
        .name = name_in(cc_line_directive(line)->args),
        .when = " outside of a section",
        .instead = "move it to a <Location> or <Directory>, or use "
                   "RewriteCond expr \"clientcert('user') == '...'\"",
    };

    cc_lint_verify_condition(lint, line);
    early_check(lint, line, &use);
}

void cc_lint_early_expression(cc_lint_t *lint, const cc_line_t *line)
{
    cc_early_use_t use = {
        .name = name_in(cc_line_directive(line)->args),
        .when = "",
        .instead = "use \"clientcert('user') == '...'\"",
        .in_sections = true,
    };

    early_check(lint, line, &use);
}

void cc_lint_ssl_require(cc_lint_t *lint, const cc_line_t *line)
{
    cc_early_use_t use = {
        .name = name_in(cc_line_directive(line)->args),
        .when = "",
        .instead = "use \"Require clientcert-user\" or \"Require clientcert-group\"",
        .in_sections = true,
    };

    cc_lint_verify_condition(lint, line);
    early_check(lint, line, &use);
}

/* The attribute is a header, a property of the request, or a variable that was set before. */
void cc_lint_set_env_if(cc_lint_t *lint, const cc_line_t *line)
{
    const char *args = cc_line_directive(line)->args;
    const char *attribute = ap_getword_conf(lint->pool, &args);
    cc_early_use_t use = {
        .when = "",
        .instead = "use SetEnvIfExpr \"clientcert('user') == '...'\"",
        .in_sections = true,
    };

    if (!strncasecmp(attribute, "CLIENTCERT_", 11) || !strcasecmp(attribute, "Remote_User")) {
        use.name = attribute;
    }
    early_check(lint, line, &use);
}

static bool ends_with_early(const char *args, apr_pool_t *p)
{
    const char *word, *last = "";

    while (*(word = ap_getword_conf(p, &args))) {
        last = word;
    }
    return !strcasecmp(last, "early");
}

void cc_lint_header(cc_lint_t *lint, const cc_line_t *line)
{
    const char *args = cc_line_directive(line)->args;
    cc_early_use_t use = {
        .name = ap_strcasestr(args, "%{CLIENTCERT_") ? "%{CLIENTCERT_...}e" : name_in(args),
        .when = " with \"early\"",
        .instead = "remove \"early\"",
    };

    if (use.name && ends_with_early(args, lint->pool)) {
        early_check(lint, line, &use);
    }
}
