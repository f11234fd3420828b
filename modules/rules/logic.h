/* SPDX-License-Identifier: Apache-2.0 */
/* Compares rules with each other before any evaluation, for lint and reachable names. */
#ifndef CC_RULES_LOGIC_H
#define CC_RULES_LOGIC_H

#include "rules/template.h"

/* logic.c: comparisons for one rule; the same matcher serves all of them. */
typedef struct cc_logic_t cc_logic_t;
cc_logic_t *cc_logic_create(const cc_rules_t *rules, const cc_rule_t *rule, apr_pool_t *p);

/* Whether the rule can never match, and two of its conditions that cannot hold together. */
bool cc_logic_never(cc_logic_t *logic, const cc_condition_t **a, const cc_condition_t **b);

/* Whether `c` holds whenever `a` does. They may be of different rules of the set. */
bool cc_logic_implies(cc_logic_t *logic, const cc_condition_t *a, const cc_condition_t *c);

/*
 * Whether no rule is evaluated after this one; whether it gives the same user each time it matches;
 * the condition that gives a variable, or NULL.
 */
bool cc_rule_ends(const cc_rule_t *rule);
bool cc_rule_always_user(const cc_rule_t *rule);
const cc_condition_t *cc_rule_captured(const cc_rule_t *rule, const cc_variable_t *variable);

/* A budget of steps, for work that could take too long. */
typedef struct cc_effort_t {
    apr_int64_t left;
    apr_uint64_t taken;
    bool cut; /* a step was refused */
} cc_effort_t;

/* Takes a step; false: there are no steps left. */
static inline bool cc_effort_step(cc_effort_t *effort)
{
    if (effort->left <= 0) {
        effort->cut = true;
        return false;
    }
    effort->left--;
    effort->taken++;
    return true;
}

/*
 * implied.c: distinct conditions of a rule set, with numbers from 0. It lives as long as `p`, and
 * works in `scratch`, which may be cleared after each rule.
 */
typedef struct cc_implied_t cc_implied_t;
cc_implied_t *cc_implied_create(const cc_rules_t *rules, apr_pool_t *p, apr_pool_t *scratch);

/* The number of a condition, which is filed if it is new. */
int cc_implied_file(cc_implied_t *implied, const cc_condition_t *c);

/* The numbers (int, sorted) of filed conditions that hold whenever the rule matches; in scratch. */
apr_array_header_t *cc_implied_by(const cc_implied_t *implied, const cc_rule_t *rule,
                                  cc_effort_t *effort);

/* Sorts numbers (int) in ascending order, each once. */
void cc_numbers_sort(apr_array_header_t *numbers);

/*
 * earlier.c: the rules so far that end an evaluation or always give the same user, filed by their
 * conditions. It lives as long as `p`, and works in `scratch`, which may be cleared after each
 * rule.
 */
typedef struct cc_earlier_t cc_earlier_t;
cc_earlier_t *cc_earlier_create(const cc_rules_t *rules, apr_pool_t *p, apr_pool_t *scratch);

/*
 * Makes this the current rule, and finds which filed conditions hold whenever it matches. Then come
 * the first filed rule that ends the evaluation, and the first that always gives a user, among
 * those that match whenever the current rule does; NULL if there is none.
 */
void cc_earlier_look(cc_earlier_t *earlier, const cc_rule_t *rule);
const cc_rule_t *cc_earlier_ending(cc_earlier_t *earlier);
const cc_rule_t *cc_earlier_user(cc_earlier_t *earlier);

/* Files the current rule. */
void cc_earlier_add(cc_earlier_t *earlier, const cc_rule_t *rule);

/*
 * Whether some conditions were not compared because that would have taken too long; how many steps
 * were taken in all.
 */
bool cc_earlier_cut(const cc_earlier_t *earlier);
apr_uint64_t cc_earlier_steps(const cc_earlier_t *earlier);

/* affix.c: items, each filed by how the texts that it matches begin or end. */
typedef struct cc_affixes_t cc_affixes_t;
cc_affixes_t *cc_affixes_create(apr_pool_t *p);

/* Both pieces, which may be empty, must live as long as the pool of `affixes`. */
void cc_affixes_add(cc_affixes_t *affixes, struct iovec begin, struct iovec end, const void *item);

/* Calls `each` for items that may match the text, and some that do not, until it returns false. */
typedef bool cc_affix_fn(void *baton, const void *item);
void cc_affixes_each(const cc_affixes_t *affixes, struct iovec text, cc_affix_fn *each,
                     void *baton);

/*
 * literal.c: the octets with which all texts that the pattern matches begin, and with which they
 * end; empty if that is not certain. They live as long as `p`.
 */
void cc_pattern_literals(const char *pattern, struct iovec *begin, struct iovec *end,
                         apr_pool_t *p);

/*
 * lint.c: cc_rules_lint; *steps is the number of steps that cc_earlier_t took (`steps` may be
 * NULL).
 */
apr_array_header_t *cc_lint_rules(const cc_rules_t *rules, cc_issuers_t issuers,
                                  apr_uint64_t *steps, apr_pool_t *p);

/* issuer_binding.c: what a value of a field determines. */
typedef enum {
    CC_BINDS_NOTHING,
    CC_BINDS_HOLDER, /* one certificate, or one key */
    CC_BINDS_ISSUER  /* the CA */
} cc_issuer_binding_t;
cc_issuer_binding_t cc_issuer_binding_of(const cc_selector_t *selector);

/*
 * The selector that gives the user, if nothing in the rule determines which one of the issuers it
 * was; otherwise NULL.
 */
const cc_selector_t *cc_issuer_binding_missing(const cc_rule_t *rule, cc_issuers_t issuers);

/* Whether a condition determines which one of the issuers it was, or the certificate itself. */
bool cc_issuer_binding_found(const cc_rule_t *rule, cc_issuers_t issuers);

/* Whether the rule ends the evaluation for certain CAs, and depends on the CA alone. */
bool cc_issuer_binding_decides(const cc_rule_t *rule);

/*
 * lint_text.c: likely mistakes in the text of a condition or a template. Each gives NULL, or the
 * finding: an
 * operand that no value of the field can match (CC0773), a serial number in decimal (CC0774).
 */
const char *cc_lint_text_never(const cc_condition_t *c, apr_pool_t *p);
const char *cc_lint_text_decimal(const cc_condition_t *c, apr_pool_t *p);

/*
 * lint_table.c: the finding that no key of the table that a condition looks up can be a value of
 * its field (CC0776), or NULL. Only for tables of files with at most a million keys.
 */
const char *cc_lint_table_keys(const cc_condition_t *c, apr_pool_t *p);

/*
 * regex_host.c: whether a pattern has a host name with an unescaped dot, which is certainly a
 * mistake; *host is the name as written, *escaped the corrected one.
 */
bool cc_regex_host_misread(const cc_condition_t *c, const char **host, const char **escaped,
                           apr_pool_t *p);

#endif
