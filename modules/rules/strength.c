/* SPDX-License-Identifier: Apache-2.0 */
/* Computes how firmly a rule ties its user to certificates: strong, named or weak. */

/*
 * Strength answers one question: who else could get a certificate for which this rule gives the
 * same user? It is computed from the text of the rule alone, when the rule is compiled.
 *
 *   strong  Only the holder of one certificate or key: the rule depends on its digest, or on a
 *           number that is unique for the CA, with a condition that determines the CA.
 *   named   The holders of certificates in which one CA has written that name: the user depends on
 *           a name in the certificate, and a condition determines the key of the CA.
 *   weak    Everybody else: another CA may write the same name, or other names have the same user.
 *
 * A condition determines a value if it has == with a literal, a pattern that is all literal, or
 * `in`, whose table lists the values. Two such conditions with `in` list their values apart, so
 * only == determines the CA for another condition. A key of several fields, or a table with
 * issuer=, has the CA in each of its rows.
 *
 * A user without variables is as strong as the strongest condition, since all of them must hold.
 * Otherwise each variable is a way to another user, so the weakest one decides: a field counts as
 * itself, a column as the key of its table, a capture group as the field of its pattern. Several
 * of them determine nothing if the text of one could be continued by the next. A digest
 * of the whole certificate determines all of its fields, so a rule with such a condition is
 * strong whatever field it takes. It does not determine what is known of the connection, of the
 * path, or of the time. A digest of the key does not determine the other fields: the holder of the
 * key may have other certificates.
 */

#include <string.h>

#include "rules/logic.h"
#include "rules/strength.h"

/* ---- conditions -------------------------------------------------------------------------- */

/* What the conditions of a rule determine. */
typedef struct cc_pinned_t {
    const cc_rule_t *rule;
    cc_ca_pin_t ca;
    bool certificate; /* the whole of it, so each of its fields */
    apr_pool_t *pool;
} cc_pinned_t;

static bool is_one_value(const cc_condition_t *c, apr_pool_t *p)
{
    unsigned groups;

    if (c->op->negative) {
        return false;
    }
    return c->op->kind == CC_OPERATOR_EQUAL ||
           (c->op->kind == CC_OPERATOR_PATTERN && cc_pattern_whole(c, &groups, p) && groups == 0);
}

/* A table may take several values for one key: in either case, or read as octets. */
static bool is_listed(const cc_condition_t *c)
{
    cc_type_t type = c->selector->ref.field->type;

    if (c->op->kind != CC_OPERATOR_TABLE || c->op->negative) {
        return false;
    }
    if (cc_table_takes_octets(c->table)) {
        return type == CC_TYPE_OCTETS || type == CC_TYPE_DER
                   ? !cc_selector_has_case(c->selector)
                   : !c->selector->base && cc_field_is(&c->selector->ref, "der");
    }
    return !cc_table_ignores_case(c->table) || !cc_selector_has_case(c->selector);
}

/* A row of a table with issuer= is one of a CA. */
static cc_ca_pin_t condition_ca(const cc_pinned_t *pinned, const cc_condition_t *c)
{
    return c->issuer && pinned->ca == CC_CA_UNKNOWN ? CC_CA_NAME : pinned->ca;
}

static cc_strength_t condition_strength(const cc_pinned_t *pinned, const cc_condition_t *c)
{
    return is_listed(c) || is_one_value(c, pinned->pool)
               ? cc_selector_strength(c->selector, condition_ca(pinned, c))
               : CC_STRENGTH_WEAK;
}

static cc_pinned_t pinned_by(const cc_rule_t *rule, apr_pool_t *p)
{
    cc_pinned_t pinned = {.rule = rule, .ca = CC_CA_UNKNOWN, .pool = p};

    for (int i = 0; i < rule->conditions->nelts; i++) {
        const cc_condition_t *c = &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t);
        bool one = is_one_value(c, p);
        cc_ca_pin_t ca = one ? cc_selector_ca_pin(c->selector) : CC_CA_UNKNOWN;

        pinned.ca = ca > pinned.ca ? ca : pinned.ca;
        pinned.certificate = pinned.certificate ||
                             ((one || is_listed(c)) && cc_selector_pins_certificate(c->selector));
    }
    return pinned;
}

static cc_strength_t conditions_strength(const cc_pinned_t *pinned)
{
    cc_strength_t most = CC_STRENGTH_WEAK;

    for (int i = 0; i < pinned->rule->conditions->nelts; i++) {
        const cc_condition_t *c = &APR_ARRAY_IDX(pinned->rule->conditions, i, cc_condition_t);
        cc_strength_t one = condition_strength(pinned, c);

        most = one > most ? one : most;
    }
    return most;
}

/* ---- templates --------------------------------------------------------------------------- */

