/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that virtual hosts can judge the certificates that proxies pass on to them. */
/*
 * A virtual host inherits these directives from the main server. It may do without clients, as one
 * that only redirects to another host does. So a directive is at fault only if it has no effect in
 * any host.
 */
#include <apr_hash.h>
#include <apr_strings.h>

#include "base/text.h"
#include "httpd/conf/judge.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/module.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/proxy_hosts.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "rules/rules.h"

/* A directive. */
typedef struct directive_t {
    const char *where;
    const cc_conf_view_t *culprit; /* the first host in which it has no effect */
    bool has_effect;               /* in another one */
} directive_t;

/* The directives of one kind, in the order of the configuration. */
typedef struct directives_t {
    apr_array_header_t *all; /* of directive_t * */
    apr_hash_t *by_place;
} directives_t;

static directives_t lines_make(apr_pool_t *p)
{
    return (directives_t){apr_array_make(p, 2, sizeof(directive_t *)), apr_hash_make(p)};
}

static void line_note(directives_t *lines, const char *where, const cc_conf_view_t *view,
                      bool has_effect)
{
    directive_t *line = apr_hash_get(lines->by_place, where, APR_HASH_KEY_STRING);

    if (!line) {
        line = apr_palloc(lines->all->pool, sizeof(*line));
        *line = (directive_t){where, view, false};
        apr_hash_set(lines->by_place, where, APR_HASH_KEY_STRING, line);
        APR_ARRAY_PUSH(lines->all, directive_t *) = line;
    }
    line->has_effect = line->has_effect || has_effect;
}

static const char *name_of(const cc_conf_view_t *view, apr_pool_t *p)
{
    const char *name = view->server->server_hostname;

    return name ? cc_text_escape(name, strlen(name), p) : "the server";
}

/* With SSLOpenSSLConfCmd, the context of a host with TLS may be another one than it seems. */
static bool is_uncertain(const cc_conf_view_t *view)
{
    return view->tls != CC_TLS_OFF && cc_conf_view_arguments(view, "SSLOpenSSLConfCmd");
}

/* ---- CAs of clients -------------------------------------------------------------------------- */

static void header_note(directives_t *headers, const cc_conf_view_t *view,
                        const cc_proxies_t *proxies)
{
    const char *where = proxies->header ? proxies->header->where : proxies->proxy_protocol->where;

    line_note(headers, where, view, cc_judge_has_cas(view) || is_uncertain(view));
}

static int headers_check(const directives_t *headers, server_rec *s, apr_pool_t *p)
{
    int result = OK;

    for (int i = 0; i < headers->all->nelts; i++) {
        const directive_t *line = APR_ARRAY_IDX(headers->all, i, const directive_t *);

        if (!line->has_effect) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s,
                         "CC0454: %s: proxies pass on certificates, but %s names no CA that may "
                         "have issued them: add ClientCertCA",
                         cc_log_text(line->where, p), name_of(line->culprit, p));
            result = !OK;
        }
    }
    return result;
}

/* ---- certificates of proxies ----------------------------------------------------------------- */

/* A section requests a certificate too late: a proxy is trusted when the request has been read. */
static void cert_note(directives_t *certs, const cc_conf_view_t *view, const cc_proxies_t *proxies)
{
    bool asks = view->tls != CC_TLS_OFF && view->verify_client != CC_VERIFY_NONE;

    line_note(certs, cc_rules_where(proxies->certs, 0), view, asks || is_uncertain(view));
}

static int certs_check(const directives_t *certs, server_rec *s, apr_pool_t *p)
{
    int result = OK;

    for (int i = 0; i < certs->all->nelts; i++) {
        const directive_t *line = APR_ARRAY_IDX(certs->all, i, const directive_t *);
        const char *where = cc_log_text(line->where, p);

        if (line->has_effect) {
            continue;
        }
        if (line->culprit->tls == CC_TLS_OFF) {
            ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s,
                         "CC0455: %s: a proxy has no certificate of its own, since %s has no TLS: "
                         "add \"SSLEngine on\" and \"SSLVerifyClient optional\", or trust it by "
                         "its address alone (ClientCertTrustedProxy)",
                         where, name_of(line->culprit, p));
        } else {
            ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s,
                         "CC0456: %s: a proxy has no certificate of its own, since %s requests "
                         "none in the handshake: add \"SSLVerifyClient optional\" to the virtual "
                         "host, outside of sections",
                         where, name_of(line->culprit, p));
        }
        result = !OK;
    }
    return result;
}

/* ---- all virtual hosts ----------------------------------------------------------------------- */

int cc_proxy_hosts_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const apr_array_header_t *views = cc_conf_views_of(s);
    directives_t headers = lines_make(ptemp), certs = lines_make(ptemp);
    int result;

    (void)pconf;
    (void)plog;
    for (int i = 0; i < views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(views, i, const cc_conf_view_t *);
        const cc_proxies_t *proxies = cc_vhost_conf_of(view->server)->proxies;

        if (!view->takes_forwarded) {
            continue;
        }
        header_note(&headers, view, proxies);
        if (proxies->certs) {
            cert_note(&certs, view, proxies);
        }
    }
    result = headers_check(&headers, s, ptemp);
    return certs_check(&certs, s, ptemp) == OK ? result : !OK;
}
