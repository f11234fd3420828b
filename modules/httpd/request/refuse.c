/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses requests whose certificate was verified in the handshake and does not hold any more. */
#include <http_protocol.h>
#include <http_request.h>

#include "httpd/conf/module.h"
#include "httpd/peer/vhost.h"
#include "httpd/request/denial.h"
#include "httpd/request/identity.h"
#include "httpd/request/refuse.h"
#include "httpd/request/state.h"

/*
 * mod_ssl remembers that a certificate verified. Its conditions (SSLRequire, Require
 * ssl-verify-client, SSL_CLIENT_VERIFY in an expression), other modules and back ends read that for
 * as long as the connection lasts. So moving a CRL from mod_ssl to ClientCertCRL would let in those
 * whom it revokes. Instead such a request gets nothing but a 403, and its connection ends: the next
 * handshake tells the client what is wrong.
 *
 * Where there is revocation to ask about, this is done before anything else may answer (a cache
 * does so before access control). A certificate that a <Location> has asked for comes in the access
 * phase. What is refused there is refused again in the fixups, since Satisfy Any may let pass what
 * the access phase denied, be it by us or by a hook before ours.
 */

static bool asks_more(const server_rec *s)
{
    const cc_vhost_t *host = cc_vhost_of(s);

    return host && cc_vhost_asks_more(host);
}

/*
 * The page that says so is not refused in turn: neither that of a refusal, nor that of a request
 * that mod_ssl turned away. The pages of other errors may come before any refusal.
 */
static bool is_page_of_refusal(request_rec *r)
{
    const request_rec *led_here = cc_request_client(r)->prev;

    return led_here &&
           (led_here->status == HTTP_FORBIDDEN || led_here->status == HTTP_MISDIRECTED_REQUEST);
}

int cc_refuse(request_rec *r)
{
    if (is_page_of_refusal(r)) {
        return DECLINED;
    }
    cc_request_of(r)->refused = true;
    cc_denial_missing(r, "a certificate that still holds");
    return HTTP_FORBIDDEN;
}

int cc_refuse_early(request_rec *r)
{
    cc_answer_t answer;

    if (!asks_more(r->server)) {
        return DECLINED;
    }
    answer = cc_identity_presented(r);
    return cc_answer_refused(&answer) ? cc_refuse(r) : DECLINED;
}

int cc_refuse_again(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (!kept || !kept->settled) { /* its access phase ended before our hook, or was skipped */
        return cc_refuse_early(r);
    }
    return kept->refused ? HTTP_FORBIDDEN : DECLINED;
}
