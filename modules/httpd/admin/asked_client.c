/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a client of a certificate in a file: a source of clients without any connection. */
#include <apr_strings.h>

#include "cert/cert.h"
#include "httpd/admin/asked_client.h"
#include "httpd/background/tables.h"
#include "httpd/conf/judge.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/peer/client.h"
#include "httpd/peer/client_pin.h"
#include "revocation/revocation.h"
#include "trust/path.h"
#include "trust/trust.h"

/* ---- the source ------------------------------------------------------------------------- */

static cc_client_t *again(cc_client_t *client, request_rec *r)
{
    (void)r;
    return client;
}

static void end(cc_client_t *client, request_rec *r)
{
    (void)client;
    (void)r;
}

static apr_pool_t *pool_of(const cc_client_t *client, conn_rec *c)
{
    (void)c;
    return ((const cc_asked_client_t *)client)->pool;
}

static cc_client_map_t *no_map(const cc_client_t *client, conn_rec *c, bool make)
{
    (void)client;
    (void)c;
    (void)make;
    return NULL;
}

static const cc_client_source_t file = {.again = again, .end = end, .pool = pool_of, .map = no_map};

/* ---- the judgement ---------------------------------------------------------------------- */

/* OCSP, as far as it is known without asking a responder. */
static void ocsp_take(cc_asked_client_t *asked, const cc_sources_t *sources, STACK_OF(X509) * sent,
                      apr_pool_t *p)
{
    const cc_verified_t cert = {sk_X509_value(sent, 0), &asked->seal, sent};
    cc_ocsp_answer_t answer;

    asked->needs_no_responder = cc_revocation_ocsp_foresee(&answer, &sources->revocation, &cert, p);
    if (asked->needs_no_responder) {
        cc_revocation_add_ocsp(&asked->requests, &answer, p);
        cc_client_revocation_set(&asked->client, &asked->requests);
    } else {
        asked->client.facts.revocation = NULL;
    }
}

/* CRLs end the handshake; OCSP refuses requests. */
static void revocation_take(cc_asked_client_t *asked, const cc_sources_t *sources,
                            const cc_presented_t *presented)
{
    STACK_OF(X509) *sent = cc_trust_certs(presented->path, presented->pool);
    const cc_verified_t cert = {sk_X509_value(sent, 0), &asked->seal, NULL};

    asked->client.facts.revocation = "unchecked";
    if (!sources->revocation.crls && !sources->revocation.ocsp) {
        return;
    }
    cc_revocation_check_crls(&asked->revocation, &sources->revocation, &cert, apr_time_now(),
                             presented->pool);
    asked->requests = asked->revocation;
    cc_client_revocation_set(&asked->client, &asked->revocation);
    if (sources->revocation.ocsp && !asked->revocation.problem) {
        ocsp_take(asked, sources, sent, presented->pool);
    }
}

/* Without CAs, SSLVerifyClient optional_no_ca passes over what it cannot verify, but not the dates.
 */
static bool is_passed_over(const cc_sources_t *sources, const cc_presented_t *presented)
{
    X509 *x509 = sk_X509_value(cc_trust_certs(presented->path, presented->pool), 0);

    return sources->no_ca && cc_trust_dates(x509, apr_time_now()) == CC_TRUST_OK;
}

static bool ends_handshake(const cc_asked_client_t *asked, const cc_sources_t *sources,
                           const cc_presented_t *presented)
{
    if (sources->no_ca && cc_vhost_conf_of(sources->server)->tolerate == 1) {
        return false;
    }
    if (asked->revocation.problem) {
        return true;
    }
    return sources->judge.trust ? !asked->admitted : !is_passed_over(sources, presented);
}

/* Without a CA, the server requests a certificate, and verifies none. */
static bool requests(const cc_sources_t *sources)
{
    return sources->judge.trust ||
           (sources->view->tls != CC_TLS_OFF && sources->view->verify_client != CC_VERIFY_NONE);
}

