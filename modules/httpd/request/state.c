/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the state of a request, which is shared with other requests until it is first written. */
#include "httpd/conf/module.h"
#include "httpd/peer/forwarded.h"
#include "httpd/request/state.h"

/*
 * The shared states of requests without data of their own: at first, from the access phase on, and
 * in the log.
 */
static const cc_request_t none = {.own = false};
static const cc_request_t settled = {.settled = true};
static const cc_request_t ended = {.settled = true, .logged = true};

/* A request that failed before it was read, and its error page, have nothing that was captured. */
const cc_forwarded_t *cc_request_passed_on(request_rec *r)
{
    const cc_request_t *kept;

    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    kept = cc_request_seen(r);
    return kept && kept->forwarded ? kept->forwarded : cc_forwarded_unread(r);
}

cc_request_t *cc_request_make(request_rec *r)
{
    const cc_request_t *seen = cc_request_seen(r);
    cc_request_t *kept = apr_palloc(r->pool, sizeof(*kept));

    *kept = *(seen ? seen : &none);
    kept->own = true;
    ap_set_module_config(r->request_config, &clientcert_module, kept);
    return kept;
}

void cc_request_settle(request_rec *r, bool watched)
{
    if (watched || cc_request_seen(r)) {
        cc_request_t *kept = cc_request_of(r);

        kept->settled = true;
        kept->watched = kept->watched || watched;
    } else {
        ap_set_module_config(r->request_config, &clientcert_module, (void *)&settled);
    }
}

void cc_request_end(request_rec *r)
{
    const cc_request_t *seen = cc_request_seen(r);

    if (!seen || seen == &settled) {
        ap_set_module_config(r->request_config, &clientcert_module, (void *)&ended);
    } else {
        cc_request_of(r)->logged = true;
    }
}
