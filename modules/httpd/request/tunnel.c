/* SPDX-License-Identifier: Apache-2.0 */
/* Ends tunnels (WebSocket, CONNECT) when the identity of their client is lost. */
#include <util_filter.h>

#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "httpd/request/identity.h"
#include "httpd/request/state.h"
#include "httpd/request/tunnel.h"

const char cc_tunnel_in_filter[] = "CLIENTCERT_TUNNEL_IN";
const char cc_tunnel_out_filter[] = "CLIENTCERT_TUNNEL_OUT";

/* For a tunnel, mod_proxy removes all filters of the request except those of the connection. */
static bool is_open(const request_rec *r)
{
    return r->proto_output_filters == r->connection->output_filters;
}

/* A request that a filter watches until its end. */
typedef struct tunnel_watch_t {
    ap_filter_t *filter;
    request_rec *r;
    cc_client_t *client;
} tunnel_watch_t;

/* No further byte passes once the certificate is revoked, has expired or is too old. */
static bool is_over(const tunnel_watch_t *watch)
{
    return watch && is_open(watch->r) && cc_identity_lost(watch->r, watch->client);
}

apr_status_t cc_tunnel_read(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                            apr_read_type_e block, apr_off_t readbytes)
{
    return is_over(f->ctx) ? APR_ECONNABORTED : ap_get_brigade(f->next, bb, mode, block, readbytes);
}

apr_status_t cc_tunnel_write(ap_filter_t *f, apr_bucket_brigade *bb)
{
    if (is_over(f->ctx)) {
        apr_brigade_cleanup(bb);
        return APR_ECONNABORTED;
    }
    return ap_pass_brigade(f->next, bb);
}

/*
 * Stops watching a request at its end. With pipelining, the filter may already watch the next
 * request.
 */
static apr_status_t watch_end(void *data)
{
    const tunnel_watch_t *watch = data;

    if (watch->filter->ctx == watch) {
        watch->filter->ctx = NULL;
    }
    return APR_SUCCESS;
}

static void watch(request_rec *r, cc_client_t *client, ap_filter_t *filter)
{
    tunnel_watch_t *made = apr_palloc(r->pool, sizeof(*made));

    *made = (tunnel_watch_t){filter, r, client};
    filter->ctx = made;
    apr_pool_cleanup_register(r->pool, made, watch_end, apr_pool_cleanup_null);
}

/*
 * A filter is allocated from the pool of the connection. So each connection has at most one filter
 * of each kind. It stays, and passes all data while it watches no request.
 */
static ap_filter_t *find(ap_filter_t *f, const char *name)
{
    while (f && strcasecmp(f->frec->name, name) != 0) {
        f = f->next;
    }
    return f;
}

void cc_tunnel_open(request_rec *r)
{
    conn_rec *c = r->connection;
    cc_answer_t answer;
    ap_filter_t *in, *out;

    if (r->main) {
        return;
    }
    answer = cc_identity_presented(r);
    if (answer.problem) {
        return;
    }
    /* An internal redirect may lead to the tunnel, so each of its requests is watched. */
    in = find(c->input_filters, cc_tunnel_in_filter);
    out = find(c->output_filters, cc_tunnel_out_filter);
    watch(r, answer.client, in ? in : ap_add_input_filter(cc_tunnel_in_filter, NULL, NULL, c));
    watch(r, answer.client, out ? out : ap_add_output_filter(cc_tunnel_out_filter, NULL, NULL, c));
}
