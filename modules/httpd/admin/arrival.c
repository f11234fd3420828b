/* SPDX-License-Identifier: Apache-2.0 */
/* Decides how the certificates of a query arrive: over TLS, or from which proxy. */
#include <apr_network_io.h>
#include <apr_strings.h>

#include "base/error.h"
#include "cert/cert.h"
#include "httpd/admin/arrival.h"
#include "httpd/admin/query.h"
#include "httpd/admin/vhost.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "rules/rules.h"

#define UNIX "unix"

static const cc_proxies_t *proxies_of(const cc_conf_view_t *view)
{
    static const cc_proxies_t none = {.header = NULL};
    const cc_proxies_t *proxies = cc_vhost_conf_of(view->server)->proxies;

    return proxies ? proxies : &none;
}

/* ---- the way ------------------------------------------------------------------------------- */

static bool takes(const cc_conf_view_t *view, cc_via_t via)
{
    const cc_proxies_t *proxies = proxies_of(view);

    switch (via) {
    case CC_VIA_HEADER:
        return proxies->header != NULL;
    case CC_VIA_PROXY_PROTOCOL:
        return proxies->proxy_protocol != NULL;
    default: /* if the server has no TLS, that is the result of the query */
        return true;
    }
}

static cc_via_t usual(const cc_conf_view_t *view, bool proxy)
{
    if (!proxy && (cc_conf_view_ever_asks(view) || !view->takes_forwarded)) {
        return CC_VIA_TLS;
    }
    return takes(view, CC_VIA_HEADER) ? CC_VIA_HEADER : CC_VIA_PROXY_PROTOCOL;
}

static apr_status_t not_taken(cc_admin_query_t *q, const cc_conf_view_t *view, cc_via_t via)
{
    const char *other = takes(view, CC_VIA_HEADER)           ? "; use --via header"
                        : takes(view, CC_VIA_PROXY_PROTOCOL) ? "; use --via proxy-protocol"
                                                             : "";

    return cc_error_set(&q->err, q->pool, "CC0558", q->via ? cc_via_word(via) : q->proxy,
                        "%s has no ClientCertHeader %s%s", cc_vhost_name(view->server, q->pool),
                        via == CC_VIA_HEADER ? "with a format of headers" : "proxy-protocol",
                        other);
}

/* ---- the proxy ----------------------------------------------------------------------------- */

static bool is_trusted(const cc_proxies_t *proxies, const char *address, apr_pool_t *p)
{
    apr_sockaddr_t *parsed;

    if (!strcmp(address, UNIX)) {
        return proxies->trusts_unix;
    }
    return apr_sockaddr_info_get(&parsed, address, APR_UNSPEC, 0, 0, p) == APR_SUCCESS &&
           cc_proxies_trust(proxies, parsed);
}

static void proxy_find(cc_arrival_t *arrival, const cc_admin_query_t *q, const cc_conf_view_t *view)
{
    const cc_proxies_t *proxies = proxies_of(view);

    arrival->proxy = q->proxy ? q->proxy : proxies->first_trusted ? proxies->first_trusted : UNIX;
    if (!is_trusted(proxies, arrival->proxy, q->pool)) {
        arrival->untrusted = apr_psprintf(q->pool,
                                          "%s is not a trusted proxy of this server "
                                          "(ClientCertTrustedProxy), so it ignores what this proxy "
                                          "passes on",
                                          arrival->proxy);
    }
}

apr_status_t cc_arrival_find(cc_arrival_t *arrival, cc_admin_query_t *q, const cc_conf_view_t *view)
{
    cc_via_t via = q->via != CC_VIA_UNKNOWN ? q->via : usual(view, q->proxy != NULL);

    *arrival = (cc_arrival_t){.via = via};
    if (!takes(view, via)) {
        return not_taken(q, view, via);
    }
    if (via != CC_VIA_TLS) {
        proxy_find(arrival, q, view);
    }
    return APR_SUCCESS;
}

const char *cc_arrival_note(const cc_arrival_t *arrival, const cc_conf_view_t *view, apr_pool_t *p)
{
    const cc_proxies_t *proxies = proxies_of(view);

    if (arrival->via == CC_VIA_TLS && view->takes_forwarded) {
        return apr_psprintf(p, "this server takes certificates from proxies too: use --via %s",
                            cc_via_word(usual(view, true)));
    }
    if (arrival->via != CC_VIA_TLS && proxies->certs) {
        return apr_psprintf(p,
                            "the proxy's own certificate, which has to meet "
                            "ClientCertTrustedProxyCert (%s), is not part of this query",
                            cc_rules_where(proxies->certs, 0));
    }
    return NULL;
}
