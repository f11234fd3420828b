/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the document of clientcert-ledger, and writes it as HTML. */
#ifndef CC_STATUS_LEDGER_DOCUMENT_H
#define CC_STATUS_LEDGER_DOCUMENT_H

#include <stdbool.h>

#include <jansson.h>

#include "httpd/conf/module.h"

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
