/* SPDX-License-Identifier: Apache-2.0 */
/* Who the client of a request is. */
#ifndef CC_REQUEST_IDENTITY_H
#define CC_REQUEST_IDENTITY_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "httpd/request/state.h"
#include "rules/rules.h"

/** AUTH_TYPE of a user of ours; told from mod_ssl's SSLUserName by its address. */
extern const char cc_auth_type[];

/** NULL, or why it is not known who it is: a table has failed. */
static inline const char *cc_answer_failure(const cc_answer_t *answer)
{
    return answer->verdict ? answer->verdict->failure : NULL;
}

/**
 * Whether nothing but a refusal may be served: a certificate came that mod_ssl takes for verified,
 * and it was revoked, has expired, is too old, or was never proved.
 */
static inline bool cc_answer_refused(const cc_answer_t *answer)
{
    return answer->problem && (answer->client ? answer->client->verified : answer->presented);
}

/**
 * Who the client of this request is, by the rules and exports in effect for it. Some comparisons
 * where the connection has been asked the same before. Where tables are named, the answer stays the
 * same while the request lasts; the next request follows a change. Any thread.
 */
cc_answer_t cc_identity_of(request_rec *r);

/** The same in the access phase: it becomes the answer of `kept`, which is settled and its own. */
void cc_identity_settle(request_rec *r, cc_request_t *kept);

/** The same by rules of Require clientcert; `keep`: they live as long as the configuration. */
cc_answer_t cc_identity_by(request_rec *r, const cc_rules_t *rules, bool keep);

/**
 * As cc_identity_of, but evaluated anew to see how (explain.c): *trace are the steps (cc_step_t),
 * NULL where no rules were asked. Is not remembered, and not logged; gives no exports.
 */
cc_answer_t cc_identity_explain(request_rec *r, const apr_array_header_t **trace);

/** The certificate alone, with `problem`: no rules are asked. */
cc_answer_t cc_identity_presented(request_rec *r);

/** Whether a request that has taken its connection over has outlived the client it began with. */
bool cc_identity_lost(request_rec *r, cc_client_t *client);

#endif
