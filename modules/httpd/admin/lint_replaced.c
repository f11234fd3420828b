/* SPDX-License-Identifier: Apache-2.0 */
/* Finds directives of mod_ssl that have no effect, or an unwanted one, where ClientCertCA is set.
 */
#include <apr_strings.h>

#include "ca/ca.h"
#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"

/* A server with ClientCertCA. */
typedef struct {
    const cc_conf_view_t *view;
    const char *where; /* the first ClientCertCA */
} replaced_t;

static bool is(const ap_directive_t *directive, const char *name)
{
    return !strcasecmp(directive->directive, name);
}

/* ---- CAs that do not count ------------------------------------------------------------------- */

static void cas_check(cc_lint_t *lint, const replaced_t *server)
{
    static const char *const names[] = {"SSLCACertificateFile", "SSLCACertificatePath",
                                        "SSLCADNRequestFile", "SSLCADNRequestPath"};
    const char *list = "";

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const ap_directive_t *directive = cc_conf_view_directive(server->view, names[i]);

        if (directive) {
            list = apr_pstrcat(lint->pool, list, *list ? ", " : "", names[i], " (",
                               cc_directive_where(directive, lint->pool), ")", NULL);
        }
    }
    if (*list) {
        cc_lint_add(lint, "CC0457", server->where,
                    "ClientCertCA decides which clients are accepted; ignored for clients: %s",
                    list);
    }
}

/* ---- SSLOCSPEnable --------------------------------------------------------------------------- */

static bool is_set(const cc_conf_view_t *view, const char *name, apr_pool_t *p)
{
    const char *value = cc_conf_view_value(view, name, p);

    return value && strcasecmp(value, "off") != 0;
}

/* With the other two directives, mod_ssl needs no CA to accept a response. */
static void ocsp_check(cc_lint_t *lint, const replaced_t *server)
{
    const cc_conf_view_t *view = server->view;

    if (is_set(view, "SSLOCSPEnable", lint->pool) && !is_set(view, "SSLOCSPNoverify", lint->pool) &&
        !cc_conf_view_directive(view, "SSLOCSPResponderCertificateFile")) {
        cc_lint_add(lint, "CC0458",
                    cc_directive_where(cc_conf_view_directive(view, "SSLOCSPEnable"), lint->pool),
                    "SSLOCSPEnable verifies OCSP responses with the CAs of SSLCACertificateFile, "
                    "not with those of ClientCertCA (%s): use ClientCertOCSP instead",
                    server->where);
    }
}

/* ---- SSLOptions +OptRenegotiate -------------------------------------------------------------- */

static bool sets_option(const ap_directive_t *directive)
{
    const char *word = ap_strcasestr(directive->args, "OptRenegotiate");

    return is(directive, "SSLOptions") && word && (word == directive->args || word[-1] != '-');
}

static void options_check(cc_lint_t *lint, const replaced_t *server, const cc_conf_view_t *view)
{
    for (int i = 0; i < view->places->nelts; i++) {
        const ap_directive_t *directive = APR_ARRAY_IDX(view->places, i, cc_place_t).directive;

        if (sets_option(directive)) {
            cc_lint_add(lint, "CC0459", cc_directive_where(directive, lint->pool),
                        "OptRenegotiate verifies certificates again with the CAs of "
                        "SSLCACertificateFile, not with those of ClientCertCA (%s): remove it",
                        server->where);
        }
    }
    if (view != view->main) {
        options_check(lint, server, view->main);
    }
}

/* ---- all servers ----------------------------------------------------------------------------- */

void cc_lint_replaced(cc_lint_t *lint)
{
    for (int i = 0; i < lint->views->nelts; i++) {
        replaced_t server = {.view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *)};
        const apr_array_header_t *specs = cc_vhost_conf_of(server.view->server)->ca_specs;

        if (!specs || server.view->tls == CC_TLS_OFF) {
            continue;
        }
        server.where = APR_ARRAY_IDX(specs, 0, const cc_ca_spec_t *)->where;
        cas_check(lint, &server);
        ocsp_check(lint, &server);
        if (server.view->verifies_later || server.view->main->verifies_later) {
            options_check(lint, &server, server.view);
        }
    }
}
