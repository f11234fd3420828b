/* SPDX-License-Identifier: Apache-2.0 */
/* Determines the identity of a request. */
#ifndef CC_REQUEST_IDENTITY_H
#define CC_REQUEST_IDENTITY_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "httpd/request/state.h"
#include "rules/rules.h"

/** AUTH_TYPE of a mapped user; its address distinguishes it from that of SSLUserName. */
extern const char cc_auth_type[];

/** The failed lookup that makes the identity unknown; NULL: the identity is known. */
static inline const char *cc_answer_failure(const cc_answer_t *answer)
{
    return answer->verdict ? answer->verdict->failure : NULL;
}

/** True if the certificate was verified with the CAs of another host, and not with this one's. */
static inline bool cc_answer_misdirected(const cc_answer_t *answer)
{
    return answer->problem && answer->client && answer->client->misdirected;
}

/**
 * True if the request must be refused: mod_ssl has verified its certificate, but the certificate
 * was revoked, has expired or is too old, its CA has left, it is misdirected, or the client never
 * proved possession of the key. False for what a trusted proxy passed on: mod_ssl knows nothing of
 * it. True too, whatever the certificate, if the request asks for an account that is not one of the
 * client's (ClientCertAccount).
 */
static inline bool cc_answer_refused(const cc_answer_t *answer)
{
    if (!answer->problem || answer->wish) {
        return answer->problem != NULL;
    }
    if (!answer->client) {
        return answer->presented && !answer->passed_on;
    }
    return answer->client->verified || answer->client->misdirected;
}

/**
 * The identity of a request, by the rules and exports in effect for it. Costs a few comparisons if
 * the same was determined before on this connection. Even if a table changes, the answer stays the
 * same during the request; the next request follows the change. Any thread.
 */
cc_answer_t cc_identity_of(request_rec *r);

/** The same in the access phase: stores the answer in `kept`, which must be settled and own. */
void cc_identity_settle(request_rec *r, cc_request_t *kept);

/** The same for the rules of Require clientcert; `keep`: they live as long as the configuration. */
cc_answer_t cc_identity_by(request_rec *r, const cc_rules_t *rules, bool keep);

/**
 * As cc_identity_of, but evaluated again for a trace (explain.c): *trace has the steps (cc_step_t);
 * NULL: no rules were evaluated. The answer is neither kept nor logged, and has no exports.
 */
cc_answer_t cc_identity_explain(request_rec *r, const apr_array_header_t **trace);

/** An answer with the certificate and its `problem` alone; no rules are evaluated. */
cc_answer_t cc_identity_presented(request_rec *r);

/**
 * The moment at which a client is judged for a request, and for which dates, days_left and rows
 * with valid= count: that of the first line, or now if the request took longer to arrive.
 * For a stream of HTTP/2 that is older than a second it may also be now, at a later call.
 */
apr_time_t cc_identity_moment(const request_rec *r, cc_client_t *client);

/** True if the identity with which a request took over its connection has been lost. */
bool cc_identity_lost(request_rec *r, cc_client_t *client);

#endif
