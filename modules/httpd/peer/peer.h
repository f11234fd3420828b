/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the record of a connection, and memory that lasts as long as the connection. */
#ifndef CC_PEER_PEER_H
#define CC_PEER_PEER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/peer/client.h"
#include "httpd/peer/client_map.h"

/** The record of a connection; the streams of an HTTP/2 connection share that of their master. */
typedef struct cc_peer_t {
    struct ssl_st *ssl; /* mod_ssl's, which may have freed it: for tls.c alone. NULL: no TLS */
    _Atomic(struct cc_tls_client_t *) tls_clients; /* a list that grows only at its front */
    _Atomic(struct cc_peer_pool_t *) pools;        /* of streams; likewise */
    _Atomic(cc_client_map_t *) map;                /* NULL: none needed so far */
    atomic_uint_least64_t numbers;                 /* given to clients so far */
    atomic_int given;                              /* pools */
    /* What a request has found out since the last handshake: that it need not be refused, for the
     * host and CAs with this number (conf/vhost_conf.h; 0: nothing is known), up to this time. */
    atomic_uint_least64_t accepted_by;
    _Atomic(apr_time_t) accepted_until;
    bool named;            /* the names of its CAs have been chosen (tls_hooks.c) */
    atomic_bool tolerated; /* its certificate failed, and it goes on */
    atomic_bool ends;      /* it is to be closed after the answer */
    cc_fault_t refused; /* the fault of the certificate that ended a handshake; CC_CAUSE_NONE: none.
                         * For the thread of the connection */
    const cc_client_finder_t *finder; /* if it has no TLS of its own; NULL: it has no clients */
    apr_sockaddr_t *address; /* of the peer, before mod_remoteip has changed it; NULL: no socket */
    const char *address_text;
    const struct cc_forwarded_t *of_proxy; /* proxy_filter.c: what the PROXY header with which it
                                            * began passes on, for all requests; NULL: it has no
                                            * such header. Constant once requests are read */
    _Atomic(struct cc_proxy_met_t *) proxies_met; /* proxy_trust.c: a list, like tls_clients */
    /* What follows is for the thread of an HTTP/1.1 connection. */
    const struct cc_proxies_t *trusted_by; /* proxy_trust.c: the last directives that the address
                                            * meets; NULL: none so far */
    const struct cc_lasting_client_t *lasting; /* forwarded.c: a list, of what the PROXY header
                                                * passes on, with its client */
    struct cc_octet_entry_t *last; /* forwarded_client.c: what its proxy passed on last; NULL:
                                    * nothing */
    const char *last_bad;          /* forwarded.c: the last fault that was logged */
} cc_peer_t;

/**
 * The record of a connection or stream. NULL: no virtual host uses the module, or the connection
 * is one that httpd made to a back end.
 */
static inline cc_peer_t *cc_peer_of(const conn_rec *c)
{
    return ap_get_module_config((c->master ? c->master : c)->conn_config, &clientcert_module);
}

/**
 * True if an earlier request of the connection was accepted (cc_peer_accept) by the virtual host of
 * this one, which has the same CAs as then. Any thread.
 */
static inline bool cc_peer_has_accepted(const request_rec *r)
{
    const cc_peer_t *peer = cc_peer_of(r->connection);
    apr_uint64_t host =
        atomic_load_explicit(&cc_vhost_conf_of(r->server)->number, memory_order_acquire);

    return peer && atomic_load_explicit(&peer->accepted_by, memory_order_acquire) == host &&
           r->request_time <= atomic_load_explicit(&peer->accepted_until, memory_order_relaxed) &&
           host != 0;
}

/**
 * Notes that a request has been accepted by the host and CAs with a number, which was read before
 * the client was judged. Holds up to `until`, or to that of an earlier call, and ends with the next
 * handshake (cc_peer_forget). Any thread.
 */
void cc_peer_accept(const request_rec *r, apr_uint64_t number, apr_time_t until);

/** Forgets what cc_peer_accept has noted, since a handshake has begun. In its thread. */
void cc_peer_forget(const conn_rec *c);

/** pre_connection, before mod_ssl's: makes the record of a connection from a client. Returns OK. */
int cc_peer_pre_connection(conn_rec *c, void *socket);

/**
 * The client that a request's connection presents at this moment; NULL: none, and *why is filled
 * in. Any thread, HTTP/2 streams in parallel. (tls.c)
 */
cc_client_t *cc_peer_client(request_rec *r, cc_nobody_t *why);

/**
 * A pool in which the thread of this connection, or stream, may allocate data that lives as long as
 * the connection; NULL: its share is used up. Then use cc_peer_map.
 */
apr_pool_t *cc_peer_pool(conn_rec *c);

/**
 * The map of further data about the connection's clients; NULL: no data so far (`make`: no memory).
 * Any thread.
 */
cc_client_map_t *cc_peer_map(conn_rec *c, bool make);

#endif
