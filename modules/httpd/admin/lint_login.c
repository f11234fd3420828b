/* SPDX-License-Identifier: Apache-2.0 */
/* Finds directives that need a login beside the certificate, where nothing asks for one. */
#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/conf/view.h"

static cc_line_state_t judge_login(cc_lint_t *lint, const cc_conf_view_t *view,
                                   const cc_place_t *place, const void *baton)
{
    (void)lint;
    (void)place;
    (void)baton;
    return view->may_log_in || view->main->may_log_in ? CC_LINE_FINE : CC_LINE_FAULT;
}

void cc_lint_same_user(cc_lint_t *lint, const cc_line_t *line)
{
    if (cc_lint_culprit(lint, line, judge_login, NULL)) {
        cc_lint_add(lint, "CC0716", line->where,
                    "this admits no client, because no AuthType asks for a login beside the "
                    "certificate: add \"AuthType Basic\", for example, or use \"Require "
                    "clientcert-user\"");
    }
}

void cc_lint_auth(cc_lint_t *lint, const cc_line_t *line)
{
    if (!strcasecmp(cc_line_directive(line)->args, "Fallback") &&
        cc_lint_culprit(lint, line, judge_login, NULL)) {
        cc_lint_add(lint, "CC0717", line->where,
                    "Fallback is the same as On here, because no AuthType asks for another login: "
                    "add \"AuthType Basic\", for example, or write \"ClientCertAuth On\"");
    }
}
