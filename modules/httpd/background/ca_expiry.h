/* SPDX-License-Identifier: Apache-2.0 */
/* Warns before CAs of virtual hosts expire. */
#ifndef CC_BACKGROUND_CA_EXPIRY_H
#define CC_BACKGROUND_CA_EXPIRY_H

#include <apr_pools.h>
#include <apr_time.h>

#include "httpd/conf/module.h"
#include "trust/trust.h"

/**
 * Watches the CAs of a virtual host, if it ever verifies a certificate. Hosts with the same CAs are
 * watched once. Call it in post_config, before the next function. `trust` lives as long as the
 * configuration.
 */
void cc_ca_expiry_watch(server_rec *s, const cc_trust_t *trust);

/**
 * post_config: warns about the CAs that expire within 30 days, or have expired (CC0141 to CC0144).
 * Returns OK.
 */
int cc_ca_expiry_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/**
 * Warns about each CA that has reached another stage (cc_ca_stage_t) since the last call: once for
 * each CA and stage, however many hosts and files have it. In the parent, after it has
 * polled the sets of CAs, so that there is one line and not one for each child.
 */
void cc_ca_expiry_poll_parent(server_rec *s, apr_time_t now);

#endif
