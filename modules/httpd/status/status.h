/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the handler clientcert-status: shows a client its own certificate and identity. */
#ifndef CC_STATUS_STATUS_H
#define CC_STATUS_STATUS_H

#include "httpd/conf/module.h"

/** Serves a GET: HTML or JSON, as the client prefers. DECLINED for OPTIONS, 405 otherwise. */
int cc_status_serve(request_rec *r);

#endif
