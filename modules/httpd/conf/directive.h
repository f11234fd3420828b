/* SPDX-License-Identifier: Apache-2.0 */
/* Gives the place of a directive, and the text of its errors. */
#ifndef CC_CONF_DIRECTIVE_H
#define CC_CONF_DIRECTIVE_H

#include "base/error.h"
#include "httpd/conf/module.h"

/** "FILE:LINE" of a directive (cc_where_text). Lives as long as `p`. */
const char *cc_directive_where(const ap_directive_t *directive, apr_pool_t *p);

/** The result of a directive for httpd: NULL, or the text of an error, in `cmd->pool`. */
const char *cc_directive_result(const cmd_parms *cmd, apr_status_t rv, const cc_error_t *err);

/**
 * For a directive that belongs to another module, `owner`: the text of an error if that module is
 * not loaded; NULL if it is.
 */
const char *cc_directive_unknown(const cmd_parms *cmd, const char *owner);

#endif
