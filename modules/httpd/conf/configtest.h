/* SPDX-License-Identifier: Apache-2.0 */
/* Finds out whether httpd only tests its configuration, and whether the tool sent a query. */
#ifndef CC_CONF_CONFIGTEST_H
#define CC_CONF_CONFIGTEST_H

#include <stdbool.h>

/** True in `httpd -t`. Any thread. */
bool cc_configtest(void);

/**
 * The directory of the tool's query (admin/query.h) in a configuration test; NULL: no query. A
 * server that starts to serve answers no query.
 */
const char *cc_configtest_query(void);

#endif
