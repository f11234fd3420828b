/* SPDX-License-Identifier: Apache-2.0 */
/* Reports whether certificates were revoked, according to each CRL and the OCSP responder. */
#ifndef CC_ADMIN_REVOKED_H
#define CC_ADMIN_REVOKED_H

#include <jansson.h>

#include "httpd/admin/query.h"

/**
 * Prepares the data shared by all certificates of a query: the virtual host, its CAs, CRLs and
 * responders. Lives as long as q->pool. NULL: there is no answer, and q->err has the reason
 * (CC0757, or an error in opening the sources).
 */
void *cc_revoked_prepare(cc_admin_query_t *q);

/** The answer for one certificate: a new reference, never NULL. May wait for responders. */
json_t *cc_revoked_certificate(const void *prepared, const cc_presented_t *presented);

#endif
