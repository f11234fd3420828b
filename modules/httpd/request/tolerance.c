/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps other modules from using a certificate that was accepted without having verified. */
#include <stdatomic.h>

#include <string.h>

#include <apr_strings.h>
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
 * These hooks exist only in a server with ClientCertTolerate or ClientCertPinned, except that for
 * expressions, which are parsed before this is known. The start refuses SSLUserName and
 * FakeBasicAuth where a certificate that failed is tolerated (conf/tolerance.c), but .htaccess may
 * have them.
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
 * mod_ssl fakes "Basic NAME:password", where NAME is a subject in slash form, or empty. A name may
 * contain colons, so only the two ends count. mod_ssl refuses clients that send that themselves,
 * but overlooks names with a colon.
 */
static bool is_fake(const char *header, apr_pool_t *p)
{
    static const char end[] = ":password";
    const char *word = header ? ap_getword(p, &header, ' ') : "";
    size_t len;

    if (strcasecmp(word, "Basic") != 0) {
        return false;
    }
    header = ap_pbase64decode(p, header + strspn(header, " \t"));
    len = strlen(header);
    return len >= strlen(end) && !strcmp(header + len - strlen(end), end) &&
           (*header == '/' || len == strlen(end));
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

/* ---- expressions --------------------------------------------------------------------------- */

/*
 * mod_ssl answers expressions without the hook of variables. So its functions that describe the
 * certificate are wrapped, in every expression: when one is parsed, it is not known yet whether a
 * host will accept such certificates. For any other connection, the answer is that of mod_ssl.
 */
typedef struct wrapped_t {
    const void *function, *data; /* of mod_ssl, or of another module */
} wrapped_t;

static bool is_hidden(const ap_expr_eval_ctx_t *ctx)
{
    return ctx->c && is_tolerated(ctx->c);
}

/* In ap_expr_lookup_parms.flags; none of httpd's AP_EXPR_FLAG_. */
#define WITHOUT_WRAPPING (1 << 30)

static const char *wrapped_variable(ap_expr_eval_ctx_t *ctx, const void *data)
{
    const wrapped_t *wrapped = data;

    return is_hidden(ctx) ? "" : ((ap_expr_var_func_t *)wrapped->function)(ctx, wrapped->data);
}

static const char *wrapped_string(ap_expr_eval_ctx_t *ctx, const void *data, const char *name)
{
    const wrapped_t *wrapped = data;

    return is_hidden(ctx) && describes_certificate(name)
               ? ""
               : ((ap_expr_string_func_t *)wrapped->function)(ctx, wrapped->data, name);
}

static apr_array_header_t *wrapped_list(ap_expr_eval_ctx_t *ctx, const void *data, const char *name)
{
    const wrapped_t *wrapped = data;

    return is_hidden(ctx) ? NULL
                          : ((ap_expr_list_func_t *)wrapped->function)(ctx, wrapped->data, name);
}

/* The wrapper of a function of mod_ssl; NULL: it stays as it is. */
static const void *wrapper_of(const ap_expr_lookup_parms *parms)
{
    switch (parms->type) {
    case AP_EXPR_FUNC_VAR:
        return describes_certificate(parms->name) ? (const void *)wrapped_variable : NULL;
    case AP_EXPR_FUNC_STRING:
        return strcasecmp(parms->name, "SSL") ? NULL : (const void *)wrapped_string;
    case AP_EXPR_FUNC_LIST:
        return strcasecmp(parms->name, "PeerExtList") ? NULL : (const void *)wrapped_list;
    default:
        return NULL;
    }
}

int cc_tolerance_expr(ap_expr_lookup_parms *parms)
{
    const void *wrapper = wrapper_of(parms);
    wrapped_t found = {NULL, NULL}, *wrapped;
    ap_expr_lookup_parms inner = *parms;
    int status;

    if (!wrapper || parms->flags & WITHOUT_WRAPPING) {
        return DECLINED;
    }
    inner.flags |= WITHOUT_WRAPPING;
    inner.func = &found.function;
    inner.data = &found.data;
    status = ap_run_expr_lookup(&inner);
    if (status == OK) {
        wrapped = apr_pmemdup(parms->pool, &found, sizeof(found));
        *parms->func = wrapper;
        *parms->data = wrapped;
    }
    return status;
}
