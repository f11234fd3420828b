/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the handler clientcert-ledger: the certificates that no rule of a host maps. */
#ifndef CC_STATUS_LEDGER_H
#define CC_STATUS_LEDGER_H

#include "httpd/conf/module.h"

/**
 * Serves the ledger of the virtual host, in HTML or JSON, to a GET. DECLINED for OPTIONS, 405
 * otherwise; 404 if the host has no ledger. For httpd/handlers.c, which finds out whether the
 * configuration allows it.
 */
int cc_status_ledger_serve(request_rec *r);

#endif
