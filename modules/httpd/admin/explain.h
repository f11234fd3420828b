/* SPDX-License-Identifier: Apache-2.0 */
/* Explains certificates: whether each would verify, which identity it gives, and why. */
#ifndef CC_ADMIN_EXPLAIN_H
#define CC_ADMIN_EXPLAIN_H

#include <jansson.h>

#include "httpd/admin/query.h"

/**
 * Prepares the data shared by all certificates of a query: the virtual host, its CAs, the rules.
 * Lives as long as q->pool. NULL: there is no answer, and q->err has the reason.
 */
void *cc_explain_prepare(cc_admin_query_t *q);

/** The answer for one certificate: a new reference, never NULL. */
json_t *cc_explain_certificate(const void *prepared, const cc_presented_t *presented);

#endif
