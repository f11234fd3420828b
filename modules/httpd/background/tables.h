/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the tables of a configuration: opens them, makes them available to rules, polls them. */
#ifndef CC_BACKGROUND_TABLES_H
#define CC_BACKGROUND_TABLES_H

#include "httpd/conf/module.h"
#include "rules/rules.h"
#include "tables/table.h"

/** ClientCertTable, for httpd's table: NULL, or an error (CC06xx). */
const char *cc_tables_directive(cmd_parms *cmd, void *record, const char *args);

/**
 * All tables of the configuration, which live as long as the configuration. NULL: no tables. Any
 * thread.
 */
cc_tables_t *cc_tables_configured(const server_rec *s);

/** Makes an empty rule set in cmd->pool, whose rules may use the tables visible in that scope. */
cc_rules_t *cc_tables_rules(cmd_parms *cmd);

/** ClientCertPinned, for httpd's table: NULL, or an error (CC0428, CC0443). */
const char *cc_tables_pinned(cmd_parms *cmd, void *record, const char *args);

/** check_config: opens all tables. Returns OK, or an error that ends the start and is logged. */
int cc_tables_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/**
 * Why the tables could not be opened, although httpd goes on: `httpd -t` does to answer a query.
 * Then no table may be used, only cc_table_try. NULL: all are open.
 */
const cc_error_t *cc_tables_error(const server_rec *s);

/** child_init: prepares the tables for the threads of a child. CC0136. */
void cc_tables_child_start(apr_pool_t *pchild, server_rec *s);

/**
 * Polls the sources that are due, and logs changed and refused ones; returns the time until its
 * next call, 0: never. In a child, by one thread.
 */
apr_interval_time_t cc_tables_poll_child(server_rec *s, apr_time_t now);

/** The same in the parent, whose later children inherit its rows. Logs nothing. */
void cc_tables_poll_parent(server_rec *s, apr_time_t now);

#endif
