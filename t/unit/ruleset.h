/* SPDX-License-Identifier: Apache-2.0 */
/* Holds the certificates on which rules are tested, and compiles and evaluates rules for tests. */
#ifndef RULESET_H
#define RULESET_H

#include "rules/rules.h"

/** A certificate: pairs of where and what, then NULL. The dates and the serial number are fixed. */
typedef const char *const ruleset_certificate_t[];

/**
 * Makes one; it lives as long as `p`. Where: an attribute of the subject ("CN"), one of the issuer
 * ("issuer.CN"), or a subjectAltName ("email", "dns", "uri"). Valid through 2026, serial 1A2B.
 */
cc_cert_t *ruleset_certificate(ruleset_certificate_t pairs, apr_pool_t *p);

/**
 * Alice of Staff and Admins, issued by CN=Staff CA,O=Example,C=DE, with alice@example.com and
 * Alice.A@Example.ORG, alice.example.com, and spiffe://example.com/ns/prod/sa/db.
 */
extern ruleset_certificate_t ruleset_alice;

/** One whose first and third mail address hold a control character; so does its only CN. */
extern ruleset_certificate_t ruleset_bad;

/** What the connection says: it is the first of June 2026, TLS 1.3. */
extern const cc_facts_t ruleset_facts;

/** Rules from lines; the first is at "r1". A rule that does not compile ends the program. */
cc_rules_t *ruleset_compile(const char *lines, apr_pool_t *p);

/** The same with the tables that the rules may name. */
cc_rules_t *ruleset_compile_with(cc_tables_t *tables, const char *lines, apr_pool_t *p);

/** The verdict of rules, without a trace. */
const cc_verdict_t *ruleset_verdict(const cc_rules_t *rules, ruleset_certificate_t pairs,
                                    apr_pool_t *p);

/** The same, from the lines. */
const cc_verdict_t *ruleset_ask(const char *lines, ruleset_certificate_t pairs, apr_pool_t *p);

/** A verdict as text, all of it: equal texts are equal verdicts. */
const char *ruleset_text(const cc_verdict_t *verdict, apr_pool_t *p);

/** The same without the texts of the notes, which hold words as the rules were written. */
const char *ruleset_gist(const cc_verdict_t *verdict, apr_pool_t *p);

/** The rules once more, from their canonical forms, which must be read back as they are. */
cc_rules_t *ruleset_rewritten(const cc_rules_t *rules, cc_tables_t *tables, apr_pool_t *p);

/** The names of its groups, with a blank between them. */
const char *ruleset_groups(const cc_verdict_t *verdict, apr_pool_t *p);

#endif
