/* SPDX-License-Identifier: Apache-2.0 */
/* Require clientcert, clientcert-user and clientcert-group; and aliases of these. */
#ifndef CC_REQUEST_AUTHZ_H
#define CC_REQUEST_AUTHZ_H

#include <stdbool.h>

#include "httpd/conf/module.h"

/** True if what holds is what denies: Require not, and everything inside <RequireNone>. */
bool cc_authz_negated(const ap_directive_t *directive, apr_pool_t *p);

/** Require, which is mod_authz_core's and comes here as well (alias.c). CC0158. */
const char *cc_alias_directive(cmd_parms *cmd, void *record, const char *args);
/** check_config: refuses a negated Require of ours by an alias of it (CC0158). OK or not. */
int cc_authz_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/** Registers the providers of Require clientcert, clientcert-user and clientcert-group. */
void cc_authz_register(apr_pool_t *p);

#endif
