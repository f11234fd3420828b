/* SPDX-License-Identifier: Apache-2.0 */
/* Answers the query which CAs virtual hosts trust for clients. */
#ifndef CC_ADMIN_TRUST_H
#define CC_ADMIN_TRUST_H

#include <jansson.h>

#include "httpd/admin/query.h"

/**
 * The CAs of q->vhost, or of each virtual host that uses this module and requests certificates: a
 * new reference to {"result": "valid" | "ending" | "expired" | "empty", "sets": [{"hosts": [NAME],
 * "directive": TEXT or null, "where": [FILE:LINE], "requests": BOOLEAN, "cas": [CA]}]}, where CA is
 * {"subject": TEXT, "sha256": HEX, "file": TEXT or null, "where": FILE:LINE or null, "domain": TEXT
 * or null, "role": "root" | "intermediate", "anchor": BOOLEAN, "not_before": TIME, "not_after":
 * TIME, "age": SECONDS, "left": SECONDS, "state": "valid" | "ending" | "expired" | "not_yet",
 * "key": TEXT, "bits": NUMBER or null, "curve": TEXT or null, "signature": TEXT, "weak": ["key" |
 * "signature"]}. "ending": cc_ca_ends_soon. "empty": a host that requests certificates trusts no
 * CA, or there is no such host. Virtual hosts with the same directives share a set. NULL: q->err
 * has the reason.
 */
json_t *cc_admin_trust(cc_admin_query_t *q);

#endif
