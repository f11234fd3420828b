/* SPDX-License-Identifier: Apache-2.0 */
/* The document of clientcert-status: what a client may know of its own certificate. */
#ifndef CC_STATUS_DOCUMENT_H
#define CC_STATUS_DOCUMENT_H

#include <stdbool.h>

#include <jansson.h>

#include "httpd/conf/module.h"

/**
 * All that is told, as one object, which lives as long as the request. No text in it is longer, and
 * no list has more members, than a page can hold; what is cut says so.
 *
 *   {"result", "summary", "advice": [TEXT], "request": {"status", "uri", "needs"} or null,
 *    "identity": cc_json_verdict or null, "certificate": cc_json_fields or null,
 *    "verification": {"verified", "problem"} or null,
 *    "connection": {"version", "cipher", "sni", "session"} or null, "trace": cc_json_trace}
 *
 * Without `trace` there is none. Unless ClientCertStatusRules is On, rules are named without the
 * folder of their file (cc_where_short), and what they say is left out, and so is what was asked
 * behind this server.
 */
json_t *cc_status_document(request_rec *r, bool trace);

#endif
