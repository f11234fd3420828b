/* SPDX-License-Identifier: Apache-2.0 */
/* The variables of a request: those of its answer, and once more before it is logged. */
#ifndef CC_REQUEST_ENVIRONMENT_H
#define CC_REQUEST_ENVIRONMENT_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/request/cache.h"
#include "httpd/request/identity.h"
#include "httpd/request/state.h"
#include "httpd/request/variables.h"

/** Puts the variables of a request in order: those of its answer, or none. */
static inline void cc_environment_renew(request_rec *r)
{
    const cc_request_t *kept = cc_request_answered(r);

    cc_variables_put(r, kept ? kept->answer.exports : NULL);
}

/**
 * Makes these (NULL: none) the variables of a request, and puts those of the one before in order,
 * which may have ended before its last fixup.
 */
void cc_environment_put(request_rec *r, const apr_table_t *exports);

/** Nobody was asked who its client is: it has no variables. */
void cc_environment_unset(request_rec *r);

/**
 * Serves a request by the answer in what is kept of it, but for its variables. A page that includes
 * the request is as personal.
 */
static inline void cc_environment_serve(request_rec *r, cc_request_t *kept)
{
    kept->served = r->per_dir_config;
    if (r->ap_auth_type == cc_auth_type || kept->answer.exports) {
        kept->personal = true;
        if (r->main) {
            cc_cache_mark(r->main);
        }
    }
}

/** The same, and makes the exports of the answer its variables. */
static inline void cc_environment_set(request_rec *r, cc_request_t *kept)
{
    cc_environment_serve(r, kept);
    if (r->prev) {
        cc_environment_put(r, kept->answer.exports);
    } else {
        cc_variables_put(r, kept->answer.exports);
    }
}

/** The same for a subrequest, whose answer is that of its page. */
void cc_environment_inherit(request_rec *r, cc_request_t *kept);

/**
 * log_transaction, before the logs: puts the environment right once more, and has a denial told
 * (cc_denial_log). DECLINED.
 */
int cc_environment_log(request_rec *r);

#endif
