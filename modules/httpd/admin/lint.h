/* SPDX-License-Identifier: Apache-2.0 */
/* Lint: finds likely mistakes in a configuration. */
#ifndef CC_ADMIN_LINT_H
#define CC_ADMIN_LINT_H

#include <apr_tables.h>

#include "httpd/conf/module.h"
#include "rules/rules.h"

/**
 * Likely mistakes in the current configuration (cc_note_t, CC07xx, in the order of the
 * configuration), each with its FILE:LINE, a description and a correction. To be called after the
 * configuration has been read. A line is reported only if it is certainly wrong. Lives as long as
 * `p`.
 */
apr_array_header_t *cc_lint_findings(server_rec *s, apr_pool_t *p);

/** post_config: logs likely mistakes in the configuration as warnings. Returns OK. */
int cc_lint_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/** test_config: the same for httpd -t. */
void cc_lint_test(apr_pool_t *pconf, server_rec *s);

#endif
