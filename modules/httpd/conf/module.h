/* SPDX-License-Identifier: Apache-2.0 */
/* The module as httpd knows it: its record, and its name in the log. */
#ifndef CC_CONF_MODULE_H
#define CC_CONF_MODULE_H

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

#include "base/inline.h"

extern module AP_MODULE_DECLARE_DATA clientcert_module;
APLOG_USE_MODULE(clientcert);

/**
 * The request of the client: a subrequest's lines are those of the request that it serves, which is
 * told that the index of a directory is forbidden, say.
 */
static inline request_rec *cc_request_client(request_rec *r)
{
    while (r->main) {
        r = r->main;
    }
    return r;
}

#endif