/* Once the certificate is accepted, the server checks the signature that the client made. */
static void key_take(cc_asked_client_t *asked, const cc_sources_t *sources,
                     const cc_presented_t *presented)
{
    STACK_OF(X509) *sent = cc_trust_certs(presented->path, presented->pool);
    const cc_key_answer_t *key = cc_key_answer(sources->keys, sk_X509_value(sent, 0));

    asked->key = key;
    asked->refused = key->known && !key->tls12 && !key->tls13;
    if (asked->refused && !asked->client.problem) {
        asked->client.problem = apr_psprintf(
            presented->pool,
            "this server does not accept keys of this type (%s) with TLS 1.2 or 1.3", key->type);
    }
}

/* The handshake of a client with its own connection. */
static void handshake_judge(cc_asked_client_t *asked, const cc_sources_t *sources,
                            const cc_presented_t *presented)
{
    asked->refused = requests(sources) && ends_handshake(asked, sources, presented);
    if (requests(sources) && !asked->refused) {
        key_take(asked, sources, presented);
    }
    asked->presented = requests(sources) && !asked->refused;
}

/* A proxy has had its own handshake with the client. No certificate that it passes on ends one. */
static void passing_judge(cc_asked_client_t *asked, const cc_arrival_t *arrival)
{
    cc_client_t *client = &asked->client;

    client->verified = false;
    client->facts.via_proxy = arrival->proxy;
    asked->presented = !arrival->untrusted;
    if (arrival->untrusted) {
        client->problem = arrival->untrusted;
    }
}

/* ClientCertPinned is for the client's own connection: a proxy has verified what it passes on. */
static void pin_take(cc_asked_client_t *asked, const cc_sources_t *sources,
                     const cc_presented_t *presented)
{
    const cc_pinning_t *pinning = cc_vhost_conf_of(sources->server)->pinning;
    bool possible =
        pinning && sources->arrival.via == CC_VIA_TLS && !cc_tables_error(sources->server);

    if (possible && asked->seal.state == CC_TRUST_NO_ISSUER) {
        cc_client_pin_take(&asked->pin, &asked->client, pinning, presented->pool);
        asked->unverified = asked->client.problem;
    }
}

static void certificate_judge(cc_asked_client_t *asked, const cc_sources_t *sources,
                              const cc_presented_t *presented)
{
    STACK_OF(X509) *sent = cc_trust_certs(presented->path, presented->pool);
    cc_client_t *client = &asked->client;
    const cc_seal_t *seal = &asked->seal;

    asked->revocation = asked->requests = cc_revocation_unchecked();
    asked->unverified = cc_judge_certificate(&asked->seal, &asked->admitted, &sources->judge,
                                             presented->path, presented->pool);
    client->problem = client->public_problem = asked->unverified;
    client->fault = asked->seal.fault;
    pin_take(asked, sources, presented);
    cc_trust_facts(&client->facts, sources->judge.trust, seal, sk_X509_value(sent, 0), sent,
                   presented->pool);
    if (client->facts.pinned) {
        client->facts.revocation = "unchecked";
    } else if (sources->judge.trust && (!asked->unverified || seal->state == CC_TRUST_NOT_CLIENT)) {
        revocation_take(asked, sources, presented);
    }
    client->verified = !asked->unverified && !asked->revocation.problem; /* in the handshake */
    if (!client->problem) {
        client->problem = client->public_problem = asked->unverified;
        client->fault = asked->seal.fault;
    }
}

cc_asked_client_t *cc_asked_client_make(const cc_sources_t *sources,
                                        const cc_presented_t *presented)
{
    const cc_vhost_conf_t *conf = cc_vhost_conf_of(sources->server);
    cc_asked_client_t *asked = apr_pcalloc(presented->pool, sizeof(*asked));
    cc_client_t *client = &asked->client;

    asked->pool = presented->pool;
    client->source = &file;
    client->cert = presented->cert;
    client->facts.via = sources->arrival.via;
    client->facts.host = sources->server;
    certificate_judge(asked, sources, presented);
    cc_client_span_set(client, &asked->seal, conf->max_age > 0 ? conf->max_age : 0);
    if (sources->arrival.via == CC_VIA_TLS) {
        handshake_judge(asked, sources, presented);
    } else {
        passing_judge(asked, &sources->arrival);
    }
    asked->problem = client->problem;
    return asked;
}
