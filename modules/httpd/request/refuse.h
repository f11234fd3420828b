/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses requests whose certificate was verified in the handshake and does not hold any more. */
#ifndef CC_REQUEST_REFUSE_H
#define CC_REQUEST_REFUSE_H

#include "httpd/conf/module.h"

/** Refuses a request (cc_answer_refused): 403; DECLINED where it is for the page that says so. */
int cc_refuse(request_rec *r);

/** In fixups: the same again for a request that was refused. */
int cc_refuse_again(request_rec *r);
/**
 * post_read_request, after mod_ssl's, and check_access: refuses what comes with a certificate that
 * does not hold any more, where the virtual host asks more than whether it verified. 403 or
 * DECLINED.
 */
int cc_refuse_early(request_rec *r);

#endif
