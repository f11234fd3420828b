/* SPDX-License-Identifier: Apache-2.0 */
/* The client on the other end of a request's connection, and memory that lasts as long as that. */
#ifndef CC_PEER_TLS_H
#define CC_PEER_TLS_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "httpd/peer/slots.h"

/**
 * What the other end of a request's connection presents at this moment; NULL: nothing, and *why is
 * filled in. Any thread, HTTP/2 streams in parallel.
 */
cc_client_t *cc_connection_peer(request_rec *r, cc_nobody_t *why);

/**
 * The client of a connection that a request has taken over (tunnel.c), where no certificate is
 * asked for any more; NULL: there is none, or none any longer. Its thread alone.
 */
cc_client_t *cc_connection_client(request_rec *r);

/**
 * Ends the connection of a request after its answer. To mod_ssl's conditions and variables its
 * certificate has failed from here on (HTTP/1.1; the streams of an HTTP/2 connection share what
 * they read, so nothing is written there).
 */
void cc_connection_end(request_rec *r);

/**
 * A pool in which this thread may allocate what is to live as long as the request's connection;
 * NULL where a connection has asked for more than its share: cc_connection_slots takes the rest.
 */
apr_pool_t *cc_connection_pool(request_rec *r);

/** What the request's connection remembers beyond that; NULL: nothing yet. `make`: it will. */
cc_slots_t *cc_connection_slots(request_rec *r, bool make);

#endif
