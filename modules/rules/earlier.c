/* SPDX-License-Identifier: Apache-2.0 */
/* Finds, for each rule, the first one before it that holds whenever it does. */

/*
 * To compare each rule with all rules before it would take a time that grows with the square of
 * their number. So rules are filed by their conditions. Each distinct condition has a number. A
 * rule is the ascending list of the numbers of its conditions, and the lists are the paths of a
 * tree.
 *
 * A rule holds whenever another one does if each of its conditions follows from some condition of
 * the other. For a rule that is looked at, the filed conditions that follow from its own are found
 * first: the same ones by a hash, patterns and DNs by how what they match begins or ends (affix.c),
 * the few others one by one. Then the tree is walked along these numbers alone, and what is met are
 * the rules that are sought.
 *
 * Two things can still grow: conditions of one field that have to be tried one by one, and a rule
 * from which so many conditions follow that it has many paths in the tree. Each has a number of
 * steps that it may take, which is large, and grows with each rule by a constant. What is left out
 * beyond that is never reported by mistake, it may only be missed.
 */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "rules/logic.h"

#define STEPS_AT_FIRST 1000000
#define STEPS_PER_RULE 16

/* A distinct condition of the filed rules. */
typedef struct cc_filed_condition_t {
    int number;
    const cc_condition_t *condition;
} cc_filed_condition_t;

/* Those on one selector that may follow from another condition: const cc_filed_condition_t *. */
typedef struct cc_related_t {
    cc_affixes_t *patterns;     /* =~ */
    cc_affixes_t *names;        /* under, by the key of the DN */
    apr_array_header_t *others; /* but ==, which follows from itself alone */
} cc_related_t;

/* Where a path through the tree has led. */
typedef struct cc_node_t {
    int number;
    int first; /* rule that is filed here or below; INT_MAX: none */
    int rule;  /* the first one that is filed here; INT_MAX: none */
} cc_node_t;

/* The key of a node's child. */
typedef struct cc_branch_t {
    int node;
    int fact;
} cc_branch_t;

typedef struct cc_effort_t {
    apr_int64_t left;
    apr_uint64_t taken;
    bool cut;
} cc_effort_t;

struct cc_earlier_t {
    const cc_rules_t *rules;
    apr_pool_t *pool;
    apr_pool_t *scratch;
    apr_hash_t *facts;    /* a condition as it is written -> cc_filed_condition_t */
    apr_hash_t *related;  /* selector -> cc_related_t */
    apr_hash_t *children; /* cc_branch_t -> cc_node_t */
    int nodes;
    cc_node_t ends, users; /* the two trees */
    cc_effort_t tries, walks;
    cc_logic_t *logic;           /* of the rule at hand, */
    apr_array_header_t *follows; /* and the numbers (int) of what follows from it, ascending */
};

/* ---- steps ------------------------------------------------------------------------------- */

static void effort_grow(cc_effort_t *effort)
{
    effort->left += STEPS_PER_RULE;
}

/* Takes a step; false: there is none left. */
static bool effort_step(cc_effort_t *effort)
{
    if (effort->left <= 0) {
        effort->cut = true;
        return false;
    }
    effort->left--;
    effort->taken++;
    return true;
}

/* ---- conditions -------------------------------------------------------------------------- */

/* Equal for conditions that are the same: selector, operator, operand. */
static struct iovec fact_key(const cc_condition_t *c, apr_pool_t *p)
{
    bool is_value = !c->pattern && !c->table;
    const char *operand = is_value ? c->value.key : c->operand;
    apr_size_t len = is_value ? c->value.key_len : strlen(c->operand);
    apr_size_t head = sizeof(c->selector) + sizeof(c->op);
    char *key = apr_palloc(p, head + len);

    memcpy(key, &c->selector, sizeof(c->selector));
    memcpy(key + sizeof(c->selector), &c->op, sizeof(c->op));
    memcpy(key + head, operand, len);
    return (struct iovec){key, head + len};
}

