/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the providers of Require, and the checks of their aliases. */
#ifndef CC_REQUEST_AUTHZ_H
#define CC_REQUEST_AUTHZ_H

#include <stdbool.h>

#include <mod_auth.h>

#include "httpd/conf/module.h"
#include "rules/rules.h"

/** True if a match denies access: for Require not, and inside <RequireNone>. */
bool cc_authz_negated(const ap_directive_t *directive, apr_pool_t *p);

/** Require: httpd calls this function in addition to that of mod_authz_core (alias.c). CC0158. */
const char *cc_alias_directive(cmd_parms *cmd, void *record, const char *args);
/**
 * check_config: rejects each negated Require of an alias of our providers. Returns OK, or !OK after
 * CC0158 was logged.
 */
int cc_authz_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/** The providers, each in its authz_*.c; clientcert-user and -group are in authz_names.c. */
extern const authz_provider cc_authz_conditions, cc_authz_user, cc_authz_group, cc_authz_strength,
    cc_authz_same_user, cc_authz_bound;

/** The strength that Require clientcert-strength asks for with this word; false: not a legal one.
 */
bool cc_authz_strength_find(cc_strength_t *strength, const char *word);

/** Registers the providers. */
void cc_authz_register(apr_pool_t *p);

#endif
