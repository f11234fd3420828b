/* SPDX-License-Identifier: Apache-2.0 */
/* Holds the certificates on which rules are tested, and compiles and evaluates rules for tests. */
#ifndef RULESET_H
#define RULESET_H

#include "rules/rules.h"

/** A certificate: pairs of place and value, then NULL. Dates and serial number are fixed. */
typedef const char *const ruleset_certificate_t[];

/**
 * Makes a certificate; it lives as long as `p`. Places: an attribute of the subject ("CN") or of
 * the issuer ("issuer.CN"), or a subjectAltName ("email", "dns", "uri", "ip"). Valid through 2026,
 * serial 1A2B.
 */
cc_cert_t *ruleset_certificate(ruleset_certificate_t pairs, apr_pool_t *p);

/**
 * Alice of Staff and Admins, issued by CN=Staff CA,O=Example,C=DE, with alice@example.com and
 * Alice.A@Example.ORG, alice.example.com, and spiffe://example.com/ns/prod/sa/db.
 */
extern ruleset_certificate_t ruleset_alice;

/** A certificate with a control character in its first and third email address and its only CN. */
extern ruleset_certificate_t ruleset_bad;

/** The connection: TLS 1.3, on the first of June 2026. */
extern const cc_facts_t ruleset_facts;

/** Rules from lines; the first one is "r1". A rule that does not compile ends the program. */
cc_rules_t *ruleset_compile(const char *lines, apr_pool_t *p);

/** The same with tables that the rules may name. */
cc_rules_t *ruleset_compile_with(cc_tables_t *tables, const char *lines, apr_pool_t *p);

/** The verdict of rules, without a trace. */
const cc_verdict_t *ruleset_verdict(const cc_rules_t *rules, ruleset_certificate_t pairs,
                                    apr_pool_t *p);

/** The same, from the lines. */
const cc_verdict_t *ruleset_ask(const char *lines, ruleset_certificate_t pairs, apr_pool_t *p);

/** A whole verdict as text: equal texts are equal verdicts. */
const char *ruleset_text(const cc_verdict_t *verdict, apr_pool_t *p);

/** The same without the texts of the notes, which have the original words of the rules. */
const char *ruleset_gist(const cc_verdict_t *verdict, apr_pool_t *p);

/** The same rules, read from their canonical forms, which must not change by that. */
cc_rules_t *ruleset_rewritten(const cc_rules_t *rules, cc_tables_t *tables, apr_pool_t *p);

/** The names of its groups, separated by spaces. */
const char *ruleset_groups(const cc_verdict_t *verdict, apr_pool_t *p);

#endif
