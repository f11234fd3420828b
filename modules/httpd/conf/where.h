/* SPDX-License-Identifier: Apache-2.0 */
/* Names a place in the configuration as "FILE:LINE", for rules, tables, findings and messages. */
#ifndef CC_CONF_WHERE_H
#define CC_CONF_WHERE_H

#include <apr_pools.h>

/**
 * "FILE:LINE". For a directive in a macro: the file and line of Use, then the macro and the line
 * within it, "FILE:LINE(MACRO:LINE)"; for nested macros "FILE:LINE(MACRO:LINE)(MACRO:LINE)", the
 * outermost first. In the name of a macro, ASCII characters are letters, digits and "_-.$%@" alone;
 * others become "_". (httpd gives a sentence in place of the file, from which this is taken. A
 * sentence of another form gives "macro:LINE".) Lives as long as `p`.
 */
const char *cc_where_text(const char *file, int line, apr_pool_t *p);

#endif
