/* SPDX-License-Identifier: Apache-2.0 */
/* Tells mod_cache to store nothing that depends on who the client is. */
#ifndef CC_REQUEST_CACHE_H
#define CC_REQUEST_CACHE_H

#include "httpd/conf/module.h"
#include "httpd/request/state.h"

/** The answer to this request depends on who the client is: it is not to be stored. */
void cc_cache_mark(request_rec *r);
static inline void cc_cache_personal(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (!kept || !kept->personal) {
        cc_cache_mark(r);
    }
}

/** Before anything else serves the request: tells mod_cache not to store it, if it is personal. */
void cc_cache_guard(request_rec *r);

#endif
