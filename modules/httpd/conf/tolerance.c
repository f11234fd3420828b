/* SPDX-License-Identifier: Apache-2.0 */
/* Checks whether ClientCertTolerate and ClientCertPinned can work as configured, and are safe. */
#include <apr_strings.h>

#include "base/text.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/module.h"
#include "httpd/conf/tolerance.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"

/*
 * mod_ssl accepts a certificate that did not verify only under optional_no_ca. Its variables and
 * two of its directives then use the names in such a certificate, which any client can make. This
 * module gives it no identity, and SSL_CLIENT_VERIFY reports that it failed. So directives that use
 * the names alone are refused here. Those of .htaccess files cannot be seen: request/tolerance.c
 * undoes them.
 */

/* What is wrong with the configuration of a virtual host. All are NULL if nothing is. */
typedef struct fault_t {
    const char *tag, *where, *text;
} fault_t;

/* The directive of a virtual host that accepts certificates that did not verify. */
typedef struct accepting_t {
    const char *name, *where;
    const char *tag; /* of the fault that SSLVerifyClient has another mode */
    const char *remedy;
    bool inherited;
} accepting_t;

static bool is(const ap_directive_t *directive, const char *name)
{
    return !strcasecmp(directive->directive, name);
}

/* ---- SSLVerifyClient ------------------------------------------------------------------------- */

/* True if a section of the server requests a certificate that does not have to verify. */
static bool requests_later(const cc_conf_view_t *view)
{
    for (int i = 0; i < view->places->nelts; i++) {
        const cc_place_t *place = &APR_ARRAY_IDX(view->places, i, cc_place_t);

        if (place->section && is(place->directive, "SSLVerifyClient") &&
            cc_conf_view_verify_client(place->directive->args) == CC_VERIFY_OPTIONAL) {
            return true;
        }
    }
    return view != view->main && requests_later(view->main);
}

static fault_t handshake_fault(const cc_conf_view_t *view, const accepting_t *by, apr_pool_t *p)
{
    const char *mode = cc_conf_view_value(view, "SSLVerifyClient", p);
    const char *name = view->server->server_hostname;
    const char *text;

    if (mode && !strcasecmp(mode, "optional_no_ca")) {
        return (fault_t){NULL, NULL, NULL};
    }
    if (view->verify_client == CC_VERIFY_NONE && (by->inherited || requests_later(view))) {
        return (fault_t){NULL, NULL, NULL};
    }
    mode = mode ? cc_text_escape(mode, strlen(mode), p) : "none";
    name = name ? cc_text_escape(name, strlen(name), p) : "the server";
    text = apr_psprintf(p,
                        "with %s, %s needs \"SSLVerifyClient optional_no_ca\", not "
                        "\"SSLVerifyClient %s\"%s",
                        by->name, name, mode, by->remedy);
    return (fault_t){by->tag, by->where, text};
}

/* ---- directives that use the names of any certificate ---------------------------------------- */

/* True for the variables and functions of mod_ssl that read the client's certificate. */
static bool reads_certificate(const char *args)
{
    return ap_strcasestr(args, "SSL_CLIENT_") || ap_strcasestr(args, "PeerExtList");
}

static bool makes_user(const ap_directive_t *directive)
{
    if (is(directive, "SSLOptions")) {
        const char *word = ap_strcasestr(directive->args, "FakeBasicAuth");

        return word && (word == directive->args || word[-1] != '-');
    }
    return is(directive, "SSLUserName") ||
           (is(directive, "AuthBasicFake") && reads_certificate(directive->args));
}

/* True if a condition asks only whether there is a certificate, and not whether it verified. */
static bool asks_presence(const char *args, apr_pool_t *p)
{
    const ap_regex_t *any;

    if (!ap_strcasestr(args, "SSL_CLIENT_VERIFY")) {
        return false;
    }
    any = ap_pregcomp(p,
                      "SSL_CLIENT_VERIFY['\")}]*[[:space:]]*(!=|!~|!|-?ne)[[:space:]]*"
                      "[\"'/^]*NONE",
                      AP_REG_ICASE);
    return ap_regexec(any, args, 0, NULL, 0) == 0 && !ap_strcasestr(args, "SUCCESS");
}

static bool asks_result(const char *args, apr_pool_t *p)
{
    return ap_strcasestr(args, "SSL_CLIENT_VERIFY") && !asks_presence(args, p);
}

static bool is_one_of(const ap_directive_t *directive, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is(directive, names[i])) {
            return true;
        }
    }
    return false;
}

/*
 * True for a condition that a certificate can meet without having verified. The directives of the
 * second list also take values without a condition. The names in such a certificate are hidden from
 * them (request/tolerance.c), but not that there is one.
 */
