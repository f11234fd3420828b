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
 * itself, a column as the key of its table, a capture group as the field of its pattern. A digest
 * of the whole certificate determines all of its fields, so a rule with such a condition is
 * strong whatever field it takes. It does not determine what is known of the connection, of the
 * path, or of the time. A digest of the key does not determine the other fields: the holder of the
 * key may have other certificates.
 *
 * Modifiers must be one-to-one (cc_modifier_t). Any other one gives the same result for several
 * values: alice@example.com and alice@example.net have the same |local.
 *
 * What is strong follows MS-PKCA 3.1.5.2.1.5, with these differences. The subject key identifier
 * is any text that a CA writes, often copied from the request, so as a serial number it counts only
 * with a condition on the CA. SHA-1 counts: a false match with the certificate or key of another
 * client needs a second preimage, and a collision only gives one person two certificates for the
 * same user. But because of collisions it does not determine the other fields, nor a CA. A SID
 * names an account, so the key of the CA that may name accounts must be determined, not its name.
 */

#include <string.h>

#include "rules/logic.h"
#include "rules/modifier.h"
#include "rules/strength.h"

/* ---- fields ------------------------------------------------------------------------------ */

/* What a value of a field determines. */
typedef enum {
    PIN_NOTHING,
    PIN_CERTIFICATE,
    PIN_KEY,     /* a certificate or a key, but not the other fields */
    PIN_NUMBER,  /* a certificate or a key of a given CA */
    PIN_ACCOUNT, /* an account, if the key of the CA is given */
    PIN_NAME
} cc_determining_t;

static const struct {
    const char *field;
    cc_determining_t pin;
} pins[] = {
    {"sha256", PIN_CERTIFICATE},  {"sha384", PIN_CERTIFICATE},
    {"sha512", PIN_CERTIFICATE},  {"pem", PIN_CERTIFICATE},
    {"der", PIN_CERTIFICATE},     {"sha1", PIN_KEY},
    {"spki.sha256", PIN_KEY},     {"spki.sha384", PIN_KEY},
    {"spki.sha512", PIN_KEY},     {"spki.sha1", PIN_KEY},
    {"altsec.spki", PIN_KEY},     {"altsec.issuer_serial", PIN_KEY},
    {"serial", PIN_NUMBER},       {"ski", PIN_NUMBER},
    {"altsec.ski", PIN_NUMBER},   {"sid", PIN_ACCOUNT},
    {"subject", PIN_NAME},        {"subject.", PIN_NAME},
    {"altsec.subject", PIN_NAME}, {"altsec.issuer_subject", PIN_NAME},
    {"altsec.email", PIN_NAME},
};

static cc_determining_t pin_of(const cc_fieldref_t *ref)
{
    const char *name = ref->field->name;

    if (ref->of != CC_FIELD_OF_CLIENT) {
        return PIN_NOTHING;
    }
    for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
        if (strcmp(pins[i].field, name) == 0) {
            return pins[i].pin;
        }
    }
    return strncmp(name, "san.", 4) == 0 ? PIN_NAME : PIN_NOTHING;
}

/* What is determined of the CA that issued the certificate. */
typedef enum { CA_UNKNOWN, CA_NAME, CA_KEY } cc_ca_pin_t;

static cc_ca_pin_t ca_pin_of(const cc_fieldref_t *ref)
{
    static const char *const keys[] = {"ca.sha256", "ca.spki.sha256"};
    static const char *const own[] = {"sha256",      "sha384",      "sha512",
                                      "spki.sha256", "spki.sha384", "spki.sha512"};
    const char *name = ref->field->name;
    bool of_ca = ref->of == CC_FIELD_OF_CA;

    if (ref->of == CC_FIELD_OF_CLIENT && strcmp(name, "issuer") == 0) {
        return CA_NAME;
    }
    for (size_t i = 0; of_ca && i < sizeof(own) / sizeof(own[0]); i++) {
        if (strcmp(own[i], name) == 0) {
            return CA_KEY;
        }
    }
    for (size_t i = 0; ref->of == CC_FIELD_OF_CLIENT && i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(keys[i], name) == 0) {
            return CA_KEY;
        }
    }
    return of_ca && strcmp(name, "subject") == 0 ? CA_NAME : CA_UNKNOWN;
}

static cc_strength_t pin_strength(cc_determining_t pin, cc_ca_pin_t ca)
{
    switch (pin) {
    case PIN_CERTIFICATE:
    case PIN_KEY:
        return CC_STRENGTH_STRONG;
    case PIN_NUMBER:
        return ca != CA_UNKNOWN ? CC_STRENGTH_STRONG : CC_STRENGTH_WEAK;
    case PIN_ACCOUNT:
        return ca == CA_KEY ? CC_STRENGTH_STRONG : CC_STRENGTH_WEAK;
    case PIN_NAME:
        return ca == CA_KEY ? CC_STRENGTH_NAMED : CC_STRENGTH_WEAK;
    default:
        return CC_STRENGTH_WEAK;
    }
}

/* ---- selectors --------------------------------------------------------------------------- */

