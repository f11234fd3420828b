/* SPDX-License-Identifier: Apache-2.0 */
/* Name spaces: which users and groups the certificates of a CA may be given (ClientCertNamespace).
 */
#ifndef CC_RULES_NAMESPACE_H
#define CC_RULES_NAMESPACE_H

#include "rules/rules.h"

/**
 * The lines of a virtual host, or of the main server. Filled by one thread while the configuration
 * is read, and then constant, like cc_rules_t.
 */
typedef struct cc_namespaces_t cc_namespaces_t;

/**
 * Makes a list without lines. Their conditions are added to `conditions`, an empty rule set that
 * nothing else uses: it determines the pool and the tables.
 */
cc_namespaces_t *cc_namespaces_create(cc_rules_t *conditions);

/**
 * Compiles one line (what follows ClientCertNamespace) and appends it:
 *
 *   [CONDITION ...] user=PATTERN|group=PATTERN ...
 *
 * Certificates for which all conditions hold may be given the users and groups that a pattern
 * matches as a whole. Without user= the line allows no user, and without group= no group. `where`
 * is kept by reference. On APR_EINVAL (CC02xx) err names the word at fault and what would be legal.
 */
apr_status_t cc_namespaces_add(cc_namespaces_t *namespaces, const char *text, const char *where,
                               cc_error_t *err);

/** The conditions, one rule without outputs for each line: for cc_rules_where, cc_rules_text ... */
const cc_rules_t *cc_namespaces_rules(const cc_namespaces_t *namespaces);

/**
 * The lists of the virtual hosts of a configuration. Filled by one thread; lives as long as `p`.
 */
typedef struct cc_confinement_t cc_confinement_t;
cc_confinement_t *cc_confinement_create(apr_pool_t *p);

/**
 * Adds the list that confines a host, whose address is the `host` of cc_facts_t. Hosts without a
 * list of their own are not added.
 */
void cc_confinement_add(cc_confinement_t *confinement, const void *host,
                        const cc_namespaces_t *namespaces);

/**
 * Confines the users and groups that a rule set gives. From now on, cc_rules_evaluate gives no
 * identity at all if a name is outside the name space of the certificate: CC_RESULT_OUTSIDE. A
 * certificate for which no line holds may be given no name. An undecided line does not hold, and a
 * failed lookup is the verdict's failure. The list is that of the host of cc_facts_t, or `usual` if
 * the host is not known or has no list of its own (NULL: such a host is not confined). Everything
 * that is said of the rules, such as cc_rules_generation, now includes the lists. Call it once,
 * when the whole configuration has been read.
 */
void cc_rules_confine(cc_rules_t *rules, const cc_namespaces_t *usual,
                      const cc_confinement_t *confinement);

/**
 * Likely mistakes in the lines (cc_note_t, CC07xx, in their order): those of cc_rules_lint, and
 * lines that hold for certificates of any CA although there are several, or that allow everybody.
 * Lives as long as `p`.
 */
apr_array_header_t *cc_namespaces_lint(const cc_namespaces_t *namespaces, cc_issuers_t issuers,
                                       apr_pool_t *p);

/**
 * Rules that always give a user, account or group that no line can allow (cc_note_t, CC0710). The
 * cost grows with the number of rules. Lives as long as `p`.
 */
apr_array_header_t *cc_namespaces_lint_rules(const cc_namespaces_t *namespaces,
                                             const cc_rules_t *rules, apr_pool_t *p);

#endif
