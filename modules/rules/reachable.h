/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the names that rule sets could give, for lint. */
#ifndef CC_RULES_REACHABLE_H
#define CC_RULES_REACHABLE_H

#include <stdbool.h>

#include "rules/rules.h"

/** The users (accounts too) and groups that some rule sets could give. One thread at a time. */
typedef struct cc_reachable_t cc_reachable_t;

/** Makes an empty set that lives as long as `p`. */
cc_reachable_t *cc_reachable_create(apr_pool_t *p);

/**
 * Adds the names of a rule set, which must live as long. The cost grows with the number of its
 * rules.
 */
void cc_reachable_add(cc_reachable_t *reachable, const cc_rules_t *rules);

/**
 * False if none of these rules can give this user or this group, even from a field in a template.
 * The cost hardly depends on the number of rules.
 */
bool cc_reachable_user(const cc_reachable_t *reachable, const char *name);
bool cc_reachable_group(const cc_reachable_t *reachable, const char *name);

#endif
