/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of certificates, verdicts and traces: for the page, the tool and programs. */
#ifndef CC_STATUS_VERDICT_JSON_H
#define CC_STATUS_VERDICT_JSON_H

#include <stdbool.h>

#include <jansson.h>

#include "cert/cert.h"
#include "rules/rules.h"

/*
 * All of these give a new reference, which the caller frees or hands on; texts are copied. What
 * comes from a certificate is usable text (cc_text_unusable), or is marked as unusable and escaped:
 * who shows it only has to quote it for the place where it stands. Any thread.
 */

/** Octets that may be anything: as they are where they are usable text, else escaped. */
json_t *cc_json_text(const char *text, apr_size_t len, apr_pool_t *p);

/** The same for a NUL-terminated text; NULL becomes null. */
json_t *cc_json_string(const char *text, apr_pool_t *p);

/** A list of such texts (const char *). */
json_t *cc_json_strings(const apr_array_header_t *texts, apr_pool_t *p);

/**
 * All fields that a certificate has, but for pem and der, by their names in rules:
 * {"subject": ["CN=..."], "san.email": ["a@example.com", {"unusable": WHY, "octets": TEXT}], ...}.
 */
json_t *cc_json_fields(const cc_cert_t *cert, const cc_facts_t *facts, apr_pool_t *p);

/**
 * {"result": cc_verdict_word, "user": TEXT or null, "user_rule": WHERE or null,
 *  "groups": [{"name": TEXT, "rule": WHERE}], "rules": [WHERE of those that matched],
 *  "denied_by": WHERE or null, "failure": TEXT or null,
 *  "notes": [{"tag": "CC0152", "rule": WHERE, "text": TEXT}]}.
 */
json_t *cc_json_verdict(const cc_verdict_t *verdict, apr_pool_t *p);

/**
 * The steps of an evaluation (cc_step_t): [{"rule": WHERE, "holds": true}, {"rule": WHERE,
 * "holds": false, "field": TEXT, "condition": TEXT, "seen": TEXT}], with "undecided": true where
 * that is so; without `conditions` the condition is left out, which would tell what the rule is.
 */
json_t *cc_json_trace(const apr_array_header_t *trace, bool conditions, apr_pool_t *p);

/** The same with conditions, and with the canonical "text" of each step's rule, of these rules. */
json_t *cc_json_trace_rules(const apr_array_header_t *trace, const cc_rules_t *rules,
                            apr_pool_t *p);

#endif
