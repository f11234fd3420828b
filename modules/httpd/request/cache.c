/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps mod_cache from storing responses that depend on the identity of the client. */
#include <http_protocol.h>
#include <util_filter.h>

#include "httpd/conf/module.h"
#include "httpd/request/cache.h"
#include "httpd/request/state.h"

/* The names of the filters with which mod_cache stores responses begin with this text. */
static const char store_name[] = "cache_save";

static bool is_stored(const request_rec *r)
{
    const ap_filter_t *f = r->output_filters;

    while (f && f != r->proto_output_filters &&
           (*f->frec->name != *store_name ||
            strncmp(f->frec->name, store_name, sizeof(store_name) - 1) != 0)) {
        f = f->next;
    }
    return f && f != r->proto_output_filters;
}

/*
 * A page depends on its included parts. mod_cache discards a response that it has begun to store if
 * no_cache is set by the end.
 */
void cc_cache_mark(request_rec *r)
{
    for (; r; r = r->main) {
        cc_request_t *kept = cc_request_of(r);

        kept->personal = true;
        if (kept->storing) {
            r->no_cache = 1;
        }
    }
}

/*
 * The response depends on the identity, also if there is none. No shared cache may store it, as
 * none may if a request has Authorization (RFC 9111 3.5). Both tables of headers are sent. A back
 * end or a handler only sets the other one.
 */
void cc_cache_keep_private(request_rec *r)
{
    const char *control;

    cc_cache_personal(r);
    while (r->main) {
        r = r->main;
    }
    if (apr_is_empty_table(r->err_headers_out)) {
        apr_table_addn(r->err_headers_out, "Cache-Control", "private");
        return;
    }
    control = apr_table_get(r->err_headers_out, "Cache-Control"); /* private="X" is for X alone */
    if (!control || !ap_find_list_item(r->pool, control, "private")) {
        apr_table_mergen(r->err_headers_out, "Cache-Control", "private");
    }
}

static bool is_personal(const request_rec *r)
{
    for (; r; r = r->prev) {
        const cc_request_t *kept = cc_request_seen(r);

        if (kept && kept->personal) {
            return true;
        }
    }
    return false;
}

/*
 * A separate function, because most requests have no filters. no_cache is set only if mod_cache
 * stores the response, because httpd adds a response header for it.
 */
static __attribute__((noinline)) void guard(request_rec *r)
{
    if (!is_stored(r)) {
        return;
    }
    if (is_personal(r)) {
        r->no_cache = 1;
    } else {
        cc_request_of(r)->storing = true;
    }
}

void cc_cache_guard(request_rec *r)
{
    if (r->output_filters != r->proto_output_filters) {
        guard(r);
    }
}
