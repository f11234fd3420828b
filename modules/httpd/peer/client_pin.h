/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up the key of a client in the table of ClientCertPinned, and keeps the answer. */
#ifndef CC_PEER_CLIENT_PIN_H
#define CC_PEER_CLIENT_PIN_H

#include <stdatomic.h>
#include <stdbool.h>

#include "httpd/conf/vhost_conf.h"
#include "httpd/peer/client.h"
#include "tables/table.h"

/** What is known about the pin of a client. Constant but for the last three members. */
typedef struct cc_client_pin_t {
    const cc_pinning_t *by;           /* NULL: the client needs no pin */
    cc_table_result_t result;         /* of the first lookup */
    _Atomic(apr_uint64_t) generation; /* of the table at the last lookup; like the others, */
    _Atomic(apr_time_t) stale_at;     /* what came of that */
    _Atomic(apr_time_t) asked_at;     /* when it began; after a failure: when it ended */
} cc_client_pin_t;

/**
 * Looks up the key, or the digest, of a certificate that only lacks an issuer. If it is there, the
 * client has no problem, and its facts say that it is pinned; otherwise its problem says why. The
 * problem so far must be set. May wait for a remote table. Texts live as long as `p`. Any thread.
 */
void cc_client_pin_take(cc_client_pin_t *pin, cc_client_t *client, const cc_pinning_t *by,
                        apr_pool_t *p);

/**
 * For a client whose key was looked up: true if the answer is still valid for a request that began
 * at `since`. An answer that came during the request is valid for a second. Any thread.
 */
bool cc_client_pin_is_fresh(const cc_client_pin_t *pin, apr_time_t since);

/** False if the key has to be looked up again. Any thread. */
static inline bool cc_client_pin_holds(const cc_client_pin_t *pin, apr_time_t since)
{
    return !pin->by || cc_client_pin_is_fresh(pin, since);
}

/**
 * Looks up again. True if the answer is the same as before; its validity is then extended. May wait
 * for a remote table. Temporary memory is freed at once, unless there is none but `p`. Any thread.
 */
bool cc_client_pin_renew(cc_client_pin_t *pin, const cc_client_t *client, apr_pool_t *p);

/**
 * The result for a certificate at this moment. *why: the problem, in `p`; NULL if its key is there.
 * *stale_at may be NULL. Any thread.
 */
cc_table_result_t cc_pinning_lookup(const char **why, apr_time_t *stale_at,
                                    const cc_pinning_t *pinning, const cc_cert_t *cert,
                                    apr_pool_t *p);

#endif
