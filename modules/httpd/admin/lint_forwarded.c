/* SPDX-License-Identifier: Apache-2.0 */
/* Finds mistakes where proxies pass on certificates: who is trusted, and whose certificate counts.
 */
/*
 * mod_ssl knows the certificate of the connection alone: that of the proxy, or none. A directive of
 * mod_ssl that was written for the clients gives them nothing, or the proxy's name to all of them.
 */
#include <string.h>

#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/admin/lint_rulesets.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/view.h"
#include "rules/rules.h"

static bool is(const cc_line_t *line, const char *name)
{
    return !strcasecmp(cc_line_directive(line)->directive, name);
}

/* ---- directives of mod_ssl ------------------------------------------------------------------- */

/* A condition on SSL_CLIENT_..., or a value made of it: never about the client. */
static cc_line_state_t judge_value(cc_lint_t *lint, const cc_conf_view_t *view,
                                   const cc_place_t *place, const void *baton)
{
    (void)lint;
    (void)place;
    (void)baton;
    if (!view->takes_forwarded) {
        return view->tls == CC_TLS_OFF ? CC_LINE_ASIDE : CC_LINE_FINE;
    }
    return CC_LINE_FAULT;
}

/* Something that is made of a certificate: nothing, where the connection has none. */
static cc_line_state_t judge_made(cc_lint_t *lint, const cc_conf_view_t *view,
                                  const cc_place_t *place, const void *baton)
{
    if (view->tls == CC_TLS_OFF || view->verify_client == CC_VERIFY_NONE) {
        return CC_LINE_ASIDE;
    }
    return judge_value(lint, view, place, baton);
}

/* Where rules are in effect, mod_ssl sets no user, unless ClientCertAuth is Off. */
static cc_line_state_t judge_user(cc_lint_t *lint, const cc_conf_view_t *view,
                                  const cc_place_t *place, const void *baton)
{
    bool user_off = view->user_off || view->main->user_off;

    return cc_lint_ruled(lint, view, place) && !user_off ? CC_LINE_ASIDE
                                                         : judge_made(lint, view, place, baton);
}

static bool sets_option(const cc_line_t *line, const char *option, apr_pool_t *p)
{
    const char *words = cc_line_directive(line)->args, *word;

    while (*(word = ap_getword_conf(p, &words))) {
        if (!strcasecmp(word + (*word == '+'), option)) {
            return true;
        }
    }
    return false;
}

static void other_certificate(cc_lint_t *lint, const cc_line_t *line, cc_line_judge_fn *judge,
                              const char *instead)
{
    if (cc_lint_culprit(lint, line, judge, NULL)) {
        cc_lint_add(lint, "CC0780", line->where,
                    "this is about the certificate of the connection, not about that of the "
                    "client, which a proxy passes on (ClientCertHeader): %s",
                    instead);
    }
}

static void options_check(cc_lint_t *lint, const cc_line_t *line)
{
    if (sets_option(line, "StdEnvVars", lint->pool)) {
        other_certificate(lint, line, judge_made, "use ClientCertExport");
    }
    if (sets_option(line, "FakeBasicAuth", lint->pool)) {
        other_certificate(lint, line, judge_user, "remove FakeBasicAuth, and write rules");
    }
}

void cc_lint_forwarded(cc_lint_t *lint, const cc_line_t *line)
{
    const char *args = cc_line_directive(line)->args;

    if (is(line, "SSLOptions")) {
        options_check(lint, line);
    } else if (is(line, "SSLUserName")) {
        other_certificate(lint, line, judge_user, "remove it, and write rules");
    } else if (is(line, "Header") || is(line, "RequestHeader")) {
        if (ap_strcasestr(args, "%{SSL_CLIENT_")) {
            other_certificate(lint, line, judge_value,
                              "use %{CLIENTCERT_NAME}e (ClientCertExport)");
        }
    } else if (ap_strcasestr(args, "SSL_CLIENT_") || ap_strcasestr(args, "ssl-verify-client")) {
        other_certificate(lint, line, judge_value,
                          "use \"Require clientcert\", or clientcert('...') in expressions");
    }
}

/* ---- rules about the connection -------------------------------------------------------------- */

static bool takes_headers_alone(const cc_conf_view_t *view)
{
    return view->takes_forwarded && view->tls == CC_TLS_OFF;
}

/* Rules of the main server may count in all servers. */
static bool all_take_headers_alone(const cc_lint_t *lint)
{
    bool some = false;

    for (int i = 0; i < lint->views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *);

        if (cc_conf_view_has_clients(view) && !takes_headers_alone(view)) {
            return false;
        }
        some = some || takes_headers_alone(view);
    }
    return some;
}

void cc_lint_forwarded_rules(cc_lint_t *lint)
{
    bool all = all_take_headers_alone(lint);

    for (int i = 0; i < lint->judged->nelts; i++) {
        const cc_ruleset_t *ruleset = &APR_ARRAY_IDX(lint->judged, i, cc_ruleset_t);
        const cc_conf_view_t *view = cc_conf_view_of(lint->server, ruleset->server);

        if (ruleset->server == lint->server ? all : view && takes_headers_alone(view)) {
            apr_array_cat(lint->findings, cc_rules_lint_connection(ruleset->rules, lint->pool));
        }
    }
}
