/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses requests whose certificate was verified in the handshake but is no longer accepted. */
#ifndef CC_REQUEST_REFUSE_H
#define CC_REQUEST_REFUSE_H

#include "httpd/conf/module.h"

/**
 * Refuses a request (cc_answer_refused): returns 403, or 421 if it is misdirected, or DECLINED for
 * the error page of a refusal.
 */
int cc_refuse(request_rec *r);

/** In the fixups: refuses a request again that was refused before; returns the same status. */
int cc_refuse_again(request_rec *r);

/**
 * post_read_request, after mod_ssl, and check_access: refuses a request if its certificate is no
 * longer accepted and the virtual host has checks besides the verification of mod_ssl, or if CAs of
 * another host verified it (ClientCertCA). Returns 403, 421 or DECLINED.
 */
int cc_refuse_early(request_rec *r);

#endif
