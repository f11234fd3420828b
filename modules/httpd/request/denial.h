/* SPDX-License-Identifier: Apache-2.0 */
/* Logs that a request was denied, and which requirement was not met. */
#ifndef CC_REQUEST_DENIAL_H
#define CC_REQUEST_DENIAL_H

#include "httpd/conf/module.h"
#include "httpd/request/state.h"

/** From now on, until cc_denial_passed, a 403 of this request is logged as a denial. */
static inline void cc_denial_watch(request_rec *r)
{
    request_rec *client = r->main ? cc_request_client(r) : r;
    const cc_request_t *kept = cc_request_seen(client);

    if (!kept || !kept->watched) {
        cc_request_of(client)->watched = true;
    }
}

/** Ends that: a later 403 does not concern access control. */
static inline void cc_denial_passed(request_rec *r)
{
    request_rec *client = r->main ? cc_request_client(r) : r;
    const cc_request_t *seen = cc_request_seen(client);

    if (seen && seen->watched) {
        cc_request_t *kept = cc_request_of(client);

        kept->watched = false;
        kept->missing = NULL;
    }
}

/**
 * Logs one line (CC0110) if a request, or one that it led to, was denied. Called for the request of
 * the client, after it has been answered.
 */
void cc_denial_log(request_rec *r);

/** Records a requirement that was not met: "clientcert-group admins". Copied. */
void cc_denial_missing(request_rec *r, const char *what);

#endif
