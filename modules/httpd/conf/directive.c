/* SPDX-License-Identifier: Apache-2.0 */
/* Gives the place of a directive, and the text of its errors. */
#include <apr_strings.h>

#include "base/error.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/module.h"
#include "httpd/conf/where.h"

const char *cc_directive_where(const ap_directive_t *directive, apr_pool_t *p)
{
    return cc_where_text(directive->filename, directive->line_num, p);
}

const char *cc_directive_result(const cmd_parms *cmd, apr_status_t rv, const cc_error_t *err)
{
    return rv == APR_SUCCESS ? NULL : cc_error_text(err, cmd->pool);
}

const char *cc_directive_unknown(const cmd_parms *cmd, const char *owner)
{
    if (ap_find_linked_module(owner)) {
        return NULL;
    }
    return apr_psprintf(cmd->pool, "%s is a directive of %s, which is not loaded", cmd->cmd->name,
                        owner);
}
