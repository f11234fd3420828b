/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the handler clientcert-ledger: the certificates that no rule of a host maps. */
#ifndef CC_STATUS_LEDGER_H
#define CC_STATUS_LEDGER_H

#include <jansson.h>

#include "httpd/conf/module.h"

/**
 * Serves the ledger of the virtual host, in HTML or JSON, to a GET. DECLINED for OPTIONS, 405
 * otherwise; 404 if the host has no ledger. For httpd/handlers.c, which finds out whether the
 * configuration allows it.
 */
int cc_status_ledger_serve(request_rec *r);

/**
 * The document, a new reference: {"host": "NAME:PORT" or null for the main server, "names": BOOL,
 * "days": NUMBER, "most": NUMBER, "replaced": NUMBER, "entries": [ENTRY]}. ENTRY is {"sha256": HEX,
 * "issuer", "serial": TEXT, "first", "last": TIME, "count": NUMBER, "rule": TEXT}, and with names
 * also {"subject": TEXT, "names": {FIELD: [TEXT]}, "der": BASE64 or null}. Texts are usable text,
 * and bounded. NULL: the host has no ledger.
 */
json_t *cc_ledger_document(const request_rec *r);

/** Writes the document as HTML. */
void cc_ledger_page(request_rec *r, const json_t *document, bool links);

#endif
