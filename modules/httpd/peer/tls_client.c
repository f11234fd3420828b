/* SPDX-License-Identifier: Apache-2.0 */
/* Judges the certificate of a TLS client for a virtual host: trust, dates and revocation. */
#include <apr_strings.h>

#include <http_ssl.h>

#include "cert/cert.h"
#include "httpd/conf/module.h"
#include "httpd/log/log.h"
#include "httpd/metrics/counted.h"
#include "httpd/metrics/counters.h"
#include "httpd/peer/client.h"
#include "httpd/peer/client_pin.h"
#include "httpd/peer/peer.h"
#include "httpd/peer/tls_client.h"
#include "httpd/peer/vhost.h"
#include "revocation/revocation.h"
#include "tables/table.h"
#include "trust/path.h"
#include "trust/trust.h"

static apr_status_t free_x509(void *data)
{
    X509_free(data);
    return APR_SUCCESS;
}

static apr_status_t free_session(void *data)
{
    SSL_SESSION_free(data);
    return APR_SUCCESS;
}

/*
 * Holds the certificate and the session: while they are held, no other object can have their
 * addresses.
 */
static void entry_hold(cc_tls_client_t *entry, SSL *ssl, apr_pool_t *p)
{
    entry->x509 = SSL_get1_peer_certificate(ssl);
    apr_pool_cleanup_register(p, entry->x509, free_x509, apr_pool_cleanup_null);
    entry->session = SSL_get1_session(ssl);
    apr_pool_cleanup_register(p, entry->session, free_session, apr_pool_cleanup_null);
}

static bool mod_ssl_agrees(request_rec *r)
{
    const char *verify =
        ap_ssl_var_lookup(r->pool, r->server, r->connection, r, "SSL_CLIENT_VERIFY");

    return verify && !strcmp(verify, "SUCCESS");
}

/* The fault of a certificate whose verdict, or whose lack of one, is not that of a verification. */
static cc_fault_t fault_of(const cc_seal_t *seal)
{
    bool failed = seal->state == CC_TRUST_FAILED || seal->state == CC_TRUST_NOT_CLIENT ||
                  seal->state == CC_TRUST_CA_LEFT || seal->state == CC_TRUST_NO_ISSUER;

    return failed ? seal->fault : (cc_fault_t){CC_CAUSE_NO_VERDICT, 0, 0};
}

static const char *problem_set(cc_client_t *client, cc_cause_t cause)
{
    client->fault = (cc_fault_t){cause, 0, 0};
    return cc_cause_text(cause);
}

/*
 * True if the handshake was for a host with other CAs or settings, and one of the two hosts has
 * ClientCertCA, or this one ClientCertPinned. Then a certificate that gives no identity here
 * belongs on another connection, since mod_ssl reports what the other host found. That host may not
 * even use this module: mod_ssl then resumes sessions there that it should not.
 */
static bool is_misdirected(const cc_vhost_t *host, const SSL *ssl)
{
    const cc_vhost_t *first = cc_vhost_of_ssl(ssl);

    return (host->cas || host->pinning || (first && first->cas)) &&
           !(first && cc_trust_same(first->trust, host->trust));
}

/*
 * Verifies again, with the CAs that the host has now. If that fails although it was the host of the
 * handshake, mod_ssl still reports the certificate as verified. It is then refused as a revoked one
 * is.
 */
static void reverify(cc_tls_client_t *entry, const cc_vhost_t *host, SSL *ssl)
{
    bool left = entry->seal.state == CC_TRUST_CA_LEFT && !is_misdirected(host, ssl);

    entry->reverified = true;
    cc_trust_reverify(&entry->seal, entry->trust, entry->x509, SSL_get_peer_cert_chain(ssl),
                      apr_time_now());
    if (left && entry->seal.state != CC_TRUST_OK) {
        entry->client.verified = true;
        entry->seal.state = CC_TRUST_CA_LEFT;
        entry->seal.fault = (cc_fault_t){CC_CAUSE_CA_LEFT, 0, 0};
    }
}

/*
 * NULL, or why the certificate is not trusted. A host verifies again if it trusts other CAs than
 * the host of the handshake (RFC 9110 7.4), or than it did then. *verified_at: the time of the
 * handshake, from which the age counts.
 */
static const char *judge(cc_tls_client_t *entry, apr_time_t *verified_at, request_rec *r, SSL *ssl,
                         apr_pool_t *p)
{
    const cc_vhost_t *host = cc_vhost_with_tls(r->server);

    if (!host) {
        return problem_set(&entry->client, CC_CAUSE_NO_TLS);
    }
    cc_trust_unseal(&entry->seal, host->trust, entry->session, entry->x509);
    *verified_at = entry->seal.verified_at;
    if (entry->seal.state == CC_TRUST_OTHER_TRUST || entry->seal.state == CC_TRUST_CA_LEFT) {
        reverify(entry, host, ssl);
    }
    if (entry->seal.state != CC_TRUST_OK) {
        entry->client.misdirected =
            entry->seal.state != CC_TRUST_NO_ISSUER && is_misdirected(host, ssl);
        entry->client.fault = fault_of(&entry->seal);
        return cc_seal_text(&entry->seal, entry->x509, p);
    }
    return mod_ssl_agrees(r) ? NULL : problem_set(&entry->client, CC_CAUSE_NOT_REPORTED);
}

static void entry_facts(cc_tls_client_t *entry, const request_rec *r, SSL *ssl, apr_pool_t *p)
{
    cc_facts_t *facts = &entry->client.facts;
    const char *sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    facts->host = r->server;
    facts->via = CC_VIA_TLS;
    facts->tls_known = true;
    facts->tls_version = SSL_get_version(ssl);
    facts->tls_cipher = SSL_get_cipher_name(ssl);
    facts->tls_sni = sni ? apr_pstrdup(p, sni) : NULL;
    facts->tls_resumed = SSL_session_reused(ssl);
    cc_trust_facts(facts, entry->trust, &entry->seal, entry->x509, SSL_get_peer_cert_chain(ssl), p);
}