/* Letter case counts in what another modifier has made, such as base64. */
static bool is_whole(const cc_selector_t *selector)
{
    for (; selector->base; selector = selector->base) {
        const cc_modifier_t *modifier = selector->modifier;
        bool case_only = modifier->keeps == CC_KEEPS_WORDS && !selector->base->maker;

        if (!modifier->one_to_one && !case_only) {
            return false;
        }
    }
    return true;
}

/* Calls for the field of a selector, or for each field of a key, until `each` is true. */
typedef bool cc_part_fn(const cc_selector_t *selector);

static bool any_part(const cc_selector_t *selector, cc_part_fn *each)
{
    bool found = !selector->part_count && each(selector);

    for (int i = 0; i < selector->part_count && !found; i++) {
        found = each(selector->parts[i]);
    }
    return found;
}

static cc_ca_pin_t selector_ca(const cc_selector_t *selector)
{
    cc_ca_pin_t most = CA_UNKNOWN;

    if (!is_whole(selector)) {
        return CA_UNKNOWN;
    }
    if (!selector->part_count) {
        return ca_pin_of(&selector->ref);
    }
    for (int i = 0; i < selector->part_count; i++) {
        cc_ca_pin_t ca = selector_ca(selector->parts[i]);

        most = ca > most ? ca : most;
    }
    return most;
}

/* The strength of a user that depends on all of a selector's value, if a condition pins `ca`. */
static cc_strength_t selector_strength(const cc_selector_t *selector, cc_ca_pin_t ca)
{
    cc_ca_pin_t own = selector->part_count ? selector_ca(selector) : CA_UNKNOWN;
    cc_strength_t most = CC_STRENGTH_WEAK;

    if (!is_whole(selector)) {
        return CC_STRENGTH_WEAK;
    }
    if (!selector->part_count) {
        return pin_strength(pin_of(&selector->ref), ca);
    }
    for (int i = 0; i < selector->part_count; i++) {
        cc_strength_t one = selector_strength(selector->parts[i], own > ca ? own : ca);

        most = one > most ? one : most;
    }
    return most;
}

static bool pins_certificate(const cc_selector_t *selector)
{
    return is_whole(selector) && pin_of(&selector->ref) == PIN_CERTIFICATE;
}

static bool is_outside(const cc_selector_t *selector)
{
    return !cc_field_of_certificate(&selector->ref);
}

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

static bool is_listed(const cc_condition_t *c)
{
    return c->op->kind == CC_OPERATOR_TABLE && !c->op->negative;
}

/* A row of a table with issuer= is one of a CA. */
static cc_ca_pin_t condition_ca(const cc_pinned_t *pinned, const cc_condition_t *c)
{
    return c->issuer && pinned->ca == CA_UNKNOWN ? CA_NAME : pinned->ca;
}

static cc_strength_t condition_strength(const cc_pinned_t *pinned, const cc_condition_t *c)
{
    return is_listed(c) || is_one_value(c, pinned->pool)
               ? selector_strength(c->selector, condition_ca(pinned, c))
               : CC_STRENGTH_WEAK;
}

static cc_pinned_t pinned_by(const cc_rule_t *rule, apr_pool_t *p)
{
    cc_pinned_t pinned = {.rule = rule, .ca = CA_UNKNOWN, .pool = p};

    for (int i = 0; i < rule->conditions->nelts; i++) {
        const cc_condition_t *c = &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t);
        bool one = is_one_value(c, p);
        cc_ca_pin_t ca = one ? selector_ca(c->selector) : CA_UNKNOWN;

        pinned.ca = ca > pinned.ca ? ca : pinned.ca;
        pinned.certificate =
            pinned.certificate || ((one || is_listed(c)) && is_whole(c->selector) &&
                                   any_part(c->selector, pins_certificate));
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
static bool takes_groups(const cc_template_t *template, int variable, unsigned groups)
{
    unsigned taken = 0;

    for (int i = 0; i < template->parts->nelts; i++) {
        const cc_part_t *part = &APR_ARRAY_IDX(template->parts, i, cc_part_t);

        if (part->variable == variable && (!part->modified || is_whole(part->modified)) &&
            part->group <= 32 && part->group > 0) {
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
        !takes_groups(template, number, groups)) {
        return CC_STRENGTH_WEAK;
    }
    return selector_strength(c->selector, pinned->ca);
}

static cc_strength_t field_strength(const cc_pinned_t *pinned, const cc_template_t *template,
                                    int number)
{
    const cc_variable_t *variable = &APR_ARRAY_IDX(template->variables, number, cc_variable_t);
    cc_strength_t least = CC_STRENGTH_STRONG;

    for (int i = 0; i < template->parts->nelts; i++) {
        const cc_part_t *part = &APR_ARRAY_IDX(template->parts, i, cc_part_t);
        const cc_selector_t *selector = part->modified ? part->modified : variable->selector;
        cc_strength_t one =
            part->variable == number ? selector_strength(selector, pinned->ca) : CC_STRENGTH_STRONG;

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

    if (pinned->certificate && !any_part(selector, is_outside)) {
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
    return least;
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
