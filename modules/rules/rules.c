/* SPDX-License-Identifier: Apache-2.0 */
/* Makes rule sets, and adds each rule as a whole or not at all. */

#include "rules/internal.h"

cc_rules_t *cc_rules_create(cc_tables_t *tables, const void *scope, apr_pool_t *p)
{
    cc_rules_t *rules = apr_pcalloc(p, sizeof(*rules));

    rules->pool = p;
    rules->rules = apr_array_make(p, 4, sizeof(cc_rule_t *));
    rules->selectors = apr_array_make(p, 4, sizeof(cc_selector_t *));
    rules->selected = apr_hash_make(p);
    rules->unfiled = apr_array_make(p, 1, sizeof(apr_uint64_t));
    rules->tables = tables;
    rules->scope = scope;
    rules->named = apr_array_make(p, 1, sizeof(cc_table_t *));
    rules->naming = apr_hash_make(p);
    return rules;
}

static void rule_append(cc_rules_t *rules, cc_rule_t *rule)
{
    rule->number = rules->rules->nelts;
    APR_ARRAY_PUSH(rules->rules, cc_rule_t *) = rule;
    cc_index_add(rules, rule);
    cc_lookup_tables_use(rules, rule);
    cc_rule_strength_set(rules, rule);
    if (rule->capture_count > rules->capture_max) {
        rules->capture_max = rule->capture_count;
    }
    if (rule->conditions->nelts == 0 && (rule->deny || rule->stop)) {
        rules->ended_where = rule->where;
    }
}

apr_status_t cc_rule_add(cc_rule_reader_t *reader, const char *text, const char *where,
                         cc_rule_parse_fn *parse)
{
    cc_rules_t *rules = reader->rules;
    int selectors = rules->selectors->nelts;
    apr_status_t rv;

    if (rules->ended_where) {
        return cc_error_set(reader->err, rules->pool, "CC0230", text,
                            "this rule is never reached: the rule at %s has no condition and ends "
                            "every evaluation; move this rule before it",
                            rules->ended_where);
    }
    reader->rule = apr_pcalloc(rules->pool, sizeof(*reader->rule));
    reader->rule->where = where;
    reader->rule->groups = apr_array_make(rules->pool, 1, sizeof(const cc_template_t *));
    reader->rule->accounts = apr_array_make(rules->pool, 0, sizeof(const cc_template_t *));
    rv = parse(reader, text);
    if (rv == APR_SUCCESS) {
        rule_append(rules, reader->rule);
    } else {
        rules->selectors->nelts = selectors;
    }
    return rv;
}

apr_status_t cc_rules_add(cc_rules_t *rules, const char *text, const char *where, cc_error_t *err)
{
    cc_rule_reader_t reader = {.rules = rules, .err = err};

    return cc_rule_add(&reader, text, where, cc_rule_parse);
}

apr_status_t cc_rules_add_conditions(cc_rules_t *rules, const char *text, const char *where,
                                     cc_error_t *err)
{
    cc_rule_reader_t reader = {.rules = rules, .err = err};

    return cc_rule_add(&reader, text, where, cc_rule_parse_conditions);
}

int cc_rules_count(const cc_rules_t *rules)
{
    return rules->rules->nelts;
}

cc_path_need_t cc_rules_path_need(const cc_rules_t *rules)
{
    return rules->path_need;
}

const char *cc_rules_account_where(const cc_rules_t *rules)
{
    for (int i = 0; i < rules->rules->nelts; i++) {
        const cc_rule_t *rule = APR_ARRAY_IDX(rules->rules, i, const cc_rule_t *);

        if (rule->accounts->nelts > 0) {
            return rule->where;
        }
    }
    return NULL;
}

bool cc_rules_ask_tls(const cc_rules_t *rules)
{
    for (int i = 0; i < rules->selectors->nelts; i++) {
        if (cc_field_of_tls(&APR_ARRAY_IDX(rules->selectors, i, cc_selector_t *)->ref)) {
            return true;
        }
    }
    return rules->also_asks_tls;
}