static const cc_filed_condition_t *fact_find(const cc_earlier_t *earlier, const cc_condition_t *c)
{
    struct iovec key = fact_key(c, earlier->scratch);

    return apr_hash_get(earlier->facts, key.iov_base, (apr_ssize_t)key.iov_len);
}

static cc_related_t *related_of(const cc_earlier_t *earlier, const cc_condition_t *c)
{
    return apr_hash_get(earlier->related, &c->selector, sizeof(c->selector));
}

static cc_related_t *related_make(cc_earlier_t *earlier, const cc_condition_t *c)
{
    cc_related_t *related = related_of(earlier, c);

    if (!related) {
        related = apr_palloc(earlier->pool, sizeof(*related));
        related->patterns = cc_affixes_create(earlier->pool);
        related->names = cc_affixes_create(earlier->pool);
        related->others = apr_array_make(earlier->pool, 1, sizeof(const cc_filed_condition_t *));
        apr_hash_set(earlier->related, &c->selector, sizeof(c->selector), related);
    }
    return related;
}

/* Files it where what it may follow from will look for it. */
static void fact_relate(cc_earlier_t *earlier, const cc_filed_condition_t *fact)
{
    const cc_condition_t *c = fact->condition;
    struct iovec begin = {NULL, 0}, end = {NULL, 0};

    if (cc_operator_is_equal(c->op) || c->table) {
        return;
    }
    if (c->pattern && !c->op->negative) {
        cc_pattern_literals(c->operand, &begin, &end, earlier->pool);
        cc_affixes_add(related_make(earlier, c)->patterns, begin, end, fact);
    } else if (c->op->kind == CC_OPERATOR_UNDER) {
        begin = (struct iovec){(char *)c->value.key, c->value.key_len};
        cc_affixes_add(related_make(earlier, c)->names, begin, end, fact);
    } else {
        APR_ARRAY_PUSH(related_make(earlier, c)->others, const cc_filed_condition_t *) = fact;
    }
}

static const cc_filed_condition_t *fact_make(cc_earlier_t *earlier, const cc_condition_t *c)
{
    const cc_filed_condition_t *found = fact_find(earlier, c);
    cc_filed_condition_t *fact;
    struct iovec key;

    if (found) {
        return found;
    }
    fact = apr_palloc(earlier->pool, sizeof(*fact));
    fact->number = (int)apr_hash_count(earlier->facts);
    fact->condition = c;
    key = fact_key(c, earlier->pool);
    apr_hash_set(earlier->facts, key.iov_base, (apr_ssize_t)key.iov_len, fact);
    fact_relate(earlier, fact);
    return fact;
}

/* ---- what follows from a rule ------------------------------------------------------------ */

/* A condition of the rule at hand, while filed ones are tried against it. */
typedef struct cc_trial_t {
    cc_earlier_t *earlier;
    const cc_condition_t *condition;
} cc_trial_t;

static bool fact_try(void *baton, const void *item)
{
    const cc_trial_t *trial = baton;
    const cc_filed_condition_t *fact = item;
    cc_earlier_t *earlier = trial->earlier;

    if (!effort_step(&earlier->tries)) {
        return false;
    }
    if (cc_logic_implies(earlier->logic, trial->condition, fact->condition)) {
        APR_ARRAY_PUSH(earlier->follows, int) = fact->number;
    }
    return true;
}

/* From == anything may follow, from under another under, from < and the like their kind. */
static void related_try(cc_earlier_t *earlier, const cc_condition_t *c)
{
    const cc_related_t *related = related_of(earlier, c);
    struct iovec text = {(char *)c->value.text, c->value.len};
    struct iovec key = {(char *)c->value.key, c->value.key_len};
    cc_trial_t trial = {earlier, c};

    if (!related || c->pattern || c->table || c->op->negative) {
        return;
    }
    if (cc_operator_is_equal(c->op)) {
        cc_affixes_each(related->patterns, text, fact_try, &trial);
    }
    cc_affixes_each(related->names, key, fact_try, &trial);
    for (int i = 0; i < related->others->nelts; i++) {
        if (!fact_try(&trial, APR_ARRAY_IDX(related->others, i, const cc_filed_condition_t *))) {
            return;
        }
    }
}

