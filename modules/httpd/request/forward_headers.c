/* SPDX-License-Identifier: Apache-2.0 */
/* Sends the certificate, the user and the groups of a client to back ends, in request headers. */
#include <string.h>

#include <apr_strings.h>

#include "httpd/conf/dir.h"
#include "httpd/conf/forwarding.h"
#include "httpd/conf/module.h"
#include "httpd/conf/reserved.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/metrics/quota.h"
#include "httpd/request/cache.h"
#include "httpd/request/forward_headers.h"
#include "httpd/request/identity.h"
#include "httpd/request/sent.h"
#include "httpd/request/state.h"

/*
 * Removes what was set for a request that led to this one, or by another module. What clients sent
 * is gone already (inbound.c).
 */
static void headers_remove(const request_rec *r)
{
    const cc_configuration_t *configuration = cc_configuration_of(r->server);
    const apr_array_header_t *all = apr_table_elts(r->headers_in);

    for (int i = 0; i < all->nelts;) {
        const char *name = APR_ARRAY_IDX(all, i, apr_table_entry_t).key;

        if (cc_reserved_may_be(configuration, name, CC_RESERVED_BY_DIRECTIVE) &&
            cc_reserved_named(configuration, name)) {
            apr_table_unset(r->headers_in, name);
            i = 0;
        } else {
            i++;
        }
    }
}

/* The name of a header as a program gets it: HTTP_NAME, REDIRECT_HTTP_NAME. NULL: it is no header.
 */
static const char *header_of(const char *variable)
{
    static const char redirect[] = "REDIRECT_", http[] = "HTTP_";

    while (!strncmp(variable, redirect, sizeof(redirect) - 1)) {
        variable += sizeof(redirect) - 1;
    }
    return strncmp(variable, http, sizeof(http) - 1) ? NULL : variable + sizeof(http) - 1;
}

/*
 * Subrequests and internal redirects get the environment of the request that led to them. If that
 * was a program or a page with SSI, its headers are in there.
 */
static void variables_remove(const request_rec *r)
{
    const cc_configuration_t *configuration = cc_configuration_of(r->server);
    const apr_array_header_t *all = apr_table_elts(r->subprocess_env);

    for (int i = 0; i < all->nelts;) {
        const char *variable = APR_ARRAY_IDX(all, i, apr_table_entry_t).key;
        const char *name = header_of(variable);

        if (name && cc_reserved_named(configuration, name)) {
            apr_table_unset(r->subprocess_env, variable);
            i = 0;
        } else {
            i++;
        }
    }
}

/* A client with an identity can cause this line at will. */
static int refuse(request_rec *r, const char *fault)
{
    if (APLOG_R_IS_LEVEL(r, APLOG_ERR) && cc_quota_lets(r->server, CC_QUOTA_UNSENT)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "CC0165: the request is answered with 500, and nothing is sent to a back "
                      "end: %s",
                      fault);
    }
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* The answer of a request for its current configuration; otherwise nothing may be sent. */
static const cc_sent_t *sent_of(const request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    return cc_request_served(r, kept) && !kept->answer.problem ? kept->answer.sent : NULL;
}

int cc_forward_headers_set(request_rec *r)
{
    const cc_dir_t *dir = cc_dir_of(r);
    const cc_sent_t *sent;

    if (cc_use_ignores(r)) {
        return DECLINED;
    }
    headers_remove(r);
    if (r->main || r->prev) {
        variables_remove(r);
    }
    if (!cc_forwarding_sends(dir->forward_cert, dir->forward_identity)) {
        return DECLINED;
    }
    cc_cache_keep_private(r);
    sent = sent_of(r);
    if (sent && sent->fault && !(r->handler && cc_handler_is(r, "clientcert-status"))) {
        return refuse(r, sent->fault);
    }
    for (int i = 0; sent && i < sent->count; i++) {
        apr_table_addn(r->headers_in, sent->at[i].name, sent->at[i].value);
    }
    return DECLINED;
}
