/* SPDX-License-Identifier: Apache-2.0 */
/* The handler clientcert-status: tells a client what its own certificate is and gives. */
#ifndef CC_STATUS_STATUS_H
#define CC_STATUS_STATUS_H

#include "httpd/conf/module.h"

/** Serves a GET: HTML or JSON, as the client wants it. DECLINED for OPTIONS, 405 for the rest. */
int cc_status_serve(request_rec *r);

#endif
