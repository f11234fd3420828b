/* SPDX-License-Identifier: Apache-2.0 */
/* A client: a certificate, what is known of it, and the source that it came from. */
#ifndef CC_PEER_CLIENT_H
#define CC_PEER_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "cert/cert.h"
#include "httpd/conf/module.h"
#include "httpd/metrics/expiring.h"
#include "httpd/peer/client_map.h"

struct cc_client_t;
struct cc_memo_t; /* request/identity.c: what one rule set says of a client */
struct conn_rec;
struct request_rec;

/**
 * The way by which certificates reach this server. One constant for each way; TLS is the first. A
 * connection is the client's own there. Another source may bring many clients on one connection.
 */
typedef struct cc_client_source_t {
    /**
     * The client of a request that has taken its connection over, where nothing new can be
     * presented any more: as it is judged at this moment, or NULL if it is there no longer. The
     * request's thread.
     */
    struct cc_client_t *(*again)(struct cc_client_t *client, struct request_rec *r);

    /**
     * A request is refused because its client, which had verified, gives no identity any more.
     * Ends the connection after the answer, if that is the client's own. The request's thread.
     */
    void (*end)(struct cc_client_t *client, struct request_rec *r);

    /**
     * A pool in which the thread of this connection (or stream) may allocate one thing that lives
     * as long as the client; NULL: it has had its share, or may be forgotten before the connection
     * ends. Then `map` takes it.
     */
    apr_pool_t *(*pool)(const struct cc_client_t *client, struct conn_rec *c);

    /**
     * The map of what else is remembered of the clients of this connection, by their numbers; NULL:
     * nothing so far (`make`: no memory). Any thread.
     */
    cc_client_map_t *(*map)(const struct cc_client_t *client, struct conn_rec *c, bool make);
} cc_client_source_t;

/**
 * What a client presented, as one virtual host judges it. Lives as long as the request, and is
 * shared by the streams of an HTTP/2 connection: all but the last three members is constant.
 */
typedef struct cc_client_t {
    const cc_client_source_t *source;
    const cc_cert_t *cert;
    apr_uint64_t number;        /* of all that the map of its source has seen; never used again */
    cc_facts_t facts;           /* `now` is not set: cc_client_facts */
    const char *problem;        /* NULL, or why it gives no identity (dates aside): for the log */
    const char *public_problem; /* the same as the client itself may know it */
    apr_time_t not_before, not_after; /* its own dates */
    apr_time_t until;                 /* so long it gives an identity, if it does */
    const char *expired_reason;       /* in plain words, what it is after that */
    bool aged;         /* ... by ClientCertMaxAge */
    bool verified;     /* where it gives no identity all the same, its requests are refused */
    bool expires_soon; /* by its own dates: `mark` is set */
    cc_mark_t mark;
    _Atomic(struct cc_memo_t *) memos;
    _Atomic(apr_time_t) prompt; /* the request_time of one that was not slow */
    atomic_flag dates_logged;
} cc_client_t;

/** Why there is no client; neither of these: nothing was presented. */
typedef struct cc_nobody_t {
    const char *unproven; /* why nothing that came is to be believed, in plain words */
    bool gone;            /* mod_ssl has given the TLS connection up */
} cc_nobody_t;

/** The facts of the client at a time. */
static inline cc_facts_t cc_client_facts(const cc_client_t *client, apr_time_t now)
{
    cc_facts_t facts = client->facts;

    facts.now = now;
    return facts;
}

#endif
