/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps mod_cache from storing a response that depends on who the client is. */
#include <util_filter.h>

#include "httpd/conf/module.h"
#include "httpd/request/cache.h"
#include "httpd/request/state.h"

/* mod_cache's filters that store have this name, or go on after it. */
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
 * A page depends on what it includes. What mod_cache has begun to store it drops in the end where
 * no_cache is set by then.
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
 * Apart, because most requests have no filter of their own. Elsewhere no_cache is left alone: httpd
 * makes a header of it.
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
