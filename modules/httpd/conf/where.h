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

/**
 * The same place without the directories of its files, for readers who need not know where the
 * configuration is: "site.conf:12", `macro 'NAME' (defined on line 3 of "m.conf") used on line 7 of
 * "site.conf":1`. The result is `where` itself, a part of it, or a text that lives as long as `p`.
 */
const char *cc_where_short(const char *where, apr_pool_t *p);

#endif
