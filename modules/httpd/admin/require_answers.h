/* SPDX-License-Identifier: Apache-2.0 */
/* Replaces the providers of Require, so that a query answers each line. */
#ifndef CC_ADMIN_REQUIRE_ANSWERS_H
#define CC_ADMIN_REQUIRE_ANSWERS_H

#include "httpd/conf/module.h"

/**
 * For a Require that is about to be parsed: replaces its provider, which stays known to its
 * replacement. While the access of a request is decided (cc_access_run_t), lines that are certain
 * are answered by their own provider, and others as the run wants. Otherwise a line that is not
 * certain denies access.
 */
void cc_require_replace(const cmd_parms *cmd, const char *args);

#endif
