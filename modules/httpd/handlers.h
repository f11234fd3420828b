/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the hook for the handlers of this module, and the function that reads SetHandler. */
#ifndef CC_HANDLERS_H
#define CC_HANDLERS_H

#include "httpd/conf/module.h"

/**
 * Reads SetHandler of httpd's core into the record of the directory. Returns NULL, or CC0113 or
 * CC0147 for clientcert-metrics or clientcert-ledger in .htaccess.
 */
const char *cc_handlers_directive(cmd_parms *cmd, void *record, const char *args);

/**
 * handler hook, after that of mod_cache: keeps mod_cache from storing a response that depends on
 * the client, and serves clientcert-status, -metrics and -ledger. Returns DECLINED for other
 * handlers, and 500 if a lookup of an expression has failed since the fixups.
 */
int cc_handlers_run(request_rec *r);

#endif
