/* SPDX-License-Identifier: Apache-2.0 */
/* Names a place in the configuration as "FILE:LINE". */
#include <apr_strings.h>

#include "httpd/conf/where.h"

const char *cc_where_text(const char *file, int line, apr_pool_t *p)
{
    return apr_psprintf(p, "%s:%d", file, line);
}
