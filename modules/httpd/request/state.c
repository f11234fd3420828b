/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the state of a request, which is shared with other requests until it is first written. */
#include "httpd/conf/module.h"
#include "httpd/peer/forwarded.h"
#include "httpd/request/state.h"

/*
 * The shared states of requests without data of their own: at first, from the access phase on,
 * while another module logs the client in, once that login is admitted, and in the log.
 */
static const cc_request_t none = {.own = false};
static const cc_request_t settled = {.settled = true};
static const cc_request_t logging_in = {.settled = true, .login = true};
static const cc_request_t logged_in = {.settled = true, .login = true, .admitted = true};
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

static void share(request_rec *r, const cc_request_t *state)
{
    ap_set_module_config(r->request_config, &clientcert_module, (void *)state);
}

void cc_request_settle(request_rec *r, bool watched)
{
    if (watched || cc_request_seen(r)) {
        cc_request_t *kept = cc_request_of(r);

        kept->settled = true;
        kept->watched = kept->watched || watched;
    } else {
        share(r, &settled);
    }
}

void cc_request_login(request_rec *r)
{
    if (cc_request_seen(r) == &settled) {
        share(r, &logging_in);
    } else {
        cc_request_of(r)->login = true;
    }
}

void cc_request_admit(request_rec *r)
{
    const cc_request_t *seen = cc_request_seen(r);

    if (seen == &logging_in) {
        share(r, &logged_in);
    } else if (seen != &logged_in) {
        cc_request_of(r)->admitted = true;
    }
}

void cc_request_end(request_rec *r)
{
    const cc_request_t *seen = cc_request_seen(r);

    if (!seen || !seen->own) {
        share(r, &ended);
    } else {
        cc_request_of(r)->logged = true;
    }
}
