/* SPDX-License-Identifier: Apache-2.0 */
/* Judges a certificate that a proxy passed on for one virtual host. */
#ifndef CC_PEER_FORWARDED_CLIENT_H
#define CC_PEER_FORWARDED_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "forward/forward.h"
#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "httpd/peer/client_revocation.h"
#include "httpd/peer/forwarded.h"
#include "httpd/peer/octet_cache.h"
#include "httpd/peer/vhost.h"
#include "trust/trust.h"

struct cc_lasting_t; /* a pool for a result about the client */

/**
 * What a proxy passed on, as one host judges it: the data of an entry, in its pool. Any thread may
 * use it; constant but for what is atomic.
 */
typedef struct cc_forwarded_client_t {
    cc_client_t client; /* the first member: cc_client_source_t gives its address. Its source and
                           number are not set */
    cc_octet_entry_t *entry;
    const char *bad;            /* a literal or in the pool: why it is no certificate, and there is
                                   no client; NULL: there is one */
    cc_forwarded_certs_t certs; /* not set if it is bad */
    const cc_trust_t *trust;    /* of the host; NULL: it verifies no certificates */
    cc_seal_t seal;
    cc_client_revocation_t revocation;
    apr_time_t retry_at; /* if it did not verify: when it has to be verified again */
    _Atomic(struct cc_lasting_t *) pools; /* a list that grows only at its front */
    atomic_int given;                     /* pools */
} cc_forwarded_client_t;

/** The data of an entry that cc_forwarded_client_make or _again has made. */
static inline cc_forwarded_client_t *cc_forwarded_client_of(const cc_octet_entry_t *entry)
{
    return entry->data;
}

/**
 * Reads, verifies and checks what a proxy passed on, for the virtual host of a request. If it gives
 * no identity, this is logged and counted. `key` becomes that of the entry, of which the caller is
 * the holder. NULL: no memory. Any thread.
 */
cc_octet_entry_t *cc_forwarded_client_make(request_rec *r, const cc_forwarded_t *forwarded,
                                           const cc_octet_key_t *key);

/** The same for the certificates of a client of the same host, whose CAs have changed since. */
cc_octet_entry_t *cc_forwarded_client_again(request_rec *r, const cc_forwarded_client_t *before,
                                            const cc_octet_key_t *key);

/** False if it has to be checked or verified again. Any thread. */
bool cc_forwarded_client_holds(const cc_forwarded_client_t *data, const cc_vhost_t *host);

/** Checks its revocation again. True if nothing has changed; its validity is then extended. */
bool cc_forwarded_client_renew(cc_forwarded_client_t *data, request_rec *r);

/** A pool for one object that lives as long as the client; NULL: its share is used up. */
apr_pool_t *cc_forwarded_client_pool(cc_forwarded_client_t *data);

/** Logs why a trusted proxy passed on no certificate, within the quota; `reason` is escaped. */
void cc_forwarded_bad_log(request_rec *r, const cc_forwarded_t *forwarded, const char *reason);

#endif
