/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds directives of mod_ssl that set a user, or test a certificate, where rules are in effect,
 * and one of mod_authz_svn that ignores users from certificates.
 */

#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/admin/lint_rulesets.h"
#include "httpd/conf/view.h"

static cc_line_state_t judge_ruled(cc_lint_t *lint, const cc_conf_view_t *view,
                                   const cc_place_t *place, const void *baton)
{
    (void)baton;
    return cc_lint_ruled(lint, view, place) ? CC_LINE_FAULT : CC_LINE_FINE;
}

/* With ClientCertAuth Off, the user of mod_ssl remains that of the request. */
static cc_line_state_t judge_user_name(cc_lint_t *lint, const cc_conf_view_t *view,
                                       const cc_place_t *place, const void *baton)
{
    if (view->user_off || view->main->user_off) {
        return CC_LINE_FINE;
    }
    return judge_ruled(lint, view, place, baton);
}

void cc_lint_user_name(cc_lint_t *lint, const cc_line_t *line)
{
    if (cc_lint_culprit(lint, line, judge_user_name, NULL)) {
        cc_lint_add(
            lint, "CC0725", line->where,
            "SSLUserName has no effect where rules are in effect: remove it, and add a rule "
            "such as ClientCertMap issuer == \"...\" user=%%{subject.CN}");
    }
}

static cc_line_state_t judge_basic(cc_lint_t *lint, const cc_conf_view_t *view,
                                   const cc_place_t *place, const void *baton)
{
    if (!view->asks_passwords && !view->main->asks_passwords) {
        return CC_LINE_FINE;
    }
    return judge_user_name(lint, view, place, baton);
}

static bool fakes_passwords(const char *words, apr_pool_t *p)
{
    const char *word;

    while (*(word = ap_getword_conf(p, &words))) {
        if (!strcasecmp(word + (*word == '+'), "FakeBasicAuth")) {
            return true;
        }
    }
    return false;
}

void cc_lint_options(cc_lint_t *lint, const cc_line_t *line)
{
    if (fakes_passwords(cc_line_directive(line)->args, lint->pool) &&
        cc_lint_culprit(lint, line, judge_basic, NULL)) {
        cc_lint_add(lint, "CC0726", line->where,
                    "with FakeBasicAuth, a certificate that no rule maps can still log in where a "
                    "password is asked for: remove it; user=%%{subject|legacy} gives the same "
                    "names");
    }
}

/* ---- conditions on the verification by mod_ssl, where rules are in effect ------------------- */

void cc_lint_verify_condition(cc_lint_t *lint, const cc_line_t *line)
{
    const char *args = cc_line_directive(line)->args;

    if ((ap_strcasestr(args, "SSL_CLIENT_VERIFY") || ap_strcasestr(args, "ssl-verify-client")) &&
        cc_lint_culprit(lint, line, judge_ruled, NULL)) {
        cc_lint_add(
            lint, "CC0737", line->where,
            "this tests only whether mod_ssl has verified the certificate: it also holds for "
            "a certificate that a rule denies, or that no rule maps; use \"Require "
            "clientcert-user\", \"Require clientcert-group\" or \"Require valid-user\"");
    }
}

/* ---- Subversion ----------------------------------------------------------------------------- */

/*
 * With Off, mod_authz_svn checks its file only in the phase after a login. httpd skips that phase
 * if Require is met without one, as it is by a user from a certificate.
 */
void cc_lint_svn_anonymous(cc_lint_t *lint, const cc_line_t *line)
{
    if (!strcasecmp(cc_line_directive(line)->args, "Off") &&
        cc_lint_culprit(lint, line, judge_user_name, NULL)) {
        cc_lint_add(lint, "CC0718", line->where,
                    "AuthzSVNAnonymous Off gives every mapped user access to all paths: Subversion "
                    "then checks its file of permissions only after a login, and a certificate "
                    "needs none; remove this line");
    }
}
