/* SPDX-License-Identifier: Apache-2.0 */
/* Converts certificates, verdicts and traces to JSON, for the page, the tool and programs. */
#ifndef CC_STATUS_VERDICT_JSON_H
#define CC_STATUS_VERDICT_JSON_H

#include <stdbool.h>

#include <jansson.h>

#include "cert/cert.h"
#include "rules/rules.h"

/*
 * All of these return a new reference, which the caller frees or passes on; texts are copied. Texts
 * from a certificate are usable text (cc_text_unusable), or are marked as unusable and escaped: the
 * caller only has to quote them for its output format. Any thread.
 */

/** Arbitrary bytes: unchanged if they are usable text, otherwise escaped. */
json_t *cc_json_text(const char *text, apr_size_t len, apr_pool_t *p);

/** The same for a NUL-terminated text; NULL becomes null. */
json_t *cc_json_string(const char *text, apr_pool_t *p);

/** A list of such texts (const char *). */
json_t *cc_json_strings(const apr_array_header_t *texts, apr_pool_t *p);

/**
 * All fields of a certificate except pem and der, by their names in rules:
 * {"subject": ["CN=..."], "san.email": ["a@example.com", {"unusable": WHY, "octets": TEXT}], ...}.
 */
json_t *cc_json_fields(const cc_cert_t *cert, const cc_facts_t *facts, apr_pool_t *p);

/**
 * {"result": cc_verdict_word, "user": TEXT or null, "user_rule": WHERE or null,
 *  "groups": [{"name": TEXT, "rule": WHERE}], "accounts": [{"name": TEXT, "rule": WHERE}],
 *  "rules": [WHERE of those that matched], "denied_by": WHERE or null, "outside": WHERE or null,
 *  "failure": TEXT or null,
 *  "notes": [{"tag": "CC0152", "rule": WHERE, "text": TEXT}]}.
 */
json_t *cc_json_verdict(const cc_verdict_t *verdict, apr_pool_t *p);

/**
 * The steps of an evaluation (cc_step_t): [{"rule": WHERE, "holds": true}, {"rule": WHERE,
 * "holds": false, "field": TEXT, "condition": TEXT, "seen": TEXT}], with "undecided": true for a
 * condition that could not be decided, "namespace": true for a line of ClientCertNamespace, whose
 * "text" begins with that name, and "hint": TEXT if a step has one. Without `conditions` the
 * condition and the hint, which would reveal the rule, are omitted.
 */
json_t *cc_json_trace(const apr_array_header_t *trace, bool conditions, apr_pool_t *p);

/** The same with conditions, and with the canonical "text" of the rule of each step. */
json_t *cc_json_trace_rules(const apr_array_header_t *trace, const cc_rules_t *rules,
                            apr_pool_t *p);

#endif
