/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses requests whose certificate was verified in the handshake but is no longer accepted. */
#include <http_protocol.h>
#include <http_request.h>

#include "httpd/conf/configuration.h"
#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/metrics/counters.h"
#include "httpd/peer/peer.h"
#include "httpd/peer/tls.h"
#include "httpd/peer/vhost.h"
#include "httpd/request/account.h"
#include "httpd/request/denial.h"
#include "httpd/request/identity.h"
#include "httpd/request/refuse.h"
#include "httpd/request/state.h"

/*
 * mod_ssl keeps the result of the verification. Its conditions (SSLRequire, Require
 * ssl-verify-client, SSL_CLIENT_VERIFY in an expression), other modules and back ends use it for as
 * long as the connection lasts. So without this file, moving a CRL from mod_ssl to ClientCertCRL
 * would admit revoked clients. Instead, a request with such a certificate gets only a 403, and its
 * connection is closed: the client learns the reason in the next handshake.
 *
 * If revocation or other checks of this module are configured, requests are refused before any
 * other module can answer (a cache answers before access control). A certificate that a <Location>
 * requests arrives in the access phase. A request that is refused there is refused again in the
 * fixups, because Satisfy Any may override a denial of the access phase, by this module or by an
 * earlier hook.
 *
 * mod_ssl does not know of ClientCertCA. A request to a host with other CAs than those of the host
 * of the handshake, on one connection, is answered by mod_ssl with 421, but only if the hosts
 * differ in SSLCACertificateFile. So this file answers 421 if the second host, with its CAs and
 * CRLs, does not accept the certificate, whichever of the two has ClientCertCA. If the second host
 * does not use this module, requests to it are not looked at again after mod_ssl may have requested
 * a certificate. Then the answer is 421, whatever the client has presented so far.
 */

/*
 * The error page of a refusal is not refused itself, nor is the error page of a request that
 * mod_ssl rejected. Pages of other errors may be served before any refusal, so they are not exempt.
 */
static bool is_page_of_refusal(request_rec *r)
{
    const request_rec *led_here = cc_request_client(r)->prev;

    return led_here &&
           (led_here->status == HTTP_FORBIDDEN || led_here->status == HTTP_MISDIRECTED_REQUEST);
}

/* The wish for which a request is refused; NULL: it is refused for another reason. */
static const cc_wish_t *wish_of(const request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    return cc_request_served(r, kept) ? kept->answer.wish : NULL;
}

/* What the refused request lacks, for the log. */
static void missing_note(request_rec *r)
{
    const cc_wish_t *wish = wish_of(r);
    cc_missing_t missing = {.text = "a certificate that is still accepted"};

    if (wish) {
        missing.text = "an account of its own: ClientCertAccount";
        missing.where = wish->asked->where;
        cc_counters_wish_refused(r);
    }
    cc_denial_missing(r, &missing, true);
}

int cc_refuse(request_rec *r)
{
    cc_answer_t answer = cc_identity_presented(r);
    int status = cc_answer_misdirected(&answer) ? HTTP_MISDIRECTED_REQUEST : HTTP_FORBIDDEN;

    if (is_page_of_refusal(r)) {
        return DECLINED;
    }
    cc_request_of(r)->refused = status;
    if (status == HTTP_FORBIDDEN) {
        missing_note(r);
    }
    return status;
}

static int presented_refuse(request_rec *r)
{
    cc_answer_t answer = cc_identity_presented(r);

    return cc_answer_refused(&answer) ? cc_refuse(r) : DECLINED;
}

/*
 * The time between the first line of a request and the end of its header. With mod_reqtimeout, it
 * is at most 40 seconds by default.
 */
#define HEADER_MOST apr_time_from_sec(60)

/*
 * Up to when the next requests of the connection need not be judged here if the CAs stay the same;
 * 0: each has to be. During its last minute, a certificate is judged for each request: the time
 * that counts is the end of the header (identity.c), and a comparison has only that of the first
 * line.
 */
static apr_time_t accepted_until(const cc_answer_t *answer)
{
    if (answer->problem) {
        return answer->presented ? 0 : APR_INT64_MAX;
    }
    return answer->client->until - HEADER_MOST;
}

/* In a server with ClientCertCA, for requests that differ from the last one that was accepted. */
static __attribute__((noinline)) int accepted_or_refuse(request_rec *r)
{
    apr_uint64_t number =
        atomic_load_explicit(&cc_vhost_conf_of(r->server)->number, memory_order_acquire);
    apr_time_t until = APR_INT64_MAX;

    if (cc_use_ignores(r)) {
        if (cc_tls_has_cas(r)) {
            return HTTP_MISDIRECTED_REQUEST;
        }
    } else {
        cc_answer_t answer = cc_identity_presented(r);

        if (cc_answer_refused(&answer)) {
            return cc_refuse(r);
        }
        until = accepted_until(&answer);
    }
    if (until > 0) {
        cc_peer_accept(r, number, until);
    }
    return DECLINED;
}

int cc_refuse_early(request_rec *r)
{
    const cc_vhost_t *host = cc_vhost_of(r->server);

    if (!host || cc_request_forwarded(r)) {
        return DECLINED;
    }
    if (host->revocation || host->max_age > 0) {
        return presented_refuse(r);
    }
    if (!cc_configuration_of(r->server)->follows_cas || cc_peer_has_accepted(r)) {
        return DECLINED;
    }
    return accepted_or_refuse(r);
}

int cc_refuse_again(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (!kept || !kept->settled) { /* its access phase ended before our hook, or was skipped */
        return cc_refuse_early(r);
    }
    return kept->refused ? kept->refused : DECLINED;
}
