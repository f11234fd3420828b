/* SPDX-License-Identifier: Apache-2.0 */
/* The record of the module for httpd, and its name in the log. */
#ifndef CC_CONF_MODULE_H
#define CC_CONF_MODULE_H

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

#include "base/inline.h"

extern module AP_MODULE_DECLARE_DATA clientcert_module;
APLOG_USE_MODULE(clientcert);

/**
 * The request of the client: lines about a subrequest, such as a forbidden index of a directory,
 * are logged for the request that it serves.
 */
static inline request_rec *cc_request_client(request_rec *r)
{
    while (r->main) {
        r = r->main;
    }
    return r;
}

#endif
