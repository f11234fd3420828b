/* SPDX-License-Identifier: Apache-2.0 */
/* Finds rules, CAs and Require where a certificate is never requested, or is requested too late. */
#include <apr_strings.h>

#include "base/text.h"
#include "cert/cert.h"
#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/admin/lint_rulesets.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"

/* ---- rules and Require where no certificate is requested ----------------------------------- */

/* The rules of the main server do not apply to a virtual host with rules of its own. */
static bool is_overridden(const cc_lint_t *lint, const cc_conf_view_t *view,
                          const cc_place_t *place)
{
    return !place->section && place->view != view && cc_lint_ruleset(lint, view);
}

static cc_line_state_t judge_asked(cc_lint_t *lint, const cc_conf_view_t *view,
                                   const cc_place_t *place, const void *baton)
{
    (void)baton;
    if (!cc_conf_view_has_clients(view) || is_overridden(lint, view, place)) {
        return CC_LINE_ASIDE;
    }
    return view->tls == CC_TLS_UNKNOWN || cc_conf_view_ever_verifies(view) ? CC_LINE_FINE
                                                                           : CC_LINE_FAULT;
}

static cc_line_state_t judge_tls(cc_lint_t *lint, const cc_conf_view_t *view,
                                 const cc_place_t *place, const void *baton)
{
    (void)baton;
    if (is_overridden(lint, view, place)) {
        return CC_LINE_ASIDE;
    }
    return cc_conf_view_has_clients(view) ? CC_LINE_FINE : CC_LINE_FAULT;
}

static const char *server_name(const cc_conf_view_t *view, apr_pool_t *p)
{
    const char *name = view->server->server_hostname;

    return name ? cc_text_escape(name, strlen(name), p) : "the server";
}

/* A server that never requests a certificate is reported once, for its first line. */
static bool is_unasked(const cc_lint_t *lint, const cc_conf_view_t *view)
{
    return apr_hash_get(lint->unasked, &view, sizeof(view)) != NULL;
}

static void note_unasked(cc_lint_t *lint, const cc_conf_view_t *view)
{
    apr_hash_set(lint->unasked, apr_pmemdup(lint->pool, &view, sizeof(view)), sizeof(view), view);
}

static void asked_check(cc_lint_t *lint, const cc_line_t *line, cc_line_judge_fn *judge)
{
    const cc_conf_view_t *culprit = cc_lint_culprit(lint, line, judge, NULL);

    if (culprit && !is_unasked(lint, culprit)) {
        note_unasked(lint, culprit);
        cc_lint_add(lint, "CC0720", line->where,
                    "this needs a client certificate, but %s never requests one: set "
                    "\"SSLVerifyClient optional\" on the virtual host",
                    server_name(culprit, lint->pool));
    }
}

void cc_lint_asked(cc_lint_t *lint, const cc_line_t *line)
{
    asked_check(lint, line, judge_asked);
}

/* Without TLS a Require admits no client, which may be intended; a rule has no use. */
void cc_lint_map(cc_lint_t *lint, const cc_line_t *line)
{
    const cc_conf_view_t *culprit = cc_lint_culprit(lint, line, judge_tls, NULL);

    cc_lint_asked(lint, line);
    if (culprit && !is_unasked(lint, culprit)) {
        note_unasked(lint, culprit);
        cc_lint_add(lint, "CC0721", line->where,
                    "this rule needs a client certificate, but %s has no TLS: move the rule to a "
                    "virtual host with \"SSLEngine on\", or name the proxy that terminates TLS, "
                    "with ClientCertHeader and ClientCertTrustedProxy",
                    server_name(culprit, lint->pool));
    }
}

/* ---- CAs where no certificate is requested ------------------------------------------------- */

/* The lines of a virtual host replace those of the main server as a whole. */
static bool is_in_effect(const cc_conf_view_t *view, const cc_place_t *place)
{
    return cc_vhost_conf_of(view->server)->ca_specs ==
           cc_vhost_conf_of(place->view->server)->ca_specs;
}

