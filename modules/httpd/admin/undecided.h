/* SPDX-License-Identifier: Apache-2.0 */
/* Finds directives that make the access of a client depend on more than a query knows. */
#ifndef CC_ADMIN_UNDECIDED_H
#define CC_ADMIN_UNDECIDED_H

#include <stdbool.h>

#include "httpd/admin/access_lines.h"
#include "httpd/conf/module.h"

/*
 * `depends` is a list of texts (const char *), in whose pool everything is made: what the access
 * depends on, each with the reason, a literal.
 */

/** Adds a text, unless the list has it. */
void cc_undecided_add(apr_array_header_t *depends, const char *what, const char *reason);

/** Adds a directive, with its place. */
void cc_undecided_line_add(apr_array_header_t *depends, const cc_access_line_t *line,
                           const char *reason);

/**
 * Adds the directives in effect for a request of cc_dry_run that may change the outcome in any way:
 * <If>, <ElseIf> and <Else> about access whose conditions a query cannot decide, scripts, and
 * SSLUserName. True if there are any.
 */
bool cc_undecided_find(apr_array_header_t *depends, const request_rec *r);

/** Adds the variable of mod_ssl by which mod_rewrite has decided about such a request, if any. */
bool cc_undecided_rewriting(apr_array_header_t *depends, const request_rec *r);

#endif
