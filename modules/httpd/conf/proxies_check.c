/* SPDX-License-Identifier: Apache-2.0 */
/* Checks whether the directives on proxies can work together, and are safe. */
#include <apr_strings.h>

#include "base/text.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/module.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"

/* What is wrong with the configuration of a virtual host; `tag` is NULL if nothing is. */
typedef struct problem_t {
    const char *tag, *text;
} problem_t;

/* Without a proxy, no header would ever count; with all addresses, those of every client. */
static problem_t trust_fault(const cc_proxies_t *proxies)
{
    if (!proxies->trusted) {
        return (problem_t){"CC0426",
                           "has no ClientCertTrustedProxy, so no header would count: name "
                           "the addresses of the proxies"};
    }
    if (proxies->trusts_all && !proxies->certs) {
        return (problem_t){"CC0427", "trusts the headers of every address: name the addresses of "
                                     "the proxies, or their certificates in "
                                     "ClientCertTrustedProxyCert"};
    }
    return (problem_t){NULL, NULL};
}

static bool is_on(const cc_conf_view_t *view, const char *name, apr_pool_t *p)
{
    const char *value = cc_conf_view_value(view, name, p);

    return value && strcasecmp(value, "off") != 0;
}

static problem_t fault_of(const cc_conf_view_t *view, apr_pool_t *p)
{
    const cc_vhost_conf_t *conf = cc_vhost_conf_of(view->server);

    if (!cc_proxies_take(conf->proxies)) {
        return (problem_t){NULL, NULL};
    }
    if (conf->max_age > 0) {
        return (problem_t){"CC0429",
                           "has ClientCertMaxAge too, but a proxy does not pass on when "
                           "the client proved that it has its key: write ClientCertMaxAge "
                           "0"};
    }
    if (view->tls != CC_TLS_OFF && is_on(view, "SSLOCSPEnable", p)) {
        return (problem_t){"CC0425",
                           "has SSLOCSPEnable, which mod_ssl applies only to certificates "
                           "of TLS connections: use ClientCertOCSP"};
    }
    return trust_fault(conf->proxies);
}

static const char *where_of(const cc_proxies_t *proxies)
{
    return proxies->header ? proxies->header->where : proxies->proxy_protocol->where;
}

static void fault_log(const problem_t *fault, const cc_conf_view_t *view, server_rec *s,
                      apr_pool_t *p)
{
    const char *name = view->server->server_hostname;

    ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "%s: %s: ClientCertHeader: %s %s", fault->tag,
                 cc_log_text(where_of(cc_vhost_conf_of(view->server)->proxies), p),
                 view == view->main || !name ? "the main server"
                                             : cc_text_escape(name, strlen(name), p),
                 fault->text);
}

/* The certificates that may be above that of a client, as mod_ssl counts them. */
static int depth_of(const cc_conf_view_t *view, apr_pool_t *p)
{
    const char *depth = cc_conf_view_value(view, "SSLVerifyDepth", p);

    return depth ? atoi(depth) : 1;
}

int cc_proxies_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const apr_array_header_t *views = cc_conf_views_of(s);
    int result = OK;

    (void)pconf;
    (void)plog;
    for (int i = 0; i < views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(views, i, const cc_conf_view_t *);
        problem_t fault = fault_of(view, ptemp);

        cc_vhost_conf_of(view->server)->verify_depth = depth_of(view, ptemp);
        if (fault.tag) {
            fault_log(&fault, view, s, ptemp);
            result = !OK;
        }
    }
    return result;
}
