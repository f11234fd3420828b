/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how a connection is ended once it has answered a request. */
#include <ap_mpm.h>
#include <http_main.h>
#include <mpm_common.h>
#include <util_filter.h>

#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/peer/graceful_close.h"

const char cc_graceful_close_filter[] = "CLIENTCERT_CLOSE";

/*
 * HTTP/1 is told by keepalive. An HTTP/2 session has no such word for its streams. It ends in an
 * orderly way, with GOAWAY and every stream answered to its end, where the MPM is stopping; and
 * that it asks after each read, in the thread that reads. (To end its input would cut off what the
 * other streams have not yet sent.)
 */
static _Thread_local bool ends; /* from such a read to that question */

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
