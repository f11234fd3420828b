/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the names of headers in directives, and notes which ones are removed from requests. */
#ifndef CC_CONF_HEADER_NAME_H
#define CC_CONF_HEADER_NAME_H

#include "base/error.h"
#include "httpd/conf/module.h"

/**
 * Checks that a directive may name this header: CC0422, with the name. A name has to be a token
 * (RFC 9110 5.1) with a letter or digit, and must not be one that HTTP or httpd needs, in any
 * spelling (cc_header_same).
 */
apr_status_t cc_header_name_check(const char *name, apr_pool_t *p, cc_error_t *err);

/** Adds the name, folded, to those that are removed from all requests (cc_configuration_t). */
void cc_header_name_remove(const cmd_parms *cmd, const char *name);

#endif
