/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of a configuration: which rules may name them, their start, their polls. */
#ifndef CC_BACKGROUND_TABLES_H
#define CC_BACKGROUND_TABLES_H

#include "httpd/conf/module.h"
#include "rules/rules.h"
#include "tables/table.h"

/** ClientCertTable, for httpd's table: NULL, or an error (CC06xx). */
const char *cc_tables_directive(cmd_parms *cmd, void *record, const char *args);

/** All tables of the configuration, as long-lived as that; NULL: there are none. Any thread. */
cc_tables_t *cc_tables_configured(const server_rec *s);

/** An empty rule set of cmd->pool, whose rules may name the tables that are seen from there. */
cc_rules_t *cc_tables_rules(cmd_parms *cmd);

/** check_config: opens all tables; what is wrong is logged, and the start ends. OK or not. */
int cc_tables_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/** child_init: readies the tables for the threads of a child. CC0136. */
void cc_tables_child_start(apr_pool_t *pchild, server_rec *s);

/**
 * Polls the sources that are due, and logs what has changed and what is refused; returns in how
 * long it wants to be called again, 0: never. In a child, by one thread.
 */
apr_interval_time_t cc_tables_poll_child(server_rec *s, apr_time_t now);

/** The same in the parent, whose later children inherit what it holds. It logs nothing. */
void cc_tables_poll_parent(server_rec *s, apr_time_t now);

#endif
