/* SPDX-License-Identifier: Apache-2.0 */
/* Finds, for each rule, the first earlier rule that matches whenever it does. */

/*
 * Comparing each rule with all earlier rules would take time that grows with the square of their
 * number. So rules are filed by their conditions. Each distinct condition has a number (implied.c).
 * A rule is the ascending list of the numbers of its conditions, and the lists are the paths of a
 * tree.
 *
 * A rule matches whenever another one does if each of its conditions follows from a condition of
 * the other. So the filed conditions that follow from the current rule are found first. Then the
 * tree is walked along their numbers alone; the rules on these paths are the result.
 *
 * Two costs can still grow: that of conditions that must be tried one by one, and that of a rule
 * from which so many conditions follow that it has many paths in the tree. Each has a large budget
 * of steps, which grows by a constant with each rule. Findings beyond the budget are missed;
 * nothing is reported by mistake.
 */

#include <limits.h>

#include <apr_strings.h>

#include "rules/logic.h"

#define STEPS_AT_FIRST 1000000
#define STEPS_PER_RULE 16

/* The end of a path through the tree. */
typedef struct cc_node_t {
    int number;
    int first; /* rule that is filed here or below; INT_MAX: none */
    int rule;  /* the first one that is filed here; INT_MAX: none */
} cc_node_t;

/* The key of a node's child. */
typedef struct cc_branch_t {
    int node;
    int condition;
} cc_branch_t;

struct cc_earlier_t {
    const cc_rules_t *rules;
    apr_pool_t *pool;
    apr_pool_t *scratch;
    cc_implied_t *implied;
    apr_hash_t *children; /* cc_branch_t -> cc_node_t */
    int nodes;
    cc_node_t ends, users; /* the two trees */
    cc_effort_t tries, walks;
    apr_array_header_t *follows; /* int, ascending: the conditions that follow from the rule */
};

/* ---- the trees --------------------------------------------------------------------------- */

static cc_node_t *child_find(const cc_earlier_t *earlier, const cc_node_t *node, int condition)
{
    cc_branch_t branch = {node->number, condition};

    return apr_hash_get(earlier->children, &branch, sizeof(branch));
}

static cc_node_t *child_make(cc_earlier_t *earlier, const cc_node_t *node, int condition)
{
    cc_node_t *child = child_find(earlier, node, condition);

    if (!child) {
        cc_branch_t branch = {node->number, condition};
        child = apr_palloc(earlier->pool, sizeof(*child));
        *child = (cc_node_t){earlier->nodes++, INT_MAX, INT_MAX};
        apr_hash_set(earlier->children, apr_pmemdup(earlier->pool, &branch, sizeof(branch)),
                     sizeof(branch), child);
    }
    return child;
}

/* Finds the first rule on a path of implied conditions, from the place `from` in their list on. */
static void tree_walk(cc_earlier_t *earlier, const cc_node_t *node, int from, int *first)
{
    if (node->rule < *first) {
        *first = node->rule;
    }
    for (int i = from; i < earlier->follows->nelts && cc_effort_step(&earlier->walks); i++) {
        const cc_node_t *child = child_find(earlier, node, APR_ARRAY_IDX(earlier->follows, i, int));
        if (child && child->first < *first) {
            tree_walk(earlier, child, i + 1, first);
        }
    }
}

static const cc_rule_t *tree_find(cc_earlier_t *earlier, const cc_node_t *root)
{
    int first = INT_MAX;

    if (root->first < first) {
        tree_walk(earlier, root, 0, &first);
    }
    return first < INT_MAX ? APR_ARRAY_IDX(earlier->rules->rules, first, const cc_rule_t *) : NULL;
}

/* Rules are added in order, so a rule that is already here precedes this one. */
static void node_reach(cc_node_t *node, int rule)
{
    if (node->first == INT_MAX) {
        node->first = rule;
    }
}

static void tree_add(cc_earlier_t *earlier, cc_node_t *node, const cc_rule_t *rule)
{
    apr_array_header_t *numbers = apr_array_make(earlier->scratch, 4, sizeof(int));

    for (int i = 0; i < rule->conditions->nelts; i++) {
        APR_ARRAY_PUSH(numbers, int) =
            cc_implied_file(earlier->implied, &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t));
    }
    cc_numbers_sort(numbers);
    node_reach(node, rule->number);
    for (int i = 0; i < numbers->nelts; i++) {
        node = child_make(earlier, node, APR_ARRAY_IDX(numbers, i, int));
        node_reach(node, rule->number);
    }
    if (node->rule == INT_MAX) {
        node->rule = rule->number;
    }
}

/* ---- rules ------------------------------------------------------------------------------- */

cc_earlier_t *cc_earlier_create(const cc_rules_t *rules, apr_pool_t *p, apr_pool_t *scratch)
{
    cc_earlier_t *earlier = apr_pcalloc(p, sizeof(*earlier));

    earlier->rules = rules;
    earlier->pool = p;
    earlier->scratch = scratch;
    earlier->implied = cc_implied_create(rules, p, scratch);
    earlier->children = apr_hash_make(p);
    earlier->ends = (cc_node_t){earlier->nodes++, INT_MAX, INT_MAX};
    earlier->users = (cc_node_t){earlier->nodes++, INT_MAX, INT_MAX};
    earlier->tries.left = earlier->walks.left = STEPS_AT_FIRST;
    return earlier;
}

void cc_earlier_look(cc_earlier_t *earlier, const cc_rule_t *rule)
{
    earlier->tries.left += STEPS_PER_RULE;
    earlier->walks.left += STEPS_PER_RULE;
    earlier->follows = cc_implied_by(earlier->implied, rule, &earlier->tries);
}

const cc_rule_t *cc_earlier_ending(cc_earlier_t *earlier)
{
    return tree_find(earlier, &earlier->ends);
}

const cc_rule_t *cc_earlier_user(cc_earlier_t *earlier)
{
    return tree_find(earlier, &earlier->users);
}

void cc_earlier_add(cc_earlier_t *earlier, const cc_rule_t *rule)
{
    if (cc_rule_ends(rule)) {
        tree_add(earlier, &earlier->ends, rule);
    }
    if (cc_rule_always_user(rule)) {
        tree_add(earlier, &earlier->users, rule);
    }
}

bool cc_earlier_cut(const cc_earlier_t *earlier)
{
    return earlier->tries.cut || earlier->walks.cut;
}

apr_uint64_t cc_earlier_steps(const cc_earlier_t *earlier)
{
    return earlier->tries.taken + earlier->walks.taken;
}
