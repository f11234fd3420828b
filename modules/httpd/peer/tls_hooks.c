/* SPDX-License-Identifier: Apache-2.0 */
/* Seals verdicts into sessions in the handshake, and ends sessions that are no longer accepted. */
#include <http_main.h>
#include <mod_ssl_openssl.h>

#include "ca/ca.h"
#include "cert/cert.h"
#include "httpd/background/ca_expiry.h"
#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/log/log.h"
#include "httpd/metrics/counted.h"
#include "httpd/metrics/counters.h"
#include "httpd/peer/peer.h"
#include "httpd/peer/ticket_key.h"
#include "httpd/peer/tls_hooks.h"
#include "httpd/peer/vhost.h"
#include "revocation/revocation.h"
#include "trust/trust.h"

/* ---- the CAs that CertificateRequest names ------------------------------------------------ */

/*
 * mod_ssl's context has the names of the CAs at the start. A connection gets those of the moment
 * when it begins, whatever requests a certificate later: a renegotiation, or a post-handshake
 * authentication in a resumed session. So the names are set once, by the first callback that knows
 * the virtual host: cert_cb in a full handshake, otherwise the one that finds the session.
 */
static void names_set(SSL *ssl, const cc_vhost_t *host)
{
    cc_peer_t *peer = cc_peer_of(SSL_get_app_data(ssl));
    STACK_OF(X509_NAME) * names;

    if (!host || !host->cas || !peer || peer->named) {
        return;
    }
    peer->named = true;
    names = cc_trust_new_names(host->trust);
    if (names) {
        SSL_set_client_CA_list(ssl, names);
    }
}

/* SSL_CTX_set_cert_cb: before the server chooses its certificate, in each full handshake. */
static int before_certificate(SSL *ssl, void *arg)
{
    (void)arg;
    names_set(ssl, cc_vhost_of_ssl(ssl));
    return 1;
}

/* ---- which sessions may be resumed ------------------------------------------------------- */

/* True for a session that is accepted except for its age or its revocation by CRLs. */
static bool has_lapsed(const cc_vhost_t *host, SSL_SESSION *session, apr_time_t now)
{
    cc_seal_t seal;
    cc_verified_t cert = {SSL_SESSION_get0_peer(session), &seal, NULL};

    if (!cert.x509 || (!host->revocation && host->max_age == 0)) {
        return false;
    }
    cc_trust_unseal(&seal, host->trust, session, cert.x509);
    return (host->max_age > 0 && now > seal.verified_at + host->max_age) ||
           (host->revocation && cc_revocation_blocks_resumption(host->revocation, &cert, now));
}

static bool may_resume(SSL *ssl, SSL_SESSION *session)
{
    const cc_vhost_t *host = cc_vhost_of_ssl(ssl);
    apr_time_t now = apr_time_now();

    cc_peer_forget(SSL_get_app_data(ssl));
    names_set(ssl, host);
    if (host && !host->guards_resumption) {
        return true;
    }
    return host && cc_trust_may_resume(host->trust, session, host->session_age, now) &&
           !has_lapsed(host, session, now);
}

