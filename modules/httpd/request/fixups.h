/* SPDX-License-Identifier: Apache-2.0 */
/* Fixups: sets user and variables of a request for its final configuration. */
#ifndef CC_REQUEST_FIXUPS_H
#define CC_REQUEST_FIXUPS_H

#include "httpd/conf/module.h"

/**
 * fixups, before modules that read user and environment: sets these for a request that skipped the
 * access phase, or that has got another configuration since. Calls cc_tunnel_watch. 403, 500 or
 * DECLINED.
 */
int cc_fixups_begin(request_rec *r);

/**
 * fixups, after modules that set variables or replace the configuration: sets user and environment
 * again. 403; 500, also if a lookup for an expression failed; or DECLINED.
 */
int cc_fixups_end(request_rec *r);

#endif
