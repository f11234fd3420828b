/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the rules that can be in effect in a server, and the names that they give. */
#ifndef CC_ADMIN_LINT_RULESETS_H
#define CC_ADMIN_LINT_RULESETS_H

#include <stdbool.h>

#include "httpd/admin/lint_line.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/view.h"
#include "rules/reachable.h"
#include "rules/rules.h"

/** Indexes the rule sets and views of `lint`; to be called before the other functions. */
void cc_lint_rulesets_read(cc_lint_t *lint);

/** The rule set of a server as a whole; NULL: it has no rules of its own. */
const cc_ruleset_t *cc_lint_ruleset(const cc_lint_t *lint, const cc_conf_view_t *view);

/** True if any rules can be in effect in a request to this server. */
bool cc_lint_has_rules(const cc_lint_t *lint, const cc_conf_view_t *view);

/** True if rules apply to all requests to this server, or to the section of this place. */
bool cc_lint_ruled(cc_lint_t *lint, const cc_conf_view_t *view, const cc_place_t *place);

/** True if rules can give a name: cc_reachable_user or cc_reachable_group. */
typedef bool cc_gives_fn(const cc_reachable_t *reachable, const char *name);

/**
 * True if rules that can be in effect in a request to this server may give the name; with `view`
 * NULL, in a request to any server.
 */
bool cc_lint_may_give(cc_lint_t *lint, const cc_conf_view_t *view, cc_gives_fn *gives,
                      const char *name);

/**
 * The strongest user of the rules that can be in effect in a request to this server; with `view`
 * NULL, in a request to any server.
 */
cc_strongest_t cc_lint_strongest(const cc_lint_t *lint, const cc_conf_view_t *view);

/** The issuers in the servers with TLS in which this rule set can be in effect: the most of all. */
cc_issuers_t cc_lint_ruleset_issuers(cc_lint_t *lint, const cc_ruleset_t *ruleset);

#endif
