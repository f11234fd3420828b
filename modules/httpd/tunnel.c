/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how a WebSocket, or what else takes a connection over, ends with its client's identity. */
#include "httpd/glue.h"
#include "httpd/internal.h"

#include <util_filter.h>

static const char in_name[] = "CLIENTCERT_TUNNEL_IN";
static const char out_name[] = "CLIENTCERT_TUNNEL_OUT";

/* mod_proxy then lets the request have no filters but those of the connection. */
static bool is_open(const request_rec *r)
{
    return r->proto_output_filters == r->connection->output_filters;
}

/* Whose certificate is revoked, has expired or is too old by now does not get another octet. */
static bool is_over(request_rec *r)
{
    return r && is_open(r) && cc_identity_lost(r);
}

static apr_status_t read_on(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                            apr_read_type_e block, apr_off_t readbytes)
{
    return is_over(f->ctx) ? APR_ECONNABORTED : ap_get_brigade(f->next, bb, mode, block, readbytes);
}

static apr_status_t write_on(ap_filter_t *f, apr_bucket_brigade *bb)
{
    if (is_over(f->ctx)) {
        apr_brigade_cleanup(bb);
        return APR_ECONNABORTED;
    }
    return ap_pass_brigade(f->next, bb);
}

/*
 * Of requests that are sent in a row, the next one is read before this one ends (worker, prefork).
 * It has inherited the filters, which belong to the connection, and goes on with them.
 */
static apr_status_t remove_input(void *filter)
{
    ap_filter_t *f = filter;

    ap_remove_input_filter(f);
    f->ctx = NULL;
    return APR_SUCCESS;
}

static apr_status_t remove_output(void *filter)
{
    ap_filter_t *f = filter;

    ap_remove_output_filter(f);
    f->ctx = NULL;
    return APR_SUCCESS;
}

void cc_tunnel_register(void)
{
    ap_register_input_filter(in_name, read_on, NULL, AP_FTYPE_CONNECTION);
    ap_register_output_filter(out_name, write_on, NULL, AP_FTYPE_CONNECTION);
}

void cc_tunnel_open(request_rec *r)
{
    conn_rec *c = r->connection;

    /* A redirect within the server may lead to the tunnel: each of its requests is watched. */
    if (!r->main && !cc_identity_presented(r).problem) {
        apr_pool_cleanup_register(r->pool, ap_add_input_filter(in_name, r, NULL, c), remove_input,
                                  apr_pool_cleanup_null);
        apr_pool_cleanup_register(r->pool, ap_add_output_filter(out_name, r, NULL, c),
                                  remove_output, apr_pool_cleanup_null);
    }
}
