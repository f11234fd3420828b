/* SPDX-License-Identifier: Apache-2.0 */
/* Checks whether a certificate of a client was revoked, and keeps the answer while it is valid. */
#ifndef CC_PEER_CLIENT_REVOCATION_H
#define CC_PEER_CLIENT_REVOCATION_H

#include <stdatomic.h>
#include <stdbool.h>

#include "httpd/peer/client.h"
#include "revocation/revocation.h"

/** What is known about the revocation of a client. Constant but for the last two members. */
typedef struct cc_client_revocation_t {
    cc_revocation_status_t status;    /* of the first check; all zeros: nothing was checked */
    _Atomic(apr_uint64_t) generation; /* of the last check, like the next member; */
    _Atomic(apr_time_t) stale_at;     /* `status` keeps those of the first check */
} cc_client_revocation_t;

/**
 * Checks a certificate, if `revocation` is not NULL and the client has no problem so far: sets the
 * facts and the problem of the client. May wait for a responder. Texts live as long as `p`. Any
 * thread.
 */
void cc_client_revocation_take(cc_client_revocation_t *kept, cc_client_t *client,
                               const cc_revocation_t *revocation, const cc_verified_t *cert,
                               apr_pool_t *p);

/** For a client whose revocation was checked: true if the answer is still valid. Any thread. */
bool cc_client_revocation_is_fresh(const cc_client_revocation_t *kept,
                                   const cc_revocation_t *revocation);

/** False if its revocation has to be checked again. Any thread. */
static inline bool cc_client_revocation_holds(const cc_client_revocation_t *kept,
                                              const cc_revocation_t *revocation)
{
    return kept->status.verdict == CC_REVOCATION_UNCHECKED ||
           cc_client_revocation_is_fresh(kept, revocation);
}

/**
 * Checks again. True if the answer is the same as before; its validity is then extended. May wait
 * for a responder. `p` is for temporary memory. Any thread.
 */
bool cc_client_revocation_renew(cc_client_revocation_t *kept, const cc_revocation_t *revocation,
                                const cc_verified_t *cert, apr_pool_t *p);

#endif