static cc_rejection_t rejection_of(const cc_tls_client_t *entry)
{
    return entry->trust ? cc_client_rejection(&entry->seal, &entry->revocation.status)
                        : CC_REJECTED_NO_TLS;
}

static cc_verified_t verified_of(const cc_tls_client_t *entry, SSL *ssl)
{
    return (cc_verified_t){entry->x509, &entry->seal, SSL_get_peer_cert_chain(ssl)};
}

/*
 * mod_ssl accepts the certificate of a CA as that of a client. From now on, its conditions and
 * variables do not: only on HTTP/1.1, since the streams of an HTTP/2 connection share the SSL.
 */
static void not_client_tell(const cc_tls_client_t *entry, const request_rec *r, SSL *ssl)
{
    if (entry->seal.state == CC_TRUST_NOT_CLIENT && !r->connection->master) {
        SSL_set_verify_result(ssl, X509_V_ERR_INVALID_PURPOSE);
    }
}

/* `verified_at`: the time of the handshake, also if the certificate was verified again since. */
static void span_set(cc_tls_client_t *entry, const cc_vhost_t *host, apr_time_t verified_at)
{
    cc_seal_t seal = entry->seal;

    seal.verified_at = verified_at;
    cc_client_span_set(&entry->client, &seal, host ? host->max_age : 0);
}

/* A failure that ClientCertTolerate tolerated was counted and logged in the handshake. */
static bool is_told(const cc_tls_client_t *entry, const request_rec *r)
{
    const cc_vhost_t *host = cc_vhost_of(r->server);

    return entry->seal.state == CC_TRUST_FAILED && host && host->tolerates &&
           atomic_load(&cc_peer_of(r->connection)->tolerated);
}

/* Counts and logs the answer of a client whose key was looked up. */
static void pin_tell(const cc_tls_client_t *entry, request_rec *r)
{
    const cc_client_t *client = &entry->client;
    const cc_log_client_t logged = {client->cert, &client->facts};

    if (client->failed) {
        cc_log_failure(r, logged, client->failed);
    } else if (client->facts.pinned) {
        cc_counters_pinned(r->server);
        cc_log_pinned(r, logged, cc_table_name(entry->pin.by->table));
    }
}

/* Counts and logs that it gives no identity, or that it will expire soon. */
static void entry_tell(cc_tls_client_t *entry, request_rec *r)
{
    cc_client_t *client = &entry->client;

    if (entry->pin.by) {
        pin_tell(entry, r);
    }
    if (client->problem && !client->failed && !is_told(entry, r)) {
        cc_counters_rejected(r->server, rejection_of(entry));
        cc_log_problem(r, (cc_log_client_t){client->cert, &client->facts}, client->problem);
    } else if (!client->problem) {
        cc_client_expiry_tell(client, entry->x509, r);
    }
}

cc_tls_client_t *cc_tls_client_make(request_rec *r, SSL *ssl, const cc_tls_judge_t *by,
                                    apr_pool_t *p)
{
    cc_tls_client_t *entry = apr_pcalloc(p, sizeof(*entry));
    cc_client_t *client = &entry->client;
    apr_time_t verified_at = 0;

    entry_hold(entry, ssl, p);
    entry->trust = by->host ? by->host->trust : NULL;
    atomic_init(&entry->number, by->number);
    client->problem = client->public_problem = judge(entry, &verified_at, r, ssl, p);
    client->cert = cc_cert_wrap(entry->x509, p);
    if (entry->seal.state == CC_TRUST_NO_ISSUER && by->host->pinning) {
        cc_client_pin_take(&entry->pin, client, by->host->pinning, p);
    }
    client->verified |= client->problem == NULL;
    not_client_tell(entry, r, ssl);
    entry_facts(entry, r, ssl, p);
    if (client->facts.pinned) {
        client->facts.revocation = "unchecked"; /* no CA could revoke it */
    } else if (by->host) {
        cc_verified_t cert = verified_of(entry, ssl);

        cc_client_revocation_take(&entry->revocation, client, by->host->revocation, &cert, p);
    }
    span_set(entry, by->host, verified_at);
    entry_tell(entry, r);
    return entry;
}

/*
 * True if the verdict does not depend on CAs that came or left since. One that failed in the
 * handshake is final, but one that failed for this host since then may succeed with the CAs of now.
 */
static bool verdict_holds(const cc_tls_client_t *entry)
{
    return entry->seal.state == CC_TRUST_OK ? cc_trust_holds(entry->trust, &entry->seal)
                                            : !entry->reverified;
}

bool cc_tls_client_renew(cc_tls_client_t *entry, request_rec *r, SSL *ssl, const cc_tls_judge_t *by)
{
    if (atomic_load_explicit(&entry->number, memory_order_relaxed) != by->number &&
        !verdict_holds(entry)) {
        return false;
    }
    if (!cc_client_pin_holds(&entry->pin, r->request_time) &&
        !cc_client_pin_renew(&entry->pin, &entry->client, r->pool)) {
        return false;
    }
    if (!cc_client_revocation_holds(&entry->revocation, by->host ? by->host->revocation : NULL)) {
        cc_verified_t cert = verified_of(entry, ssl);

        if (!cc_client_revocation_renew(&entry->revocation, by->host->revocation, &cert, r->pool)) {
            return false;
        }
    }
    atomic_store_explicit(&entry->number, by->number, memory_order_relaxed);
    return true;
}
