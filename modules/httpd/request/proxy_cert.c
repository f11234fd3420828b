/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps other modules from taking the certificate of a trusted proxy for that of its clients. */
#include <string.h>

#include <apr_tables.h>

#include "httpd/conf/module.h"
#include "httpd/peer/peer.h"
#include "httpd/request/identity.h"
#include "httpd/request/proxy_cert.h"
#include "httpd/request/state.h"
#include "httpd/request/tolerance.h"

/*
 * These hooks exist only in a server with ClientCertHeader. mod_ssl knows the certificate of the
 * connection alone. Where it makes a user of that, all clients of a proxy would be the same user,
 * the proxy, and those without a certificate too. Lint warns, but .htaccess may have the
 * directives, and mod_proxy_ajp needs none. Conditions of mod_ssl still describe the proxy.
 */

/* True for a request of a trusted proxy that came by TLS. */
static bool is_of_proxy(request_rec *r)
{
    const cc_peer_t *peer = cc_peer_of(r->connection);

    return peer && peer->ssl && cc_request_forwarded(r);
}

/*
 * Once the access hook of this module has run (settled), the user is that of a client, or of
 * another module. With Satisfy Any, a denial may have ended the hooks before it.
 */
int cc_proxy_cert_forget(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (r->user && !(kept && kept->settled) && is_of_proxy(r) &&
        (!r->ap_auth_type || !strcmp(r->ap_auth_type, cc_auth_type))) {
        r->user = NULL;
        r->ap_auth_type = NULL;
    }
    return DECLINED;
}

int cc_proxy_cert_unfake(request_rec *r)
{
    if (is_of_proxy(r)) {
        cc_tolerance_fake_remove(r);
    }
    return DECLINED;
}

static bool describes_client(const char *name)
{
    static const char prefix[] = "SSL_CLIENT_";

    return (*name | 0x20) == 's' && !strncasecmp(name, prefix, strlen(prefix));
}

/* This module itself asks mod_ssl for SSL_CLIENT_VERIFY, to find out whether a proxy is trusted. */
const char *cc_proxy_cert_variable(apr_pool_t *p, server_rec *s, conn_rec *c, request_rec *r,
                                   const char *name)
{
    (void)p;
    (void)s;
    (void)c;
    return r && describes_client(name) && strcasecmp(name, "SSL_CLIENT_VERIFY") != 0 &&
                   is_of_proxy(r)
               ? ""
               : NULL;
}

static const char *first_of(const apr_table_t *variables)
{
    const apr_array_header_t *all = apr_table_elts(variables);

    for (int i = 0; i < all->nelts; i++) {
        const char *name = APR_ARRAY_IDX(all, i, apr_table_entry_t).key;

        if (describes_client(name)) {
            return name;
        }
    }
    return NULL;
}

int cc_proxy_cert_environment(request_rec *r)
{
    const char *name = first_of(r->subprocess_env);

    if (name && is_of_proxy(r)) {
        for (; name; name = first_of(r->subprocess_env)) {
            apr_table_unset(r->subprocess_env, name);
        }
    }
    return DECLINED;
}
