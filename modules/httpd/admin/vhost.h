/* SPDX-License-Identifier: Apache-2.0 */
/* Selects the virtual host of a query, and shows virtual hosts in answers. */
#ifndef CC_ADMIN_VHOST_H
#define CC_ADMIN_VHOST_H

#include <stdbool.h>

#include <jansson.h>

#include "httpd/admin/query.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"

/** "a.example:443" or "localhost (main server)". Lives as long as `p`, or the configuration. */
const char *cc_vhost_name(const server_rec *s, apr_pool_t *p);

/**
 * The virtual host, or main server, of a query: the one that q->vhost names. Without q->vhost, the
 * only one that can have clients (TLS, ClientCertHeader) and has rules, or if none has rules, the
 * only one that can have clients, or if none can, the main server. *reason is set to the reason for
 * this choice. NULL: CC0751 or CC0752 is in q->err.
 */
server_rec *cc_vhost_choose(cc_admin_query_t *q, const char **reason);

/** {"name": TEXT, "where": FILE:LINE or null, "taken_as": reason}: a new reference. */
json_t *cc_vhost_json(const server_rec *s, const char *reason, apr_pool_t *p);

/** True if a rule set can be in effect for clients of this server. */
bool cc_vhost_serves(const cc_ruleset_t *ruleset, const server_rec *s);

#endif
