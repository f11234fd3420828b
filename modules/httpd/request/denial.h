/* SPDX-License-Identifier: Apache-2.0 */
/* Tells in the log that a request was denied, and what it would have needed. */
#ifndef CC_REQUEST_DENIAL_H
#define CC_REQUEST_DENIAL_H

#include "httpd/conf/module.h"
#include "httpd/request/state.h"

/** Says that from here on a 403 of this request is a denial, until cc_denial_passed. */
static inline void cc_denial_watch(request_rec *r)
{
    request_rec *client = r->main ? cc_request_client(r) : r;
    const cc_request_t *kept = cc_request_seen(client);

    if (!kept || !kept->watched) {
        cc_request_of(client)->watched = true;
    }
}

/** Ends that: what a request is refused for from here on is for others to tell. */
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
 * Tells, in one line (CC0110), that a request was denied, or one that it led to, if that is so.
 * Called once it has been answered, for the one that the client made.
 */
void cc_denial_log(request_rec *r);

/** Remembers what a denied request would have needed: "clientcert-group admins". Copied. */
void cc_denial_missing(request_rec *r, const char *what);

#endif
