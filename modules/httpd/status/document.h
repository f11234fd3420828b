/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the document of clientcert-status: what a client may know about its own certificate. */
#ifndef CC_STATUS_DOCUMENT_H
#define CC_STATUS_DOCUMENT_H

#include <stdbool.h>

#include <jansson.h>

#include "httpd/conf/module.h"

/**
 * The document as one object, which lives as long as the request. Texts and lists are bounded; one
 * that was truncated ends with a note.
 *
 *   {"result", "summary", "reason", "warnings": [TEXT], "advice": [TEXT], "help": cc_help_text,
 *    "contact": cc_help_contact, "issuers": cc_help_issuers,
 *    "request": {"status", "uri", "needs"} or null, "identity": cc_json_verdict or null,
 *    "certificate": cc_json_fields or null,
 *    "verification": {"verified", "problem", "cause"} or null,
 *    "connection": {"version", "cipher", "sni", "session", "via", "proxy"} or null,
 *    "trace": cc_json_trace}
 *
 * "trace" is present only with `trace`. Unless ClientCertStatusRules is On, the document contains
 * neither the places nor the text of rules, nor names of systems behind this server or addresses of
 * proxies.
 */
json_t *cc_status_document(request_rec *r, bool trace);

#endif
