/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what ClientCertHeader proxy-protocol needs from mod_remoteip. */
#include "base/text.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/module.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/remoteip.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"

/*
 * A header of the PROXY protocol comes before the name of a virtual host is known. So it is read as
 * the first virtual host of the address says, and RemoteIPProxyProtocol, in any virtual host of an
 * address, is for the whole address. In the main server, it is for all addresses.
 */

static const cc_proxy_protocol_spec_t *spec_of(const server_rec *s)
{
    const cc_proxies_t *proxies = cc_vhost_conf_of(s)->proxies;

    return proxies ? proxies->proxy_protocol : NULL;
}

static bool is_shared(const server_addr_rec *address, const server_rec *s)
{
    for (const server_addr_rec *each = s->addrs; each; each = each->next) {
        if (each->host_port == address->host_port &&
            apr_sockaddr_equal(each->host_addr, address->host_addr)) {
            return true;
        }
    }
    return false;
}

/* True if the server's RemoteIPProxyProtocol is for the address: also by "*", and without a port.
 */
static bool covers(const server_rec *s, const server_addr_rec *address)
{
    for (const server_addr_rec *each = s->addrs; each; each = each->next) {
        if ((each->host_port == 0 || each->host_port == address->host_port) &&
            (apr_sockaddr_is_wildcard(each->host_addr) ||
             apr_sockaddr_equal(each->host_addr, address->host_addr))) {
            return true;
        }
    }
    return false;
}

/* The argument of the server's own directive; NULL: it has none. */
static const char *own_value(const cc_conf_view_t *view, apr_pool_t *p)
{
    const ap_directive_t *own = cc_conf_view_directive(view, "RemoteIPProxyProtocol");
    const ap_directive_t *inherited =
        view == view->main ? NULL : cc_conf_view_directive(view->main, "RemoteIPProxyProtocol");
    const char *args = own && own != inherited ? own->args : NULL;

    return args ? ap_getword_conf(p, &args) : NULL;
}

static bool is_on(const cc_conf_view_t *view, apr_pool_t *p)
{
    const char *value = own_value(view, p);

    return value && !strcasecmp(value, "on");
}

/* True unless mod_remoteip certainly reads no headers at an address of the server. */
static bool may_be_on(const cc_conf_view_t *view, const server_addr_rec *address,
                      const apr_array_header_t *views, apr_pool_t *p)
{
    if (is_on(view, p) || (!own_value(view, p) && is_on(view->main, p))) {
        return true;
    }
    for (int i = 1; i < views->nelts; i++) {
        const cc_conf_view_t *other = APR_ARRAY_IDX(views, i, const cc_conf_view_t *);

        if (is_on(other, p) && covers(other->server, address)) {
            return true;
        }
    }
    return false;
}

/* The virtual host by which a connection to the address is first served. */
static const server_rec *first_of(const server_addr_rec *address, const apr_array_header_t *views)
{
    for (int i = 1; i < views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(views, i, const cc_conf_view_t *);

        if (is_shared(address, view->server)) {
            return view->server;
        }
    }
    return APR_ARRAY_IDX(views, 0, const cc_conf_view_t *)->server;
}

static const char *name_of(const server_rec *s, apr_pool_t *p)
{
    return s->is_virtual && s->server_hostname
               ? cc_text_escape(s->server_hostname, strlen(s->server_hostname), p)
               : "the main server";
}

/* False if something is missing, which is logged. */
static bool address_check(const cc_conf_view_t *view, const server_addr_rec *address,
                          const apr_array_header_t *views, apr_pool_t *p)
{
    const cc_proxy_protocol_spec_t *spec = spec_of(view->server), *first_spec;
    const server_rec *first = first_of(address, views);

    if (!may_be_on(view, address, views, p)) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, view->main->server,
                     "CC0499: %s: ClientCertHeader: proxy-protocol needs \"RemoteIPProxyProtocol "
                     "On\" (mod_remoteip) in %s",
                     cc_log_text(spec->where, p), name_of(view->server, p));
        return false;
    }
    first_spec = spec_of(first);
    if (!first_spec || first_spec->type != spec->type) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, view->main->server,
                     "CC0498: %s: ClientCertHeader: proxy-protocol needs the same line in %s, the "
                     "first virtual host of the address, by which the header is read",
                     cc_log_text(spec->where, p), name_of(first, p));
        return false;
    }
    return true;
}

int cc_remoteip_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const apr_array_header_t *views = cc_conf_views_of(s);
    int result = OK;

    (void)pconf;
    (void)plog;
    for (int i = s->next ? 1 : 0; i < views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(views, i, const cc_conf_view_t *);
        const server_addr_rec *address = spec_of(view->server) ? view->server->addrs : NULL;

        while (address && address_check(view, address, views, ptemp)) {
            address = address->next;
        }
        if (address) {
            result = !OK;
        }
    }
    return result;
}