static cc_line_state_t judge_ca_asked(cc_lint_t *lint, const cc_conf_view_t *view,
                                      const cc_place_t *place, const void *baton)
{
    (void)lint;
    (void)baton;
    if (!cc_conf_view_has_clients(view) || !is_in_effect(view, place)) {
        return CC_LINE_ASIDE;
    }
    return view->tls == CC_TLS_UNKNOWN || cc_conf_view_ever_verifies(view) ? CC_LINE_FINE
                                                                           : CC_LINE_FAULT;
}

static cc_line_state_t judge_ca_tls(cc_lint_t *lint, const cc_conf_view_t *view,
                                    const cc_place_t *place, const void *baton)
{
    (void)lint;
    (void)baton;
    if (!is_in_effect(view, place)) {
        return CC_LINE_ASIDE;
    }
    return cc_conf_view_has_clients(view) ? CC_LINE_FINE : CC_LINE_FAULT;
}

void cc_lint_ca(cc_lint_t *lint, const cc_line_t *line)
{
    const cc_conf_view_t *culprit = cc_lint_culprit(lint, line, judge_ca_tls, NULL);

    asked_check(lint, line, judge_ca_asked);
    if (culprit && !is_unasked(lint, culprit)) {
        note_unasked(lint, culprit);
        cc_lint_add(lint, "CC0778", line->where,
                    "these CAs are for clients with a certificate, but %s has no TLS: move the "
                    "directive to a virtual host with \"SSLEngine on\", or name the proxy that "
                    "terminates TLS, with ClientCertHeader and ClientCertTrustedProxy",
                    server_name(culprit, lint->pool));
    }
}

/* ---- SSLVerifyClient in a section ---------------------------------------------------------- */

static cc_line_state_t judge_late(cc_lint_t *lint, const cc_conf_view_t *view,
                                  const cc_place_t *place, const void *baton)
{
    (void)lint;
    (void)baton;
    if (view->tls == CC_TLS_OFF || !place->section || cc_use_of(view->server) < CC_USE_HERE) {
        return CC_LINE_ASIDE;
    }
    if (view->tls == CC_TLS_UNKNOWN || !(view->tls13 || view->http2)) {
        return CC_LINE_FINE;
    }
    return cc_conf_view_verify_client(place->directive->args) > view->verify_client ? CC_LINE_FAULT
                                                                                    : CC_LINE_FINE;
}

/* The consequence: browsers have no post-handshake authentication, and HTTP/2 forbids it. */
static const char *too_late(const cc_conf_view_t *view)
{
    if (!view->http2) {
        return "with TLS 1.3, browsers get 403";
    }
    return view->tls13 ? "with TLS 1.3, browsers get 403, and HTTP/2 does not allow it"
                       : "HTTP/2 does not allow it";
}

static const char *instead(const cc_conf_view_t *view, cc_verify_client_t wanted)
{
    if (view->verify_client != CC_VERIFY_NONE) {
        return "\"Require clientcert\" here, since the virtual host already requests a certificate";
    }
    return wanted == CC_VERIFY_REQUIRE ? "\"SSLVerifyClient optional\" on the virtual host, and "
                                         "\"Require clientcert\" here"
                                       : "\"SSLVerifyClient optional\" on the virtual host";
}

void cc_lint_verify_client(cc_lint_t *lint, const cc_line_t *line)
{
    const cc_conf_view_t *culprit = cc_lint_culprit(lint, line, judge_late, NULL);

    if (culprit) {
        cc_lint_add(
            lint, "CC0722", line->where,
            "SSLVerifyClient in a section requests a certificate after the handshake: %s; use %s",
            too_late(culprit),
            instead(culprit, cc_conf_view_verify_client(cc_line_directive(line)->args)));
    }
}
