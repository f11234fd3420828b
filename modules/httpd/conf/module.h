/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the record of the module for httpd, and its name in the log. */
#ifndef CC_CONF_MODULE_H
#define CC_CONF_MODULE_H

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

#include "base/inline.h"

extern module AP_MODULE_DECLARE_DATA clientcert_module;
APLOG_USE_MODULE(clientcert);

/**
 * The request that the client sent. Lines about a subrequest (for a directory index that is
 * forbidden, say) are logged for that request.
 */
static inline request_rec *cc_request_client(request_rec *r)
{
    while (r->main) {
        r = r->main;
    }
    return r;
}

#endif
