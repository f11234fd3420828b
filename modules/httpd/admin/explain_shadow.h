/* SPDX-License-Identifier: Apache-2.0 */
/* Explains what shadow rules would give a certificate. */
#ifndef CC_ADMIN_EXPLAIN_SHADOW_H
#define CC_ADMIN_EXPLAIN_SHADOW_H

#include <jansson.h>

#include "httpd/peer/client.h"
#include "rules/rules.h"

/**
 * The verdict of shadow rules on a client (cc_json_verdict), if it differs from that of the rules
 * in effect (`live`; NULL: there are none); otherwise null. `shadow` NULL: there are no such rules.
 */
json_t *cc_explain_shadow(const cc_rules_t *shadow, const cc_verdict_t *live,
                          const cc_client_t *client, apr_pool_t *p);

#endif
