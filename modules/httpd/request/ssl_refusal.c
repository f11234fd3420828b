/* SPDX-License-Identifier: Apache-2.0 */
/* Finds out whether mod_ssl refused a request because it could get no certificate for it. */
#include <apr_strings.h>

#include <http_core.h>

#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/log/log.h"
#include "httpd/metrics/quota.h"
#include "httpd/peer/tls.h"
#include "httpd/request/identity.h"
#include "httpd/request/ssl_refusal.h"
#include "httpd/request/state.h"

/*
 * SSLVerifyClient in a <Location> makes mod_ssl request a certificate in its access hook, which
 * runs before that of this module. If it cannot get one, it answers 403. Access control has not
 * begun, so a text about rules would be wrong. mod_ssl reports two causes in notes of the request,
 * one of them for mod_http2. The other causes leave a handshake that did not finish.
 */

static const char *const texts[CC_SSL_REFUSED_COUNT] = {
    [CC_SSL_REFUSED_HTTP2] =
        "SSLVerifyClient requests a certificate here, which HTTP/2 does not allow within a "
        "connection: mod_http2 asks the client to repeat the request with HTTP/1.1",
    [CC_SSL_REFUSED_TWICE] =
        "SSLVerifyClient requests a certificate here, but the client was asked before, and with "
        "TLS 1.3 mod_ssl asks once per connection: set SSLVerifyClient in the virtual host only",
    [CC_SSL_REFUSED_UNABLE] =
        "SSLVerifyClient requests a certificate here, but this client cannot be asked after the "
        "handshake of TLS 1.3 (browsers based on Chromium cannot): set SSLVerifyClient in the "
        "virtual host",
    [CC_SSL_REFUSED_NONE] = "SSLVerifyClient requires a certificate here, but the client presented "
                            "none when it was asked",
    [CC_SSL_REFUSED_UNVERIFIED] =
        "SSLVerifyClient requires a certificate here, but that of the client did not verify",
    [CC_SSL_REFUSED_HANDSHAKE] =
        "SSLVerifyClient or SSLCipherSuite requires a TLS renegotiation here, which failed: the "
        "client presented no certificate, or does not renegotiate",
};

const char *cc_ssl_refused_text(cc_ssl_refused_t refused)
{
    return texts[refused];
}

static bool has_note(const request_rec *r, const char *name, const char *value)
{
    const char *note = apr_table_get(r->notes, name);

    return note && !strcmp(note, value);
}

/* From the notes of mod_ssl, which sets each of these in one place. */
static cc_ssl_refused_t by_notes(const request_rec *r)
{
    cc_tls_later_t later;

    if (has_note(r, "ssl-renegotiate-forbidden", "verify-client")) {
        return CC_SSL_REFUSED_HTTP2;
    }
    if (!has_note(r, "error-notes",
                  "Reason: Cannot perform Post-Handshake Authentication.<br />") ||
        !cc_tls_later(r, &later)) {
        return CC_SSL_REFUSED_NOT;
    }
    return later.asked ? CC_SSL_REFUSED_TWICE : CC_SSL_REFUSED_UNABLE;
}

static cc_ssl_refused_t by_handshake(const request_rec *r)
{
    cc_tls_later_t later;

    if (!cc_tls_later(r, &later) || !later.failed) {
        return CC_SSL_REFUSED_NOT;
    }
    if (!later.verified) {
        return CC_SSL_REFUSED_UNVERIFIED;
    }
    return later.tls13 ? CC_SSL_REFUSED_NONE : CC_SSL_REFUSED_HANDSHAKE;
}

/*
 * A request whose access phase reached the hook of this module was not refused by mod_ssl. With
 * Satisfy Any, Require may still admit a request that mod_ssl refused.
 */
static bool may_be_refused(const request_rec *r, const cc_request_t *kept)
{
    return r->status == HTTP_FORBIDDEN && !(kept && (kept->settled || kept->watched)) &&
           ap_satisfies((request_rec *)r) != SATISFY_ANY;
}

cc_ssl_refused_t cc_ssl_refused(const request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);
    cc_ssl_refused_t refused;

    if (!may_be_refused(r, kept)) {
        return CC_SSL_REFUSED_NOT;
    }
    if (kept && kept->ssl_refused != CC_SSL_REFUSED_NOT) {
        return kept->ssl_refused;
    }
    refused = by_notes(r);
    return refused != CC_SSL_REFUSED_NOT ? refused : by_handshake(r);
}

void cc_ssl_refused_note(request_rec *r)
{
    cc_ssl_refused_t refused;

    if (r->status != HTTP_FORBIDDEN || cc_use_ignores(r)) {
        return;
    }
    refused = cc_ssl_refused(r);
    if (refused != CC_SSL_REFUSED_NOT) {
        cc_request_of(r)->ssl_refused = refused;
    }
}

/* The reason, and for a certificate that did not verify, its fault. */
static const char *reason_of(request_rec *r)
{
    cc_ssl_refused_t refused = cc_ssl_refused(r);
    cc_fault_t fault = cc_tls_refused(r);

    if (refused != CC_SSL_REFUSED_UNVERIFIED || fault.cause == CC_CAUSE_NONE) {
        return texts[refused];
    }
    return apr_pstrcat(r->pool, texts[refused], fault.depth > 0 ? ": a CA above it: " : ": ",
                       cc_cause_text(fault.cause), NULL);
}

/* A client that speaks HTTP/2 repeats the request with HTTP/1.1, and mostly succeeds. */
static int level_of(cc_ssl_refused_t refused)
{
    return refused == CC_SSL_REFUSED_HTTP2 ? APLOG_INFO : APLOG_ERR;
}

void cc_ssl_refused_log(request_rec *r)
{
    cc_answer_t answer;
    int level;

    while (r && cc_ssl_refused(r) == CC_SSL_REFUSED_NOT) {
        r = r->next;
    }
    if (!r) {
        return;
    }
    level = level_of(cc_ssl_refused(r));
    if (APLOG_R_IS_LEVEL(r, level) && cc_quota_lets(r->server, CC_QUOTA_MOD_SSL)) {
        answer = cc_identity_presented(r);
        cc_log_ssl_refusal(r, level, answer.client ? answer.client->cert : NULL, reason_of(r));
    }
}
