/* SPDX-License-Identifier: Apache-2.0 */
/* Lists all rule sets of the configuration, with the counters of their decisions. */
#ifndef CC_CONF_RULESETS_H
#define CC_CONF_RULESETS_H

#include <stdatomic.h>

#include "httpd/conf/module.h"
#include "rules/rules.h"

/**
 * The counters of the decisions of a rule set. metrics/counters.c sets them before the children
 * start; then any thread counts.
 */
typedef struct cc_tally_t {
    atomic_uint_least64_t *results; /* mapped, unmapped, denied, failed */
    atomic_uint_least64_t *rules;   /* how often each rule matched */
} cc_tally_t;

/** A rule set of the configuration. */
typedef struct cc_ruleset_t {
    const cc_rules_t *rules;
    server_rec *server;           /* its virtual host, or the main server */
    const char *section;          /* `<Location "/admin">`; NULL: that server as a whole */
    const ap_directive_t *inside; /* that section, or <VirtualHost>; NULL: none */
    cc_tally_t *tally;
} cc_ruleset_t;

/**
 * All rule sets (cc_ruleset_t), in the order of the configuration. The list lives as long as the
 * configuration. One thread fills it while the configuration is read; then it is constant.
 */
apr_array_header_t *cc_rulesets_of(const server_rec *s);

/**
 * Adds the rule set that begins with this directive, and returns its counters. Call it once for
 * each rule set, while the configuration is read.
 */
const cc_tally_t *cc_rulesets_add(const cmd_parms *cmd, const cc_rules_t *rules);

/**
 * The same for rule sets of ClientCertMapShadow, which have no counters of their own (`tally` is
 * NULL). They decide nothing, so code that asks what a server does must not look at them.
 */
apr_array_header_t *cc_rulesets_shadow_of(const server_rec *s);
void cc_rulesets_shadow_add(const cmd_parms *cmd, const cc_rules_t *rules);

#endif
