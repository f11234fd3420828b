/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the names of headers in directives, and notes which ones are removed from requests. */
#ifndef CC_CONF_HEADER_NAME_H
#define CC_CONF_HEADER_NAME_H

#include "httpd/conf/module.h"

/**
 * NULL, or why a directive may not name this header: a sentence, a literal. A name
 * has to be a token (RFC 9110 5.1) with a letter or digit, and must not be one that HTTP or httpd
 * needs, in any spelling (cc_header_same).
 */
const char *cc_header_name_fault(const char *name);

/** Adds the name, folded, to those that are removed from all requests (cc_configuration_t). */
void cc_header_name_remove(const cmd_parms *cmd, const char *name);

#endif
