/* SPDX-License-Identifier: Apache-2.0 */
/* Sets and counts what is the same for every source of clients: dates, and revocation. */
#include <string.h>

#include "cert/cert.h"
#include "httpd/metrics/counted.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/expiring.h"
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

cc_rejection_t cc_client_rejection(const cc_seal_t *seal, const cc_revocation_status_t *status)
{
    static const cc_rejection_t rejections[] = {
        [CC_TRUST_OK] = CC_REJECTED_NOT_REPORTED,
        [CC_TRUST_NO_RECORD] = CC_REJECTED_NO_RECORD,
        [CC_TRUST_BAD_RECORD] = CC_REJECTED_BAD_RECORD,
        [CC_TRUST_FAILED] = CC_REJECTED_NOT_VERIFIED,
        [CC_TRUST_OTHER_TRUST] = CC_REJECTED_OTHER_TRUST,
        [CC_TRUST_CA_LEFT] = CC_REJECTED_OTHER_TRUST,
        [CC_TRUST_NOT_YET] = CC_REJECTED_NOT_YET,
        [CC_TRUST_EXPIRED] = CC_REJECTED_EXPIRED,
        [CC_TRUST_NOT_CLIENT] = CC_REJECTED_NOT_CLIENT,
        [CC_TRUST_NO_ISSUER] = CC_REJECTED_NOT_PINNED,
    };

    if (status->problem) {
        return status->verdict == CC_REVOCATION_REVOKED ? CC_REJECTED_REVOKED
                                                        : CC_REJECTED_NOT_KNOWN;
    }
    return rejections[seal->state];
}

/*
 * Makes the mark from octets of the signature, which are practically random after the first `skip`
 * octets. A certificate that verifies has them from its CA: its holder cannot choose them.
 */
static void mark_set(cc_mark_t *mark, const X509 *x509)
{
    const ASN1_BIT_STRING *signature;
    const size_t skip = 8; /* with ECDSA, the headers of a sequence and of its first number */

    X509_get0_signature(&signature, NULL, x509);
    if (ASN1_STRING_length(signature) >= (int)(skip + sizeof(*mark))) {
        memcpy(mark, ASN1_STRING_get0_data(signature) + skip, sizeof(*mark));
    }
}

void cc_client_expiry_tell(cc_client_t *client, const X509 *x509, request_rec *r)
{
    /* The holder of a pinned key writes the dates, and can make any number of certificates. */
    if (!client->facts.pinned && cc_expiring_soon(client->not_after, r->request_time)) {
        client->expires_soon = true;
        mark_set(&client->mark, x509);
        cc_counters_expiring(r, client->cert, &client->mark);
    }
}