/* Whether the template has the whole text of each group by which the pattern is determined. */
static bool takes_groups(const cc_template_t *template, int variable, const cc_condition_t *c,
                         unsigned groups)
{
    bool has_case = cc_selector_has_case(c->selector);
    unsigned taken = 0;

    for (int i = 0; i < template->parts->nelts; i++) {
        const cc_part_t *part = &APR_ARRAY_IDX(template->parts, i, cc_part_t);
        bool whole = !part->modified || (!has_case && cc_selector_is_whole(part->modified));

        if (part->variable == variable && whole && part->group <= 32 && part->group > 0) {
            taken |= 1u << (part->group - 1);
        }
    }
    return (groups & ~taken) == 0;
}

/* Of what the template takes from a condition: columns of a row, or groups of a pattern. */
static cc_strength_t capture_strength(const cc_pinned_t *pinned, const cc_template_t *template,
                                      int number, const cc_condition_t *c)
{
    const cc_variable_t *variable = &APR_ARRAY_IDX(template->variables, number, cc_variable_t);
    unsigned groups;

    if (is_listed(c)) {
        return condition_strength(pinned, c);
    }
    if (!c->pattern || variable->chosen || !cc_pattern_whole(c, &groups, pinned->pool) ||
        !takes_groups(template, number, c, groups)) {
        return CC_STRENGTH_WEAK;
    }
    return cc_selector_strength(c->selector, pinned->ca);
}

static cc_strength_t field_strength(const cc_pinned_t *pinned, const cc_template_t *template,
                                    int number)
{
    const cc_variable_t *variable = &APR_ARRAY_IDX(template->variables, number, cc_variable_t);
    cc_strength_t least = CC_STRENGTH_STRONG;

    for (int i = 0; i < template->parts->nelts; i++) {
        const cc_part_t *part = &APR_ARRAY_IDX(template->parts, i, cc_part_t);
        const cc_selector_t *selector = part->modified ? part->modified : variable->selector;
        cc_strength_t one = part->variable == number ? cc_selector_strength(selector, pinned->ca)
                                                     : CC_STRENGTH_STRONG;

        least = one < least ? one : least;
    }
    return least;
}

static cc_strength_t variable_strength(const cc_pinned_t *pinned, const cc_template_t *template,
                                       int number)
{
    const cc_variable_t *variable = &APR_ARRAY_IDX(template->variables, number, cc_variable_t);
    const cc_condition_t *captured = cc_rule_captured(pinned->rule, variable);
    const cc_selector_t *selector = captured ? captured->selector : variable->selector;

    if (pinned->certificate && !cc_selector_is_outside(selector)) {
        return CC_STRENGTH_STRONG;
    }
    return captured ? capture_strength(pinned, template, number, captured)
                    : field_strength(pinned, template, number);
}

cc_strength_t cc_rule_template_strength(const cc_rule_t *rule, const cc_template_t *template,
                                        apr_pool_t *p)
{
    cc_pinned_t pinned;
    cc_strength_t least = CC_STRENGTH_STRONG;

    if (!template) {
        return CC_STRENGTH_NONE;
    }
    pinned = pinned_by(rule, p);
    if (template->variables->nelts == 0) {
        return conditions_strength(&pinned);
    }
    for (int i = 0; i < template->variables->nelts; i++) {
        cc_strength_t one = variable_strength(&pinned, template, i);

        least = one < least ? one : least;
    }
    return pinned.certificate || cc_template_splits(rule, template) ? least : CC_STRENGTH_WEAK;
}

static void strongest_note(cc_rules_t *rules, const cc_rule_t *rule, cc_strength_t strength)
{
    if (strength > rules->strongest) {
        rules->strongest = strength;
        rules->strongest_where = rule->where;
    }
}

void cc_rule_strength_set(cc_rules_t *rules, cc_rule_t *rule)
{
    int count = rule->accounts ? rule->accounts->nelts : 0;

    rule->strength = cc_rule_template_strength(rule, rule->user, rules->pool);
    strongest_note(rules, rule, rule->strength);
    rule->account_strengths = apr_palloc(rules->pool, sizeof(cc_strength_t) * (apr_size_t)count);
    for (int i = 0; i < count; i++) {
        const cc_template_t *template = APR_ARRAY_IDX(rule->accounts, i, const cc_template_t *);

        rule->account_strengths[i] = cc_rule_template_strength(rule, template, rules->pool);
        strongest_note(rules, rule, rule->account_strengths[i]);
    }
}

cc_strength_t cc_rules_strength(const cc_rules_t *rules, const char **where)
{
    if (where) {
        *where = rules->strongest_where;
    }
    return rules->strongest;
}

cc_strength_t cc_rules_strength_at(const cc_rules_t *rules, int number)
{
    return APR_ARRAY_IDX(rules->rules, number, const cc_rule_t *)->strength;
}
