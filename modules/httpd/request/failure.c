/* SPDX-License-Identifier: Apache-2.0 */
/* Answers a request with 500 if it needs an identity and a lookup failed. */
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "httpd/conf/module.h"
#include "httpd/request/failure.h"
#include "httpd/request/state.h"

const char cc_failure_filter[] = "CLIENTCERT_FAILURE";
const char cc_failure_include_filter[] = "CLIENTCERT_FAILURE_INCLUDE";

/* An error is being sent to the client, or the request has been answered and is being logged. */
static bool is_over(const request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (kept && kept->logged) {
        return true;
    }
    while (r && r->status != HTTP_INTERNAL_SERVER_ERROR) {
        r = r->main ? r->main : r->prev;
    }
    return r != NULL;
}

bool cc_failure_note(request_rec *r)
{
    if (is_over(r)) {
        return false;
    }
    for (; r; r = r->main) {
        cc_request_of(r)->failing = true;
    }
    return true;
}

bool cc_failure_stands(const request_rec *r)
{
    return cc_request_seen(r)->failing && !is_over(r);
}

/* Discards an included part; the page itself has its own filter. */
apr_status_t cc_failure_drop(ap_filter_t *f, apr_bucket_brigade *bb)
{
    (void)f;
    apr_brigade_cleanup(bb);
    return APR_SUCCESS;
}

/* Replaces the content by an error. (clang rejects APR_BRIGADE_INSERT_TAIL.) */
static void put_error(request_rec *r, apr_bucket_brigade *bb, int status)
{
    apr_bucket_alloc_t *list = r->connection->bucket_alloc;
    apr_bucket *error = ap_bucket_error_create(status, NULL, r->pool, list);

    apr_brigade_cleanup(bb);
    APR_BUCKET_INSERT_BEFORE(APR_BRIGADE_FIRST(bb), error);
    APR_BUCKET_INSERT_AFTER(error, apr_bucket_eos_create(list));
}

/*
 * Once the headers have been sent, the response can only be cut off, as mod_proxy does if a back
 * end fails: HTTP/1 omits the last chunk, and HTTP/2 resets the stream.
 */
static apr_status_t cut_off(ap_filter_t *f, apr_bucket_brigade *bb)
{
    bool is_cut = f->ctx != NULL;

    f->ctx = f;
    put_error(f->r, bb, HTTP_BAD_GATEWAY);
    return is_cut ? APR_ECONNABORTED : ap_pass_brigade(f->next, bb);
}

/*
 * Fails the request on behalf of code that cannot return an error itself (a rewrite rule, a header,
 * an included page).
 */
apr_status_t cc_failure_refuse(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;

    if (r->sent_bodyct) {
        return cut_off(f, bb);
    }
    ap_remove_output_filter(f);
    if (r->status != HTTP_INTERNAL_SERVER_ERROR) {
        put_error(r, bb, HTTP_INTERNAL_SERVER_ERROR);
        apr_table_unset(r->headers_out, "Location");
        apr_table_unset(r->err_headers_out, "Location");
    }
    return ap_pass_brigade(f->next, bb);
}

/* A response of httpd itself, such as a redirect, loses the filters of the request. */
void cc_failure_insert_again(request_rec *r)
{
    if (cc_failure_noted(r)) {
        ap_add_output_filter(cc_failure_filter, NULL, r, r->connection);
    }
}

bool cc_failure_report(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);
    bool reported = kept && kept->failing;

    if (!cc_failure_note(r)) {
        return false;
    }
    for (; !reported && r; r = r->main) {
        ap_add_output_filter(r->main ? cc_failure_include_filter : cc_failure_filter, NULL, r,
                             r->connection);
    }
    return true;
}