static bool is_unguarded(const ap_directive_t *directive, apr_pool_t *p)
{
    static const char *const conditions[] = {"Require", "SSLRequire",   "<If",
                                             "<ElseIf", "SetEnvIfExpr", "<AuthzProviderAlias"};
    static const char *const others[] = {"FilterProvider", "Header", "ProxyFCGISetEnvIf",
                                         "RequestHeader", "RewriteCond"};
    const char *args = directive->args;

    if (is_one_of(directive, conditions, sizeof(conditions) / sizeof(conditions[0]))) {
        return reads_certificate(args) && !asks_result(args, p);
    }
    return is_one_of(directive, others, sizeof(others) / sizeof(others[0])) &&
           asks_presence(args, p);
}

static fault_t directive_fault(const ap_directive_t *directive, const accepting_t *by,
                               apr_pool_t *p)
{
    const char *where = cc_directive_where(directive, p), *name = directive->directive;

    if (makes_user(directive)) {
        return (fault_t){"CC0452", where,
                         apr_psprintf(p,
                                      "%s makes users of certificates that did not verify, which "
                                      "%s at %s accepts: remove it, and use ClientCertMap",
                                      is(directive, "SSLOptions") ? "FakeBasicAuth" : name,
                                      by->name, by->where)};
    }
    if (is_unguarded(directive, p)) {
        return (fault_t){"CC0453", where,
                         apr_psprintf(p,
                                      "a certificate that did not verify can meet this condition "
                                      "of %s, since %s at %s accepts it: add "
                                      "%%{SSL_CLIENT_VERIFY} == \"SUCCESS\", or use "
                                      "clientcert('...')",
                                      *name == '<' ? name + 1 : name, by->name, by->where)};
    }
    return (fault_t){NULL, NULL, NULL};
}

static fault_t directives_fault(const cc_conf_view_t *view, const accepting_t *by, apr_pool_t *p)
{
    fault_t fault = {NULL, NULL, NULL};

    for (int i = 0; !fault.tag && i < view->places->nelts; i++) {
        fault = directive_fault(APR_ARRAY_IDX(view->places, i, cc_place_t).directive, by, p);
    }
    /* A virtual host inherits the directives and sections of the main server. */
    return fault.tag || view == view->main ? fault : directives_fault(view->main, by, p);
}

/* ---- all virtual hosts ----------------------------------------------------------------------- */

static fault_t accepting_fault(const cc_conf_view_t *view, const accepting_t *by, apr_pool_t *p)
{
    fault_t fault = handshake_fault(view, by, p);

    return fault.tag ? fault : directives_fault(view, by, p);
}

static fault_t tolerance_fault(const cc_conf_view_t *view, const cc_vhost_conf_t *conf,
                               apr_pool_t *p)
{
    const accepting_t by = {"ClientCertTolerate On", conf->tolerate_where, "CC0451",
                            "; or write \"ClientCertTolerate Off\" there",
                            conf->tolerate_inherited};

    return conf->tolerate > 0 ? accepting_fault(view, &by, p) : (fault_t){NULL, NULL, NULL};
}

/* A ClientCertPinned of the main server is for those virtual hosts that can use it. */
static fault_t pinning_fault(const cc_conf_view_t *view, cc_vhost_conf_t *conf, apr_pool_t *p)
{
    accepting_t by = {.name = "ClientCertPinned", .tag = "CC0439", .remedy = ""};

    if (!conf->pinning) {
        return (fault_t){NULL, NULL, NULL};
    }
    by.where = conf->pinning->where;
    /* A main server for which SSLEngine is not on may only pass it on. */
    if ((conf->pinning_inherited || (view == view->main && view->tls != CC_TLS_ON)) &&
        handshake_fault(view, &by, p).tag) {
        conf->pinning = NULL;
        return (fault_t){NULL, NULL, NULL};
    }
    return accepting_fault(view, &by, p);
}

static fault_t fault_of(const cc_conf_view_t *view, apr_pool_t *p)
{
    cc_vhost_conf_t *conf = cc_vhost_conf_of(view->server);
    fault_t fault = {NULL, NULL, NULL};

    if (view->tls == CC_TLS_OFF) {
        return fault;
    }
    fault = tolerance_fault(view, conf, p);
    return fault.tag ? fault : pinning_fault(view, conf, p);
}

int cc_tolerance_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const apr_array_header_t *views = cc_conf_views_of(s);
    int result = OK;

    (void)pconf;
    (void)plog;
    for (int i = 0; i < views->nelts; i++) {
        fault_t fault = fault_of(APR_ARRAY_IDX(views, i, const cc_conf_view_t *), ptemp);

        if (fault.tag) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "%s: %s: %s", fault.tag,
                         cc_log_text(fault.where, ptemp), fault.text);
            result = !OK;
        }
    }
    return result;
}
