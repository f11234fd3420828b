/* SPDX-License-Identifier: Apache-2.0 */
/* Compares what ClientCertMapShadow would give a client with what the rules in effect give. */
#ifndef CC_REQUEST_SHADOW_H
#define CC_REQUEST_SHADOW_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "rules/rules.h"

/**
 * True if two verdicts differ in their result, user or groups, in whatever order. NULL is the
 * verdict on a client that nothing maps. `p` is for the call alone.
 */
bool cc_shadow_differs(const cc_verdict_t *live, const cc_verdict_t *shadow, apr_pool_t *p);

/**
 * Evaluates the shadow rules in effect for a request, if there are any, beside a new verdict of the
 * rules in effect (NULL: there are no rules), and counts and logs the difference. Nothing else
 * depends on the result. Any thread.
 */
void cc_shadow_beside(request_rec *r, cc_client_t *client, const cc_verdict_t *live);

/**
 * The same where no rules are in effect, for each request: only a new result is counted and logged.
 */
void cc_shadow_alone(request_rec *r, cc_client_t *client);

#endif
