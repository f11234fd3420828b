/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the data with which virtual hosts judge certificates, with TLS and without. */
#include <http_main.h>

#include "base/error.h"
#include "httpd/background/ca_expiry.h"
#include "httpd/background/ca_sets.h"
#include "httpd/background/revocation_start.h"
#include "httpd/conf/judge.h"
#include "httpd/conf/module.h"
#include "httpd/conf/path_need.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "httpd/peer/vhost.h"
#include "trust/path.h"
#include "trust/trust.h"

static apr_status_t trust_make(cc_vhost_t *host, server_rec *s, SSL_CTX *ctx, apr_pool_t *p,
                               cc_error_t *err)
{
    const cc_conf_view_t *view = cc_conf_view_of(ap_server_conf, s);
    apr_status_t rv;

    if (!ctx) {
        return cc_judge_trust(&host->trust, view, host->cas, false, p, err);
    }
    rv = host->cas ? cc_trust_follow(&host->trust, ctx, host->cas, p, err)
                   : cc_trust_create(&host->trust, ctx, p, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    cc_trust_keep_path(host->trust, cc_path_need_of(s));
    host->pinning = cc_vhost_conf_of(s)->pinning;
    if (host->pinning) {
        cc_trust_pin(host->trust);
    }
    if (cc_judge_misses_crls(view, p)) {
        cc_trust_miss_crls(host->trust);
    }
    return APR_SUCCESS;
}

apr_status_t cc_vhost_open(cc_vhost_t *host, server_rec *s, SSL_CTX *ctx, apr_pool_t *p)
{
    cc_error_t err = {0};
    apr_status_t rv = cc_ca_sets_open(&host->cas, s, p, &err);

    if (rv == APR_SUCCESS) {
        rv = trust_make(host, s, ctx, p, &err);
    }
    if (rv == APR_SUCCESS) {
        rv = cc_revocation_create(&host->revocation, s, host->trust, p, &err);
    }
    if (rv != APR_SUCCESS) { /* in the main log: a virtual host may have a log of its own */
        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, ap_server_conf, "%s", cc_error_text(&err, p));
    }
    return rv;
}

/*
 * mod_ssl has made those with TLS. A host without CAs verifies nothing: it inherits a
 * ClientCertHeader that has effect in other hosts (conf/proxy_hosts.c).
 */
static bool is_wanted(const server_rec *s)
{
    const cc_vhost_conf_t *conf = cc_vhost_conf_of(s);

    return cc_proxies_take(conf->proxies) && !conf->vhost &&
           cc_judge_has_cas(cc_conf_view_of(ap_server_conf, s));
}

int cc_vhosts_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)plog;
    (void)ptemp;
    for (; s; s = s->next) {
        cc_vhost_t *host;

        if (!is_wanted(s)) {
            continue;
        }
        host = apr_pcalloc(pconf, sizeof(*host));
        if (cc_vhost_open(host, s, NULL, pconf) != APR_SUCCESS) {
            return !OK;
        }
        cc_ca_expiry_watch(s, host->trust);
        cc_vhost_conf_of(s)->vhost = host;
    }
    return OK;
}
