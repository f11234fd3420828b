/* SPDX-License-Identifier: Apache-2.0 */
/* Public header of trust: the CAs of a verified path, for the fields ca.X, root.X and chain.X. */
#ifndef CC_TRUST_PATH_H
#define CC_TRUST_PATH_H

#include <apr_pools.h>

#include "cert/cert.h"
#include "trust/trust.h"

/**
 * Says what the configuration uses of verified paths. From CC_PATH_DIGESTS on, verdicts record the
 * digests of all CAs of their path, and sessions without them are not resumed. With CC_PATH_CERTS,
 * neither are sessions of which a CA is not at hand, because only the client has its certificate.
 * The client then has to make a full handshake, in which it sends it. Call it before the context
 * serves.
 */
void cc_trust_keep_path(cc_trust_t *trust, cc_path_need_t need);

/**
 * Sets the facts about the CAs above `leaf` that a verdict of `trust` (NULL: none) gives. Looks
 * their certificates up if the configuration uses them: in the store or the current set of `trust`,
 * and among those that the client sent (`untrusted`, NULL in a resumed session). `seal` must live
 * as long as the facts; the rest is in `p`, with references to the certificates. Leaves nothing in
 * OpenSSL's error queue. Any thread, as for cc_trust_unseal.
 */
void cc_trust_facts(cc_facts_t *facts, const cc_trust_t *trust, const cc_seal_t *seal, X509 *leaf,
                    STACK_OF(X509) * untrusted, apr_pool_t *p);

#endif
