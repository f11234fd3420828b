/* SPDX-License-Identifier: Apache-2.0 */
/* A client: the certificate on the other end of a connection, and what is known of it. */
#ifndef CC_PEER_CLIENT_H
#define CC_PEER_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "cert/cert.h"
#include "httpd/conf/module.h"
#include "httpd/metrics/expiring.h"

struct cc_memo_t; /* identity.c: what one rule set says of a client */

/**
 * What a client presented, as one virtual host judges it. Lives as long as the request; shared
 * by the streams of an HTTP/2 connection, so all but the last three members is constant.
 */
typedef struct cc_client_t {
    const cc_cert_t *cert;
    apr_uint64_t number; /* of all that its connection has had; never used again */
    bool lasts;          /* as long as the connection; else as long as a request holds it */
    cc_facts_t facts;    /* `now` is not set: cc_client_facts */
    const char *problem; /* NULL, or why it gives no identity (dates aside): for the log alone */
    const char *told;    /* the same as the client itself may know it */
    apr_time_t not_before, not_after; /* its own dates */
    apr_time_t until;                 /* so long it gives an identity, if it does */
    const char *over;                 /* in plain words, what it is after that */
    bool aged;                        /* ... by ClientCertMaxAge */
    bool closes;    /* it has verified: where it gives no identity all the same, its requests are
                       refused, and its connection ends */
    bool ends_soon; /* its own dates do: `mark` is set */
    cc_mark_t mark;
    _Atomic(struct cc_memo_t *) memos;
    _Atomic(apr_time_t) prompt; /* the request_time of one that was not slow */
    atomic_flag dates_logged;
} cc_client_t;

/** Why there is no client; neither of these: no TLS, or no certificate. */
typedef struct cc_nobody_t {
    const char *unproven; /* why nothing that came is to be believed, in plain words */
    bool gone;            /* mod_ssl has given the TLS connection up */
} cc_nobody_t;

/** The facts of the client's connection at the time of this request. */
static inline cc_facts_t cc_client_facts(const cc_client_t *client, const request_rec *r)
{
    cc_facts_t facts = client->facts;

    facts.now = r->request_time;
    return facts;
}

#endif
