/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether a query can evaluate a Require of httpd: not if it depends on more than a GET. */
#ifndef CC_ADMIN_CERTAIN_H
#define CC_ADMIN_CERTAIN_H

#include <stdbool.h>

#include "httpd/conf/module.h"

/**
 * NULL: its provider gives the same answer to the request that a query made up as to one of the
 * client. Otherwise the reason why this is not certain, a literal. `args`: after the name.
 */
const char *cc_certain_not(const request_rec *r, const char *provider, const char *args);

/**
 * True if the value of an expression depends only on the identity, the path and the method.
 * `string`: text with %{NAME} in it; otherwise a condition, as for Require expr.
 */
bool cc_certain_expression(const char *text, bool string);

#endif
