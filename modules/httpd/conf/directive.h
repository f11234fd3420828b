/* SPDX-License-Identifier: Apache-2.0 */
/* What every directive needs: the place where it stands, and the text of its errors. */
#ifndef CC_CONF_DIRECTIVE_H
#define CC_CONF_DIRECTIVE_H

#include "base/error.h"
#include "httpd/conf/module.h"

/** "FILE:LINE" of a directive (cc_where_text). Lives as long as `p`. */
const char *cc_directive_where(const ap_directive_t *directive, apr_pool_t *p);

/** What a directive returns to httpd: NULL, or the text of an error, which lives in `cmd->pool`. */
const char *cc_directive_result(const cmd_parms *cmd, apr_status_t rv, const cc_error_t *err);

/** NULL, or an error: a directive that is another module's too, which is not loaded. */
const char *cc_directive_unknown(const cmd_parms *cmd, const char *owner);

#endif
