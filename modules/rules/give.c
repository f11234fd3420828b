/* SPDX-License-Identifier: Apache-2.0 */
/* Knows which users and groups rules could give, whatever certificate comes. */

#include <string.h>

#include "rules/internal.h"

/* ---- templates --------------------------------------------------------------------------- */

/*
 * While a template is laid along a name: from which places of the name on the parts that are left
 * could go on.
 */
typedef struct cc_fitting_t {
    const char *name;
    apr_size_t len;
    bool *from; /* len + 1 places */
} cc_fitting_t;

static void literal_fit(cc_fitting_t *fitting, const struct iovec *literal)
{
    for (apr_size_t i = fitting->len + 1; i-- > 0;) {
        bool room = i >= literal->iov_len;
        fitting->from[i] =
            room && fitting->from[i - literal->iov_len] &&
            memcmp(fitting->name + i - literal->iov_len, literal->iov_base, literal->iov_len) == 0;
    }
}

/* A variable may stand for anything, also for nothing, but not for these letters. */
static void variable_fit(cc_fitting_t *fitting, const char *never)
{
    for (apr_size_t i = 1; i <= fitting->len; i++) {
        bool allowed = !never || !strchr(never, fitting->name[i - 1]);
        fitting->from[i] = fitting->from[i] || (fitting->from[i - 1] && allowed);
    }
}

/* The letters that |lower or |upper keep out of what the variable stands for, or NULL. */
static const char *letters_never(const cc_rule_t *rule, const cc_variable_t *variable)
{
    const cc_condition_t *captured = cc_rule_captured(rule, variable);
    const cc_selector_t *selector = captured ? captured->selector : variable->selector;
    bool is_row = captured && captured->table;

    return selector->casing && !is_row ? selector->casing->letters : NULL;
}

static bool template_may_give(const cc_rule_t *rule, const cc_template_t *template,
                              const char *name, apr_pool_t *p)
{
    cc_fitting_t fitting = {name, strlen(name), NULL};

    fitting.from = apr_pcalloc(p, sizeof(*fitting.from) * (fitting.len + 1));
    fitting.from[0] = true;
    for (int i = 0; i < template->parts->nelts; i++) {
        const cc_part_t *part = &APR_ARRAY_IDX(template->parts, i, cc_part_t);
        if (part->variable < 0) {
            literal_fit(&fitting, &part->literal);
        } else {
            const cc_variable_t *variable =
                &APR_ARRAY_IDX(template->variables, part->variable, cc_variable_t);
            variable_fit(&fitting, letters_never(rule, variable));
        }
    }
    return fitting.from[fitting.len];
}

/* ---- rules ------------------------------------------------------------------------------- */

static bool rule_may_act(const cc_rules_t *rules, const cc_rule_t *rule, apr_pool_t *p)
{
    cc_logic_t *logic = cc_logic_create(rules, rule, p);
    const cc_condition_t *a, *b;

    return !cc_logic_never(logic, &a, &b) && !cc_logic_earlier(logic, cc_rule_ends);
}

static bool user_may_give(const cc_rule_t *rule, const char *name, apr_pool_t *p)
{
    return rule->user && template_may_give(rule, rule->user, name, p);
}

static bool group_may_give(const cc_rule_t *rule, const char *name, apr_pool_t *p)
{
    for (int i = 0; i < rule->groups->nelts; i++) {
        const cc_template_t *template = APR_ARRAY_IDX(rule->groups, i, const cc_template_t *);
        if (template_may_give(rule, template, name, p)) {
            return true;
        }
    }
    return false;
}

typedef bool cc_may_give_fn(const cc_rule_t *rule, const char *name, apr_pool_t *p);

static bool may_give(const cc_rules_t *rules, const char *name, cc_may_give_fn *rule_may_give)
{
    bool found = false;
    apr_pool_t *p;

    if (*name == '\0' || cc_text_unusable(name, strlen(name))) {
        return false;
    }
    apr_pool_create(&p, NULL);
    for (int i = 0; i < rules->rules->nelts && !found; i++) {
        const cc_rule_t *rule = APR_ARRAY_IDX(rules->rules, i, const cc_rule_t *);
        found = rule_may_give(rule, name, p) && rule_may_act(rules, rule, p);
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return found;
}

bool cc_rules_may_give_user(const cc_rules_t *rules, const char *name)
{
    return may_give(rules, name, user_may_give);
}

bool cc_rules_may_give_group(const cc_rules_t *rules, const char *name)
{
    return may_give(rules, name, group_may_give);
}
