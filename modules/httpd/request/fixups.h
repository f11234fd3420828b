/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the user and the variables of a request for its final configuration, in the fixups phase. */
#ifndef CC_REQUEST_FIXUPS_H
#define CC_REQUEST_FIXUPS_H

#include "httpd/conf/module.h"

/**
 * fixups, before modules that read user and environment: sets these for a request that skipped the
 * access phase, or whose configuration has changed since. Calls cc_tunnel_watch. Returns 403, 500
 * or DECLINED.
 */
int cc_fixups_begin(request_rec *r);

/**
 * fixups, after modules that set variables or replace the configuration: sets user and environment
 * again. Returns 403, 500 (also if a lookup for an expression has failed) or DECLINED.
 */
int cc_fixups_end(request_rec *r);

#endif
