/* SPDX-License-Identifier: Apache-2.0 */
/* clientcert-status and clientcert-metrics, and which SetHandler names them. */
#ifndef CC_HANDLERS_H
#define CC_HANDLERS_H

#include "httpd/conf/module.h"

/** SetHandler, which is httpd's own and comes here as well (handlers.c). CC0113. */
const char *cc_handlers_directive(cmd_parms *cmd, void *record, const char *args);

/**
 * handler, after mod_cache's: tells that to store nothing that depends on the client, and serves
 * clientcert-status and clientcert-metrics. DECLINED for any other; 500 where an expression met a
 * lookup that failed since the fixups.
 */
int cc_handlers_run(request_rec *r);

#endif
