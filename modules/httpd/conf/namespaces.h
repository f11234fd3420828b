/* SPDX-License-Identifier: Apache-2.0 */
/* Reads ClientCertNamespace, and confines the rules of the configuration by it. */
#ifndef CC_CONF_NAMESPACES_H
#define CC_CONF_NAMESPACES_H

#include "httpd/conf/module.h"
#include "rules/namespace.h"

/**
 * The directive ClientCertNamespace: NULL, or an error (CC0251, CC0252, or one of cc_rules_add).
 * `make` makes the rule set of a server for its first line (background/tables.h).
 */
const char *cc_namespaces_directive(cmd_parms *cmd, cc_rules_t *make(cmd_parms *cmd),
                                    const char *args);

/**
 * check_config, before a rule is evaluated: confines every rule set (conf/rulesets.h) by the lines
 * of each virtual host, since a rule of the main server may be in effect in all of them. Returns
 * OK.
 */
int cc_namespaces_confine(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

#endif
