/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps other modules from using a certificate that was accepted without having verified. */
#include <stdatomic.h>

#include <string.h>

#include <apr_tables.h>

#include "httpd/conf/module.h"
#include "httpd/metrics/quota.h"
#include "httpd/peer/peer.h"
#include "httpd/peer/tls.h"
#include "httpd/peer/vhost.h"
#include "httpd/request/identity.h"
#include "httpd/request/state.h"
#include "httpd/request/tolerance.h"

/*
 * These hooks exist only in a server with ClientCertTolerate or ClientCertPinned. The start refuses
 * SSLUserName and FakeBasicAuth where a certificate that failed is tolerated (conf/tolerance.c),
 * but .htaccess may have them.
 */
static bool is_tolerated(const conn_rec *c)
{
    cc_peer_t *peer = cc_peer_of(c);

    return peer && atomic_load_explicit(&peer->tolerated, memory_order_relaxed);
}

/*
 * A client may use one connection for several virtual hosts (HTTP/2), or name another host than in
 * the handshake. A host that does not tolerate such a certificate would not have let the handshake
 * succeed, and its configuration may rely on that. With 421, the client opens a connection for it.
 */
int cc_tolerance_misdirected(request_rec *r)
{
    const cc_vhost_t *host = cc_vhost_of(r->server);

    if (!is_tolerated(r->connection) || (host && (host->tolerates || host->pinning))) {
        return DECLINED;
    }
    if (APLOG_R_IS_LEVEL(r, APLOG_INFO) && cc_quota_lets(r->server, CC_QUOTA_MISDIRECTED)) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "CC0191: 421: the certificate of this connection did not verify, and this "
                      "virtual host does not accept that (ClientCertTolerate, ClientCertPinned)");
    }
    return HTTP_MISDIRECTED_REQUEST;
}

/*
 * mod_ssl uses the text of this module's AUTH_TYPE too; older versions use none. The user of a
 * pinned key is one of this module, whose AUTH_TYPE is known by its address.
 */
int cc_tolerance_forget(request_rec *r)
{
    int status = cc_tolerance_misdirected(r);

    if (status != DECLINED) {
        return status;
    }
    if (is_tolerated(r->connection) && r->user && r->ap_auth_type != cc_auth_type &&
        (!r->ap_auth_type || !strcmp(r->ap_auth_type, cc_auth_type))) {
        r->user = NULL;
        r->ap_auth_type = NULL;
    }
    return DECLINED;
}

/*
 * With SSLOptions OptRenegotiate, mod_ssl may verify the certificate of a section that requires one
 * by itself. It then knows neither the CRLs of this module nor SSLVerifyDepth and OCSP.
 */
int cc_tolerance_access(request_rec *r)
{
    cc_tls_later_t later;

    if (is_tolerated(r->connection) && cc_tls_later(r, &later) && later.required) {
        cc_request_of(r)->ssl_refused = CC_SSL_REFUSED_UNVERIFIED;
        return HTTP_FORBIDDEN;
    }
    return cc_tolerance_forget(r);
}

/*
 * mod_ssl fakes "Basic NAME:password", where NAME is a subject in slash form, or empty. It refuses
 * clients that send that themselves.
 */
static bool is_fake(const char *header, apr_pool_t *p)
{
    const char *word = header ? ap_getword(p, &header, ' ') : "";
    const char *name;

    if (strcasecmp(word, "Basic") != 0) {
        return false;
    }
    header = ap_pbase64decode(p, header);
    name = ap_getword_nulls(p, &header, ':');
    return (!*name || *name == '/') && !strcmp(header, "password");
}

bool cc_tolerance_fake_has(const request_rec *r)
{
    return is_fake(apr_table_get(r->headers_in, "Authorization"), r->pool);
}

void cc_tolerance_fake_remove(request_rec *r)
{
    if (cc_tolerance_fake_has(r)) {
        apr_table_unset(r->headers_in, "Authorization");
    }
}

int cc_tolerance_unfake(request_rec *r)
{
    if (is_tolerated(r->connection)) {
        cc_tolerance_fake_remove(r);
    }
    return DECLINED;
}

/* True for a variable that describes the certificate, but not for the one that says it failed. */
static bool describes_certificate(const char *name)
{
    static const char prefix[] = "SSL_CLIENT_";

    return !strncasecmp(name, prefix, strlen(prefix)) && strcasecmp(name, "SSL_CLIENT_VERIFY") != 0;
}

/*
 * mod_proxy_ajp hands every certificate over, and many back ends take the user from it. Conditions
 * (mod_rewrite) and headers (mod_headers) often do not ask whether it verified.
 */
const char *cc_tolerance_variable(apr_pool_t *p, server_rec *s, conn_rec *c, request_rec *r,
                                  const char *name)
{
    (void)p;
    (void)s;
    c = c || !r ? c : r->connection;
    return c && is_tolerated(c) && describes_certificate(name) ? "" : NULL;
}

/* Programs often do not ask either. mod_ssl sets these variables without the hook above. */
int cc_tolerance_environment(request_rec *r)
{
    const apr_array_header_t *all = apr_table_elts(r->subprocess_env);

    for (int i = all->nelts; is_tolerated(r->connection) && i-- > 0;) {
        const char *name = APR_ARRAY_IDX(all, i, apr_table_entry_t).key;

        if (describes_certificate(name)) {
            apr_table_unset(r->subprocess_env, name);
            i = all->nelts; /* another one of this name may have been removed with it */
        }
    }
    return DECLINED;
}
