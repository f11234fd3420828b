/* SPDX-License-Identifier: Apache-2.0 */
/* Finds rewrite rules that use the user or its variables before they are set. */

#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/admin/lint_rulesets.h"
#include "httpd/conf/module.h"
#include "httpd/conf/view.h"

/* mod_rewrite runs rules in sections in the fixups phase, and all others much earlier. */
static cc_line_state_t judge_early(cc_lint_t *lint, const cc_conf_view_t *view,
                                   const cc_place_t *place, const void *baton)
{
    (void)baton;
    if (place->section || view->tls == CC_TLS_OFF) {
        return CC_LINE_ASIDE;
    }
    return cc_lint_has_rules(lint, view) ? CC_LINE_FAULT : CC_LINE_ASIDE;
}

/* "%{LA-U:REMOTE_USER}", which looks ahead, contains none of these names. */
static const char *early_name(const char *args)
{
    static const char *const names[] = {"%{ENV:CLIENTCERT_", "%{REMOTE_USER}"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (ap_strcasestr(args, names[i])) {
            return i == 0 ? "%{ENV:CLIENTCERT_...}" : names[i];
        }
    }
    return NULL;
}

void cc_lint_rewrite(cc_lint_t *lint, const cc_line_t *line)
{
    const ap_directive_t *directive = cc_line_directive(line);
    const char *name = early_name(directive->args);

    cc_lint_verify_condition(lint, line);
    if (name && cc_lint_culprit(lint, line, judge_early, NULL)) {
        cc_lint_add(lint, "CC0730", line->where,
                    "%s outside of a section runs before the user is known, so %s is empty here: "
                    "move it to a <Location> or <Directory>, or use "
                    "RewriteCond expr \"clientcert('user') == '...'\"",
                    directive->directive, name);
    }
}
