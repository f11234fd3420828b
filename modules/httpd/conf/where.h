/* SPDX-License-Identifier: Apache-2.0 */
/* Names a place in the configuration as "FILE:LINE", for rules, tables, findings and messages. */
#ifndef CC_CONF_WHERE_H
#define CC_CONF_WHERE_H

#include <apr_pools.h>

/**
 * "FILE:LINE". For a directive in a macro, httpd gives a sentence in place of the file name, and
 * the line within the macro: `macro 'NAME' (defined on line N of "FILE") used on line M of
 * "FILE":LINE`. Lives as long as `p`.
 */
const char *cc_where_text(const char *file, int line, apr_pool_t *p);

#endif
