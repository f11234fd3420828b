/* SPDX-License-Identifier: Apache-2.0 */
/* Applies ClientCertAccount to the client of a query. */
#ifndef CC_ADMIN_WISHED_H
#define CC_ADMIN_WISHED_H

#include "httpd/admin/dry_run.h"
#include "httpd/admin/query.h"
#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "rules/rules.h"

/**
 * The verdict on the client of a request that was made up, if its ClientCertAccount chooses another
 * account than the user; otherwise the given one, which may be NULL. *refusal: why the request is
 * refused for its wish; NULL: it is not. Both live as long as the request.
 */
const cc_verdict_t *cc_wished_verdict(const char **refusal, const cc_effect_t *effect,
                                      cc_client_t *client, const cc_verdict_t *verdict);

/** A note about the account that requests may choose; NULL: nothing to say. In `p`. */
const char *cc_wished_note(const cc_admin_query_t *q, const cc_effect_t *effect, apr_pool_t *p);

#endif
