/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses requests whose certificate was verified in the handshake but is no longer accepted. */
#include <http_protocol.h>
#include <http_request.h>

#include "httpd/conf/configuration.h"
#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/peer/peer.h"
#include "httpd/peer/tls.h"
#include "httpd/peer/vhost.h"
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

int cc_refuse(request_rec *r)
{
    static const cc_missing_t accepted = {.text = "a certificate that is still accepted"};
    cc_answer_t answer = cc_identity_presented(r);
    int status = cc_answer_misdirected(&answer) ? HTTP_MISDIRECTED_REQUEST : HTTP_FORBIDDEN;

    if (is_page_of_refusal(r)) {
        return DECLINED;
    }
    cc_request_of(r)->refused = status;
    if (status == HTTP_FORBIDDEN) {
        cc_denial_missing(r, &accepted, true);
    }
    return status;
}

static int presented_refuse(request_rec *r)
{
    cc_answer_t answer = cc_identity_presented(r);

    return cc_answer_refused(&answer) ? cc_refuse(r) : DECLINED;
}

/* In a server with ClientCertCA, where the CAs may not be those of the handshake. */
static __attribute__((noinline)) int other_cas_refuse(request_rec *r)
{
    if (cc_use_ignores(r)) {
        return cc_tls_has_cas(r) ? HTTP_MISDIRECTED_REQUEST : DECLINED;
    }
    return presented_refuse(r);
}

int cc_refuse_early(request_rec *r)
{
    const cc_vhost_t *host = cc_vhost_of(r->server);

    if (!host) {
        return DECLINED;
    }
    if (host->revocation || host->max_age > 0) {
        return presented_refuse(r);
    }
    if (!cc_configuration_of(r->server)->follows_cas || cc_peer_is_of_host(r)) {
        return DECLINED;
    }
    return other_cas_refuse(r);
}

int cc_refuse_again(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (!kept || !kept->settled) { /* its access phase ended before our hook, or was skipped */
        return cc_refuse_early(r);
    }
    return kept->refused ? kept->refused : DECLINED;
}
