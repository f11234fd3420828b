/* SPDX-License-Identifier: Apache-2.0 */
/* Decides which fields determine the issuing CA, or a single certificate or key. */

#include <string.h>

#include "rules/logic.h"

/*
 * For any other field, another CA may issue a certificate with the same value. So it may if a
 * modifier tells only whether there is a value, or how many.
 */
static const struct {
    const char *field;
    cc_issuer_binding_t binding;
} bindings[] = {
    {"issuer", CC_BINDS_ISSUER},
    {"issuer.", CC_BINDS_ISSUER},
    {"aki", CC_BINDS_ISSUER},
    {"ca.sha256", CC_BINDS_ISSUER},
    {"ca.spki.sha256", CC_BINDS_ISSUER},
    {"sha256", CC_BINDS_HOLDER},
    {"sha384", CC_BINDS_HOLDER},
    {"sha512", CC_BINDS_HOLDER},
    {"sha1", CC_BINDS_HOLDER},
    {"spki.sha256", CC_BINDS_HOLDER},
    {"spki.sha384", CC_BINDS_HOLDER},
    {"spki.sha512", CC_BINDS_HOLDER},
    {"spki.sha1", CC_BINDS_HOLDER},
    {"altsec.spki", CC_BINDS_HOLDER},
    {"altsec.issuer_serial", CC_BINDS_HOLDER},
    {"altsec.issuer_subject", CC_BINDS_HOLDER},
    {"pem", CC_BINDS_HOLDER},
    {"der", CC_BINDS_HOLDER},
    /* A rule that uses these fields relies on what the CA asserts with them. */
    {"policy", CC_BINDS_HOLDER},
    {"ext.", CC_BINDS_HOLDER},
};

static cc_issuer_binding_t binding_of(const char *field)
{
    for (size_t i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++) {
        if (strcmp(bindings[i].field, field) == 0) {
            return bindings[i].binding;
        }
    }
    return CC_BINDS_NOTHING;
}

/* Whatever determines a CA of the path determines which CAs may have issued the certificate. */
static bool determines_ca(const char *field)
{
    return strcmp(field, "subject") == 0 || strcmp(field, "subject.") == 0 ||
           strcmp(field, "ski") == 0 || binding_of(field) != CC_BINDS_NOTHING;
}

/* A key of several fields is from one CA if all of them are. */
static cc_issuer_binding_t key_binding(const cc_selector_t *key)
{
    int issuers = 0, nothings = 0;

    for (int i = 0; i < key->part_count; i++) {
        cc_issuer_binding_t binding = cc_issuer_binding_of(key->parts[i]);

        issuers += binding == CC_BINDS_ISSUER;
        nothings += binding == CC_BINDS_NOTHING;
    }
    if (issuers == key->part_count) {
        return CC_BINDS_ISSUER;
    }
    return nothings < key->part_count ? CC_BINDS_HOLDER : CC_BINDS_NOTHING;
}

cc_issuer_binding_t cc_issuer_binding_of(const cc_selector_t *selector)
{
    const char *field = selector->ref.field->name;

    if (selector->always) {
        return CC_BINDS_NOTHING;
    }
    if (selector->parts) {
        return key_binding(selector);
    }
    if (selector->ref.of != CC_FIELD_OF_CLIENT) {
        return determines_ca(field) ? CC_BINDS_ISSUER : CC_BINDS_NOTHING;
    }
    return binding_of(field);
}

/* A SPIFFE ID verifies only with the CAs of its trust domain, so its holder is certain. */
static cc_issuer_binding_t binding_among(const cc_selector_t *selector, cc_issuers_t issuers)
{
    if (issuers == CC_ISSUERS_BY_DOMAIN && cc_field_is(&selector->ref, "san.uri")) {
        return CC_BINDS_HOLDER;
    }
    return cc_issuer_binding_of(selector);
}

/*
 * A negative condition on a digest admits all other certificates; one on the CA still names a CA. A
 * comparison with another field names nothing.
 */
static bool condition_binds(const cc_condition_t *c, cc_issuers_t issuers)
{
    cc_issuer_binding_t binding = binding_among(c->selector, issuers);

    if (c->issuer && !c->op->negative) {
        return true; /* the row names the CA */
    }
    if (c->other) {
        return false;
    }
    return binding == CC_BINDS_ISSUER || (binding == CC_BINDS_HOLDER && !c->op->negative);
}

bool cc_issuer_binding_found(const cc_rule_t *rule, cc_issuers_t issuers)
{
    for (int i = 0; i < rule->conditions->nelts; i++) {
        if (condition_binds(&APR_ARRAY_IDX(rule->conditions, i, cc_condition_t), issuers)) {
            return true;
        }
    }
    return false;
}

const cc_selector_t *cc_issuer_binding_missing(const cc_rule_t *rule, cc_issuers_t issuers)
{
    const cc_selector_t *first = NULL;

    if (!rule->user || cc_issuer_binding_found(rule, issuers)) {
        return NULL;
    }
    for (int i = 0; i < rule->user->variables->nelts; i++) {
        const cc_variable_t *variable = &APR_ARRAY_IDX(rule->user->variables, i, cc_variable_t);
        const cc_condition_t *captured = cc_rule_captured(rule, variable);
        const cc_selector_t *selector = captured ? captured->selector : variable->selector;

        if (binding_among(selector, issuers) != CC_BINDS_NOTHING) {
            return NULL;
        }
        first = first ? first : selector;
    }
    return first;
}

bool cc_issuer_binding_decides(const cc_rule_t *rule)
{
    for (int i = 0; i < rule->conditions->nelts; i++) {
        const cc_condition_t *c = &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t);
        if (c->other || cc_issuer_binding_of(c->selector) != CC_BINDS_ISSUER) {
            return false;
        }
    }
    return cc_rule_ends(rule);
}
