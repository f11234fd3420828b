/* SPDX-License-Identifier: Apache-2.0 */
/* Defines a client: its certificate, the facts about it, and the source that it came from. */
#ifndef CC_PEER_CLIENT_H
#define CC_PEER_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>

#include "cert/cert.h"
#include "httpd/conf/module.h"
#include "httpd/metrics/counted.h"
#include "httpd/metrics/expiring.h"
#include "httpd/peer/client_map.h"
#include "revocation/revocation.h"
#include "rules/rules.h"
#include "trust/cause.h"
#include "trust/trust.h"

struct cc_client_t;
struct cc_memo_t; /* request/identity.c: the result of one rule set for a client */
struct conn_rec;
struct request_rec;

/**
 * A source of client certificates; there is one constant for each source. TLS is the first source:
 * each connection has one client. Another source may have many clients on one connection.
 */
typedef struct cc_client_source_t {
    /**
     * The client of a request that has taken over its connection, on which no other certificate can
     * be presented: judged again at this moment, or NULL if it is gone. Called in the request's
     * thread.
     */
    struct cc_client_t *(*again)(struct cc_client_t *client, struct request_rec *r);

    /**
     * Called when a request is refused because its client, whose certificate had verified, no
     * longer gives an identity. Ends the connection after the answer, if no other client uses it.
     * In the request's thread.
     */
    void (*end)(struct cc_client_t *client, struct request_rec *r);

    /**
     * A pool in which the thread of this connection (or stream) may allocate one object that lives
     * as long as the client; NULL: its share is used up, or the client may be dropped before the
     * connection ends. Then use `map`.
     */
    apr_pool_t *(*pool)(const struct cc_client_t *client, struct conn_rec *c);

    /**
     * The map of further data about the clients of this connection, by their numbers; NULL: no data
     * so far (`make`: no memory). Any thread.
     */
    cc_client_map_t *(*map)(const struct cc_client_t *client, struct conn_rec *c, bool make);

    /**
     * The certificates between the client's and the root in its verified path, as cc_trust_path
     * gives them, for the virtual host that judged the client; NULL: no path can be built now. The
     * caller frees it. Costs a verification. Called in the thread of this connection (or stream).
     * NULL in place of the function: the source knows no path.
     */
    STACK_OF(X509) * (*path)(const struct cc_client_t *client, struct conn_rec *c);
} cc_client_source_t;

/**
 * A client as one virtual host judges it. Lives as long as the request, and is shared by the
 * streams of an HTTP/2 connection: all but the last three members are constant.
 */
typedef struct cc_client_t {
    const cc_client_source_t *source;
    const cc_cert_t *cert;
    apr_uint64_t number;        /* identifies it in the map of its source; never reused */
    cc_facts_t facts;           /* `now` is not set: cc_client_facts */
    const char *problem;        /* NULL, or why it gives no identity (dates aside): for the log */
    const char *public_problem; /* the same, in a form that the client may see */
    cc_fault_t fault;           /* the same, for code; CC_CAUSE_NONE: there is no problem */
    const cc_verdict_t *failed; /* NULL, or the verdict that a lookup failed, which is the problem:
                                   whether it has an identity is not known */
    apr_time_t not_before, not_after; /* its own dates */
    apr_time_t until;                 /* until when it gives an identity, if it does */
    const char *expired_reason;       /* the reason after that, in plain words */
    cc_fault_t lapse;  /* the same, for code: CC_CAUSE_EXPIRED, or CC_CAUSE_TOO_OLD */
    bool verified;     /* once it gives no identity, its requests are refused */
    bool misdirected;  /* only the host of the handshake, another one, may accept it: its requests
                          belong on another connection (ClientCertCA) */
    bool expires_soon; /* by its own notAfter; `mark` is set */
    cc_mark_t mark;
    _Atomic(struct cc_memo_t *) memos;
    _Atomic(apr_time_t) prompt; /* request_time of a request that arrived promptly */
    atomic_flag dates_logged;
} cc_client_t;

/** Why there is no client. Neither member set: no certificate was presented. */
typedef struct cc_nobody_t {
    const char *unproven; /* why the certificate is not trusted, in plain words */
    bool gone;            /* mod_ssl has freed the TLS connection */
    bool passed_on;       /* a trusted proxy passed on what there is, or nothing */
} cc_nobody_t;

/** What is wrong with the client's certificate at a time; CC_CAUSE_NONE: nothing. */
static inline cc_fault_t cc_client_fault(const cc_client_t *client, apr_time_t now)
{
    if (client->fault.cause == CC_CAUSE_NONE && now < client->not_before) {
        return (cc_fault_t){CC_CAUSE_NOT_YET_VALID, 0, 0};
    }
    return client->fault.cause == CC_CAUSE_NONE && now > client->until ? client->lapse
                                                                       : client->fault;
}

/**
 * Finds the client of a request on a connection that has no TLS of its own (peer.h). NULL: there is
 * none, and *why may be filled in. Called in the request's thread. Begins a struct of its source.
 */
typedef struct cc_client_finder_t {
    cc_client_t *(*find)(const struct cc_client_finder_t *finder, struct request_rec *r,
                         cc_nobody_t *why);
} cc_client_finder_t;

/**
 * Sets the time until which the dates, the verdict in `seal` and the age of a certificate allow an
 * identity. `max_age`: ClientCertMaxAge, 0: any.
 */
void cc_client_span_set(cc_client_t *client, const cc_seal_t *seal, apr_interval_time_t max_age);

/** Takes the status of a certificate by CRLs and OCSP: its facts and, if any, its problem. */
void cc_client_revocation_set(cc_client_t *client, const cc_revocation_status_t *status);

/** How a certificate that gives no identity is counted: by its verdict, or its revocation. */
cc_rejection_t cc_client_rejection(const cc_seal_t *seal, const cc_revocation_status_t *status);

/** Counts a new client without a problem whose certificate will expire soon, and marks it. */
void cc_client_expiry_tell(cc_client_t *client, const X509 *x509, struct request_rec *r);

/** The facts of the client at a time. */
static inline cc_facts_t cc_client_facts(const cc_client_t *client, apr_time_t now)
{
    cc_facts_t facts = client->facts;

    facts.now = now;
    return facts;
}

#endif
