/* SPDX-License-Identifier: Apache-2.0 */
/* Graceful close: ends a connection once it has answered, on HTTP/1 and on HTTP/2. */
#include <ap_mpm.h>
#include <http_main.h>
#include <mpm_common.h>
#include <util_filter.h>

#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/peer/graceful_close.h"

/*
 * The trick: to end an HTTP/2 connection, mod_http2 is told that the MPM stops.
 *
 * HTTP/1 has a word for it, c->keepalive. For the streams of an HTTP/2 connection there is none: a
 * request runs on a secondary connection, and its keepalive is not looked at. To end the input of
 * the master connection would cut off what other streams have not yet sent. But there is one case
 * in which mod_http2 ends a session of its own accord, in an orderly way: before it reads or
 * writes again, h2_session_process() (modules/http2/h2_session.c) asks
 * ap_mpm_query(AP_MPMQ_MPM_STATE), and where the answer is AP_MPMQ_STOPPING it sends a GOAWAY that
 * takes no further streams (h2_session_ev_mpm_stopping), and answers all it has to their end.
 *
 * So three things work together. A request says that its connection is to end, by a flag in the
 * record of the connection, from whichever thread serves the stream. An input filter of the master
 * connection runs in the thread of h2_session_process(): at each read it copies the flag of its
 * connection to a variable of the thread. And where that thread asks for the state of the MPM next,
 * our mpm_query says that it stops, once for each read. All other code asks in a thread that
 * has read nothing from such a connection; or it is mod_http2, about the connection that is to end.
 */

const char cc_graceful_close_filter[] = "CLIENTCERT_CLOSE";

static _Thread_local bool ends; /* from a read to the question for the MPM's state */

apr_status_t cc_graceful_close_note(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                    apr_read_type_e block, apr_off_t readbytes)
{
    const atomic_bool *wanted = f->ctx;

    ends = atomic_load_explicit(wanted, memory_order_relaxed);
    return ap_get_brigade(f->next, bb, mode, block, readbytes);
}

/* The MPM may ask before there is a server, and once there is none any more. */
static bool ends_none(void)
{
    return !ap_server_conf || !cc_configuration_of(ap_server_conf)->ends_connections;
}

int cc_graceful_close_answer(int query_code, int *result, apr_status_t *rv)
{
    if (query_code != AP_MPMQ_MPM_STATE || ends_none() || !ends) {
        return DECLINED;
    }
    ends = false;
    *result = AP_MPMQ_STOPPING;
    *rv = APR_SUCCESS;
    return OK;
}

void cc_graceful_close_ready(conn_rec *c, atomic_bool *wanted)
{
    ap_add_input_filter(cc_graceful_close_filter, wanted, NULL, c);
}

void cc_graceful_close_want(request_rec *r, atomic_bool *wanted)
{
    r->connection->keepalive = AP_CONN_CLOSE;
    if (r->connection->master) {
        atomic_store_explicit(wanted, true, memory_order_relaxed);
    }
}
