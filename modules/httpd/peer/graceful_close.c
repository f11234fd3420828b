/* SPDX-License-Identifier: Apache-2.0 */
/* Closes a connection gracefully after its answers, on HTTP/1 and on HTTP/2. */
#include <string.h>

#include <ap_mpm.h>
#include <http_main.h>
#include <http_protocol.h>
#include <mpm_common.h>
#include <util_filter.h>

#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/peer/graceful_close.h"
#include "httpd/peer/peer.h"

/*
 * To end an HTTP/2 connection, this file makes mod_http2 believe that the MPM is stopping.
 *
 * On HTTP/1, c->keepalive ends a connection. The streams of an HTTP/2 connection have nothing like
 * it: a request runs on a secondary connection, whose keepalive is ignored. Ending the input of the
 * master connection would cut off data that other streams have not yet sent. But in one case
 * mod_http2 ends a session itself, in an orderly way: before it reads or writes again,
 * h2_session_process() (modules/http2/h2_session.c) calls ap_mpm_query(AP_MPMQ_MPM_STATE). If the
 * answer is AP_MPMQ_STOPPING, it sends a GOAWAY that accepts no further streams
 * (h2_session_ev_mpm_stopping), and completes all open streams.
 *
 * So three parts work together. A request sets a flag in the record of the connection, from
 * whichever thread serves the stream. An input filter of the master connection runs in the thread
 * of h2_session_process(): at each read it copies the flag of its connection to a variable of the
 * thread. When that thread next queries the state of the MPM, the mpm_query hook of this module
 * answers that the MPM is stopping, once for each read. Nearly always that is mod_http2, querying
 * for the connection that is to end. If the client breaks that connection off at the read, the
 * answer is for the next connection of the thread, which is then closed after its answer.
 *
 * HTTP/1 has no filter, which would cost at each line of a request. So the filter is added when the
 * protocol is chosen. HTTP/2 that a client begins without ALPN (H2Direct) is not closed.
 */

const char cc_graceful_close_filter[] = "CLIENTCERT_CLOSE";

static _Thread_local bool ends; /* from a read to the next query of the MPM's state */

apr_status_t cc_graceful_close_note(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                    apr_read_type_e block, apr_off_t readbytes)
{
    const atomic_bool *wanted = f->ctx;

    ends = atomic_load_explicit(wanted, memory_order_relaxed);
    return ap_get_brigade(f->next, bb, mode, block, readbytes);
}

/* The MPM may query before a server exists, and after it has gone. */
static bool ends_none(void)
{
    return !ap_server_conf || !cc_configuration_of(ap_server_conf)->ends_connections;
}

int cc_graceful_close_answer(int query_code, int *result, apr_status_t *rv)
{
    if (query_code != AP_MPMQ_MPM_STATE || !ends || ends_none()) {
        return DECLINED;
    }
    ends = false;
    *result = AP_MPMQ_STOPPING;
    *rv = APR_SUCCESS;
    return OK;
}

int cc_graceful_close_ready(conn_rec *c, request_rec *r, server_rec *s, const char *protocol)
{
    cc_peer_t *peer = cc_peer_of(c);

    (void)r;
    (void)s;
    if (peer && !c->master && strcmp(protocol, AP_PROTOCOL_HTTP1) != 0) {
        ap_add_input_filter(cc_graceful_close_filter, &peer->ends, NULL, c);
    }
    return DECLINED;
}

void cc_graceful_close_want(request_rec *r)
{
    r->connection->keepalive = AP_CONN_CLOSE;
    if (r->connection->master) {
        atomic_store_explicit(&cc_peer_of(r->connection)->ends, true, memory_order_relaxed);
    }
}
