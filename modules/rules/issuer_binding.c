/* SPDX-License-Identifier: Apache-2.0 */
/* Decides which fields determine the issuing CA, or a single certificate or key. */

#include <string.h>

#include "rules/logic.h"

/* For any other field, another CA may issue a certificate with the same value. */
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

cc_issuer_binding_t cc_issuer_binding_of(const cc_selector_t *selector)
{
    for (size_t i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++) {
        if (strcmp(bindings[i].field, selector->ref.field->name) == 0) {
            return bindings[i].binding;
        }
    }
    return CC_BINDS_NOTHING;
}

/* A SPIFFE ID verifies only with the CAs of its trust domain, so its holder is certain. */
static cc_issuer_binding_t binding_among(const cc_selector_t *selector, cc_issuers_t issuers)
{
    if (issuers == CC_ISSUERS_BY_DOMAIN && !strcmp(selector->ref.field->name, "san.uri")) {
        return CC_BINDS_HOLDER;
    }
    return cc_issuer_binding_of(selector);
}

/*
 * A negative condition on a digest admits all other certificates; one on the CA still names a CA.
 */
static bool condition_binds(const cc_condition_t *c, cc_issuers_t issuers)
{
    cc_issuer_binding_t binding = binding_among(c->selector, issuers);

    return binding == CC_BINDS_ISSUER || (binding == CC_BINDS_HOLDER && !c->op->negative);
}

static bool rule_binds(const cc_rule_t *rule, cc_issuers_t issuers)
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

    if (!rule->user || rule_binds(rule, issuers)) {
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
        if (cc_issuer_binding_of(c->selector) != CC_BINDS_ISSUER) {
            return false;
        }
    }
    return cc_rule_ends(rule);
}