static SSL_TICKET_RETURN resume_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *keyname,
                                       size_t keyname_len, SSL_TICKET_STATUS status, void *arg)
{
    (void)keyname;
    (void)keyname_len;
    (void)arg;
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    if (!may_resume(ssl, session)) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

static SSL_SESSION *resume_cached(SSL *ssl, const unsigned char *id, int id_len, int *copy)
{
    const cc_vhost_t *host = cc_vhost_of_ssl(ssl);
    SSL_SESSION *session = host ? host->get_session(ssl, id, id_len, copy) : NULL;

    if (session && !may_resume(ssl, session)) {
        if (!*copy) { /* mod_ssl has given a reference, which is released here */
            SSL_SESSION_free(session);
        }
        return NULL;
    }
    return session;
}

/* ---- certificates that end the handshake -------------------------------------------------- */

/*
 * CRLs of this module end the handshake, as CRLs of mod_ssl would, since other code relies on
 * SSL_CLIENT_VERIFY.
 */
static int object(X509 *leaf, const cc_seal_t *seal, int *depth, void *revocation)
{
    cc_verified_t cert = {leaf, seal, NULL};

    return cc_revocation_objection(revocation, &cert, apr_time_now(), depth);
}

static cc_rejection_t family_of(cc_cause_t cause)
{
    switch (cause) {
    case CC_CAUSE_REVOKED:
        return CC_REJECTED_REVOKED;
    case CC_CAUSE_NO_CRL:
    case CC_CAUSE_CRL_EXPIRED:
    case CC_CAUSE_CRL_NOT_YET_VALID:
    case CC_CAUSE_CRL_BAD:
    case CC_CAUSE_OCSP:
        return CC_REJECTED_NOT_KNOWN;
    case CC_CAUSE_EXPIRED:
        return CC_REJECTED_EXPIRED;
    case CC_CAUSE_NOT_YET_VALID:
        return CC_REJECTED_NOT_YET;
    case CC_CAUSE_CA_CERTIFICATE:
    case CC_CAUSE_PURPOSE:
    case CC_CAUSE_SERVER_ONLY:
        return CC_REJECTED_NOT_CLIENT;
    default:
        return CC_REJECTED_NOT_VERIFIED;
    }
}

static cc_rejection_t rejection_of(const cc_refusal_t *refusal)
{
    return refusal->seal || refusal->tolerated ? family_of(refusal->fault.cause)
                                               : CC_REJECTED_HANDSHAKE;
}

/*
 * CRLs give a more precise reason than the error number. The number is used if the CRLs have
 * changed since.
 */
static const char *reason_of(const cc_refusal_t *refusal, const server_rec *s, apr_pool_t *p)
{
    cc_verified_t cert = {refusal->leaf, refusal->seal, NULL};
    cc_revocation_status_t status = {0};

    if (refusal->seal) {
        cc_revocation_check_crls(&status, cc_vhost_of(s)->revocation, &cert, apr_time_now(), p);
    }
    return status.problem ? status.problem
                          : cc_fault_text(&refusal->fault, refusal->leaf, refusal->cert, p);
}

/*
 * mod_ssl stores the connection in the SSL. The line has a pool of its own, because it is long and
 * the connection lives much longer.
 */
static void refused(const cc_refusal_t *refusal, void *server)
{
    conn_rec *c = SSL_get_app_data(refusal->ssl);
    cc_peer_t *peer = cc_peer_of(c);
    apr_pool_t *p;

    if (peer) {
        peer->refused = refusal->fault;
    }
    cc_counters_rejected(server, rejection_of(refusal));
    if (cc_log_wants_refusal(c, server, refusal->tolerated) &&
        apr_pool_create(&p, c->pool) == APR_SUCCESS) {
        cc_refused_t told = {cc_cert_wrap(refusal->leaf, p), cc_cert_wrap(refusal->cert, p),
                             refusal->fault.depth, reason_of(refusal, server, p),
                             refusal->tolerated};

        cc_log_refusal(c, server, &told, p);
        apr_pool_destroy(p);
    }
}

/*
 * OpenSSL puts the client's certificate into the tickets that follow a handshake, and ends the
 * connection if the session takes more than 65280 octets. The only other trace is "internal error",
 * so it is logged here, before that happens. The rest of a session takes some hundred octets. (TLS
 * 1.2 has tickets only for clients that request them.)
 */
#define TICKET_MOST 0xFF00
#define SESSION_REST 512

static bool outgrows_ticket(const SSL *ssl, X509 *leaf)
{
    return SSL_version(ssl) >= TLS1_3_VERSION && !(SSL_get_options(ssl) & SSL_OP_NO_TICKET) &&
           i2d_X509(leaf, NULL) > TICKET_MOST - SESSION_REST;
}

/* Notes on the connection whether it goes on with a certificate that failed. */
static void tolerated_note(const SSL *ssl, bool tolerated)
{
    cc_peer_t *peer = cc_peer_of(SSL_get_app_data(ssl));

    if (peer) {
        atomic_store(&peer->tolerated, tolerated);
    }
}

static int verify(X509_STORE_CTX *store_ctx, void *data)
{
    const cc_vhost_t *host = data;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store_ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    X509 *leaf = X509_STORE_CTX_get0_cert(store_ctx);
    int result = cc_trust_verify(store_ctx, host->trust);

    cc_peer_forget(SSL_get_app_data(ssl));
    if (host->tolerates || host->pinning) {
        tolerated_note(ssl, result > 0 && X509_STORE_CTX_get_error(store_ctx) != X509_V_OK);
    }
    if (result > 0 && host->guards_resumption && outgrows_ticket(ssl, leaf)) {
        cc_log_outgrown(SSL_get_app_data(ssl), SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)),
                        i2d_X509(leaf, NULL));
    }
    return result;
}

/* ---- mod_ssl's hooks --------------------------------------------------------------------- */

static void trust_set_up(const cc_vhost_t *host, server_rec *s)
{
    if (host->guards_resumption) {
        cc_trust_on_refusal(host->trust, refused, s);
        cc_ca_expiry_watch(s, host->trust);
    }
    if (host->tolerates) {
        cc_trust_tolerate(host->trust);
    }
    if (host->revocation) {
        cc_trust_on_success(host->trust, object, host->revocation);
    }
}

/*
 * Every context gets the callbacks, since the first one on an address owns the tickets and the
 * cache. In hosts that do not use the module, the callbacks accept everything.
 */
static void context_set_up(SSL_CTX *ctx, cc_vhost_t *host)
{
    SSL_CTX_set_cert_verify_callback(ctx, verify, host);
    SSL_CTX_set_session_ticket_cb(ctx, NULL, resume_ticket, NULL);
    host->get_session = SSL_CTX_sess_get_get_cb(ctx);
    if (host->get_session) {
        SSL_CTX_sess_set_get_cb(ctx, resume_cached);
    }
    if (host->cas) {
        SSL_CTX_set_cert_cb(ctx, before_certificate, NULL);
    }
}

int cc_tls_init_server(server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *ctx)
{
    cc_vhost_conf_t *conf = cc_vhost_conf_of(s);
    cc_vhost_t *host;

    if (is_proxy || cc_use_of(s) == CC_USE_NONE) {
        return OK;
    }
    host = apr_pcalloc(p, sizeof(*host));
    host->has_tls = true;
    host->guards_resumption = cc_use_of(s) == CC_USE_HERE;
    host->max_age = conf->max_age > 0 ? conf->max_age : 0;
    host->session_age = apr_time_from_sec(SSL_CTX_get_timeout(ctx));
    host->tolerates = conf->tolerate > 0;
    if (cc_vhost_open(host, s, ctx, p) != APR_SUCCESS ||
        cc_ticket_key_use(host, s, ctx, p) != APR_SUCCESS) {
        return APR_EGENERAL;
    }
    trust_set_up(host, s);
    context_set_up(ctx, host);
    if (cc_vhost_asks_more(host)) {
        cc_configuration_of(ap_server_conf)->ends_connections = true;
    }
    conf->vhost = host;
    return OK;
}
