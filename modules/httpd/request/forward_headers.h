/* SPDX-License-Identifier: Apache-2.0 */
/* Sends the certificate, the user and the groups of a client to back ends, in request headers. */
#ifndef CC_REQUEST_FORWARD_HEADERS_H
#define CC_REQUEST_FORWARD_HEADERS_H

#include "httpd/conf/module.h"

/**
 * fixups, after cc_fixups_end (cc_hooks_forward): removes the headers that directives name, and
 * sets those of the request's identity. Where ClientCertForward or ClientCertForwardIdentity is in
 * effect, also keeps shared caches from storing the response. Returns 500 if a value is too long
 * (CC0165), otherwise DECLINED.
 */
int cc_forward_headers_set(request_rec *r);

#endif
