/* SPDX-License-Identifier: Apache-2.0 */
/* Names a place in the configuration as "FILE:LINE", for rules, tables, findings and messages. */
#ifndef CC_CONF_WHERE_H
#define CC_CONF_WHERE_H

#include <apr_pools.h>

/**
 * "FILE:LINE". For a directive in a macro: the file and line of Use, and the line within the macro,
 * "FILE:LINE:N"; likewise for nested macros, "FILE:LINE:N:N". (httpd gives a sentence in place of
 * the file, from which this is taken.) Lives as long as `p`.
 */
const char *cc_where_text(const char *file, int line, apr_pool_t *p);

#endif
