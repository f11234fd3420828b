/* SPDX-License-Identifier: Apache-2.0 */
/* Fixups: puts user and variables of a request in order once its configuration is known. */
#ifndef CC_REQUEST_FIXUPS_H
#define CC_REQUEST_FIXUPS_H

#include "httpd/conf/module.h"

/**
 * fixups, before modules that read user and environment: sets them for a request that skipped the
 * access phase, or that has got another configuration since; cc_tunnel_watch. 403, 500 or DECLINED.
 */
int cc_fixups_begin(request_rec *r);

/**
 * fixups, after modules that set variables or replace the configuration: puts user and environment
 * right. 403; 500, also where an expression met a lookup that failed; or DECLINED.
 */
int cc_fixups_end(request_rec *r);

#endif
