/* SPDX-License-Identifier: Apache-2.0 */
/* Sets what every source of clients sets in the same way: the dates, and the revocation status. */
#include "cert/cert.h"
#include "httpd/peer/client.h"
#include "revocation/revocation.h"
#include "trust/trust.h"

void cc_client_span_set(cc_client_t *client, const cc_seal_t *seal, apr_interval_time_t max_age)
{
    cc_cert_validity(client->cert, &client->not_before, &client->not_after);
    client->until = client->not_after;
    client->expired_reason = cc_cause_text(CC_CAUSE_EXPIRED);
    client->lapse = (cc_fault_t){CC_CAUSE_EXPIRED, 0, 0};
    if (seal->state == CC_TRUST_OK && seal->until < client->until) {
        client->until = seal->until;
        client->expired_reason = "a CA above it has expired";
        client->lapse.depth = 1; /* or further up */
    }
    if (max_age > 0 && seal->verified_at + max_age < client->until) {
        client->until = seal->verified_at + max_age;
        client->expired_reason = cc_cause_text(CC_CAUSE_TOO_OLD);
        client->lapse = (cc_fault_t){CC_CAUSE_TOO_OLD, 0, 0};
    }
}

void cc_client_revocation_set(cc_client_t *client, const cc_revocation_status_t *status)
{
    client->problem = status->problem;
    client->public_problem = status->public_problem;
    client->fault = status->fault;
    client->facts.revocation = cc_revocation_word(status->verdict);
    client->facts.revocation_reason = status->reason;
    client->facts.revoked_at = status->revoked_at;
}
