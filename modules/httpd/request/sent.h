/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the headers by which back ends get the certificate, the user and the groups of a client. */
#ifndef CC_REQUEST_SENT_H
#define CC_REQUEST_SENT_H

#include "httpd/conf/forwarding.h"
#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "rules/rules.h"

/** A header for back ends. */
typedef struct cc_sent_header_t {
    const char *name, *value;
} cc_sent_header_t;

/** The most headers of a client: certificate, chain, user, groups. */
#define CC_SENT_MAX 4

/** The headers of a client. Constant. */
typedef struct cc_sent_t {
    const char *fault; /* why nothing can be sent, so that the request fails; NULL: nothing is
                          wrong. Escaped */
    int count;         /* of headers; 0 with a fault */
    cc_sent_header_t at[CC_SENT_MAX];
} cc_sent_t;

/** What is sent, and of which client. */
typedef struct cc_sent_query_t {
    const cc_forward_cert_t *cert;         /* NULL: no certificate */
    const cc_forward_identity_t *identity; /* NULL: no user and no groups */
    const cc_client_t *client;             /* without a problem */
    const cc_verdict_t *verdict;           /* NULL: no rules are in effect. It has not failed */
    conn_rec *connection;                  /* or stream, of the calling thread */
    apr_pool_t *pool; /* of the caller, for what is needed only until the headers are made */
} cc_sent_query_t;

/**
 * The headers; NULL: there are none, since the rules give no identity or nothing is to be sent. In
 * `p`. Verifies the certificate again if its chain is sent. Any thread, each with its own pool.
 */
const cc_sent_t *cc_sent_make(const cc_sent_query_t *query, apr_pool_t *p);

#endif
