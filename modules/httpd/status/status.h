/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the handler clientcert-status: shows a client its own certificate and identity. */
#ifndef CC_STATUS_STATUS_H
#define CC_STATUS_STATUS_H

#include "httpd/conf/module.h"

/**
 * NULL; in a build without Jansson, which has no pages, the error of a SetHandler that chooses
 * clientcert-status or clientcert-ledger (CC0290).
 */
const char *cc_status_missing(void);

/** Serves a GET: HTML or JSON, as the client prefers. DECLINED for OPTIONS, 405 otherwise. No
 * pages: 501, CC0291. */
int cc_status_serve(request_rec *r);

#endif
