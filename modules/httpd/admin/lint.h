/* SPDX-License-Identifier: Apache-2.0 */
/* Lint: finds probable mistakes in a configuration. */
#ifndef CC_ADMIN_LINT_H
#define CC_ADMIN_LINT_H

#include <apr_tables.h>

#include "httpd/conf/module.h"
#include "rules/rules.h"

/**
 * Probable mistakes in the configuration in effect (cc_note_t, CC07xx, in the order of the
 * configuration): each with the FILE:LINE at fault, what is wrong and what to write instead. To be
 * called once the configuration has been read. What is not certain is not found. Lives as long as
 * `p`.
 */
apr_array_header_t *cc_lint_findings(server_rec *s, apr_pool_t *p);

/** post_config: warns of probable mistakes in the configuration. Returns OK. */
int cc_lint_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/** test_config: the same for httpd -t. */
void cc_lint_test(apr_pool_t *pconf, server_rec *s);

#endif
