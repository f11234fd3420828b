/* SPDX-License-Identifier: Apache-2.0 */
/* Answers whether certificates were revoked: which CRL or responder says so, and since when. */
#ifndef CC_ADMIN_REVOKED_H
#define CC_ADMIN_REVOKED_H

#include <jansson.h>

#include "httpd/admin/query.h"

/**
 * What is the same for all certificates of a query: the virtual host, its CAs, CRLs and responders.
 * Lives as long as q->pool. NULL: q->err says why there is no answer (CC0757 and those of opening).
 */
void *cc_revoked_prepare(cc_admin_query_t *q);

/** Then the answer for each certificate: a new reference, never NULL. May wait for responders. */
json_t *cc_revoked_certificate(const void *prepared, const cc_presented_t *presented);

#endif