static int compare_numbers(const void *left, const void *right)
{
    const int *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

/* Ascending, each once. */
static void numbers_sort(apr_array_header_t *numbers)
{
    int *number = (int *)numbers->elts;
    int count = 0;

    qsort(number, (size_t)numbers->nelts, sizeof(*number), compare_numbers);
    for (int i = 0; i < numbers->nelts; i++) {
        if (count == 0 || number[count - 1] != number[i]) {
            number[count++] = number[i];
        }
    }
    numbers->nelts = count;
}

void cc_earlier_look(cc_earlier_t *earlier, const cc_rule_t *rule)
{
    effort_grow(&earlier->tries);
    effort_grow(&earlier->walks);
    earlier->logic = cc_logic_create(earlier->rules, rule, earlier->scratch);
    earlier->follows = apr_array_make(earlier->scratch, 8, sizeof(int));
    for (int i = 0; i < rule->conditions->nelts; i++) {
        const cc_condition_t *c = &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t);
        const cc_filed_condition_t *same = fact_find(earlier, c);

        if (same) {
            APR_ARRAY_PUSH(earlier->follows, int) = same->number;
        }
        related_try(earlier, c);
    }
    numbers_sort(earlier->follows);
}

/* ---- the trees --------------------------------------------------------------------------- */

static cc_node_t *child_find(const cc_earlier_t *earlier, const cc_node_t *node, int fact)
{
    cc_branch_t branch = {node->number, fact};

    return apr_hash_get(earlier->children, &branch, sizeof(branch));
}

static cc_node_t *child_make(cc_earlier_t *earlier, const cc_node_t *node, int fact)
{
    cc_node_t *child = child_find(earlier, node, fact);

    if (!child) {
        cc_branch_t branch = {node->number, fact};
        child = apr_palloc(earlier->pool, sizeof(*child));
        *child = (cc_node_t){earlier->nodes++, INT_MAX, INT_MAX};
        apr_hash_set(earlier->children, apr_pmemdup(earlier->pool, &branch, sizeof(branch)),
                     sizeof(branch), child);
    }
    return child;
}

/* Finds the first rule on a path of what follows, from the place `from` in its list on. */
static void tree_walk(cc_earlier_t *earlier, const cc_node_t *node, int from, int *first)
{
    if (node->rule < *first) {
        *first = node->rule;
    }
    for (int i = from; i < earlier->follows->nelts && effort_step(&earlier->walks); i++) {
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

/* Rules come in their order, so one that is there already is before this one. */
static void node_reach(cc_node_t *node, int rule)
{
    if (node->first == INT_MAX) {
        node->first = rule;
    }
}

static void tree_add(cc_earlier_t *earlier, cc_node_t *node, const cc_rule_t *rule)
{
    apr_array_header_t *facts = apr_array_make(earlier->scratch, 4, sizeof(int));

    for (int i = 0; i < rule->conditions->nelts; i++) {
        APR_ARRAY_PUSH(facts, int) =
            fact_make(earlier, &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t))->number;
    }
    numbers_sort(facts);
    node_reach(node, rule->number);
    for (int i = 0; i < facts->nelts; i++) {
        node = child_make(earlier, node, APR_ARRAY_IDX(facts, i, int));
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
    earlier->facts = apr_hash_make(p);
    earlier->related = apr_hash_make(p);
    earlier->children = apr_hash_make(p);
    earlier->ends = (cc_node_t){earlier->nodes++, INT_MAX, INT_MAX};
    earlier->users = (cc_node_t){earlier->nodes++, INT_MAX, INT_MAX};
    earlier->tries.left = earlier->walks.left = STEPS_AT_FIRST;
    return earlier;
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
