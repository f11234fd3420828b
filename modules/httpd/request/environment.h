/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the variables of a request from its answer, and again before the request is logged. */
#ifndef CC_REQUEST_ENVIRONMENT_H
#define CC_REQUEST_ENVIRONMENT_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/request/cache.h"
#include "httpd/request/identity.h"
#include "httpd/request/state.h"
#include "httpd/request/variables.h"

/** Sets the variables of a request to those of its answer, or to none. */
static inline void cc_environment_renew(request_rec *r)
{
    const cc_request_t *kept = cc_request_answered(r);

    cc_variables_put(r, kept ? kept->answer.exports : NULL);
}

/**
 * Sets the variables of a request (NULL: none), and those of the request that was redirected to it,
 * which may have ended before its last fixup.
 */
void cc_environment_put(request_rec *r, const apr_table_t *exports);

/** For a request without a determined identity: removes its variables. */
void cc_environment_unset(request_rec *r);

/**
 * Serves a request with its kept answer, except for the variables. If it is personal, so is a page
 * that includes it.
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

/** The same, and sets the variables from the exports of the answer. */
static inline void cc_environment_set(request_rec *r, cc_request_t *kept)
{
    cc_environment_serve(r, kept);
    if (r->prev) {
        cc_environment_put(r, kept->answer.exports);
    } else {
        cc_variables_put(r, kept->answer.exports);
    }
}

/** The same for a subrequest that has the answer of its page. */
void cc_environment_inherit(request_rec *r, cc_request_t *kept);

/**
 * log_transaction, before the logs: sets the variables again, and logs a denial (cc_denial_log).
 * Returns DECLINED.
 */
int cc_environment_log(request_rec *r);

#endif
