/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps mod_cache from storing responses that depend on the identity of the client. */
#ifndef CC_REQUEST_CACHE_H
#define CC_REQUEST_CACHE_H

#include "httpd/conf/module.h"
#include "httpd/request/state.h"

/** Marks a request whose response depends on the identity: it must not be stored. */
void cc_cache_mark(request_rec *r);
static inline void cc_cache_personal(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (!kept || !kept->personal) {
        cc_cache_mark(r);
    }
}

/** Marks it too, and tells all caches: Cache-Control: private. */
void cc_cache_keep_private(request_rec *r);

/** Called before other handlers: keeps mod_cache from storing the response if it is marked. */
void cc_cache_guard(request_rec *r);

#endif
