/* SPDX-License-Identifier: Apache-2.0 */
/* Knows which fields say whose a certificate is: of which CA, or which one of all it is. */

#include <string.h>

#include "rules/logic.h"

/* Another CA may issue a certificate with the same of anything that does not stand here. */
static const struct {
    const char *field;
    cc_origin_t origin;
} origins[] = {
    {"issuer", CC_ORIGIN_ISSUER},
    {"issuer.", CC_ORIGIN_ISSUER},
    {"aki", CC_ORIGIN_ISSUER},
    {"ca.sha256", CC_ORIGIN_ISSUER},
    {"ca.spki.sha256", CC_ORIGIN_ISSUER},
    {"sha256", CC_ORIGIN_HOLDER},
    {"sha1", CC_ORIGIN_HOLDER},
    {"spki.sha256", CC_ORIGIN_HOLDER},
    {"spki.sha1", CC_ORIGIN_HOLDER},
    {"altsec.spki", CC_ORIGIN_HOLDER},
    {"altsec.issuer_serial", CC_ORIGIN_HOLDER},
    {"altsec.issuer_subject", CC_ORIGIN_HOLDER},
    {"pem", CC_ORIGIN_HOLDER},
    {"der", CC_ORIGIN_HOLDER},
    /* Who asks for these has thought of what a CA promises by them. */
    {"policy", CC_ORIGIN_HOLDER},
    {"ext.", CC_ORIGIN_HOLDER},
};

cc_origin_t cc_origin_of(const cc_selector_t *selector)
{
    for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        if (strcmp(origins[i].field, selector->ref.field->name) == 0) {
            return origins[i].origin;
        }
    }
    return CC_ORIGIN_NONE;
}

/* A negative condition on a digest leaves all other certificates; one on the CA is at least one. */
static bool condition_binds(const cc_condition_t *c)
{
    cc_origin_t origin = cc_origin_of(c->selector);

    return origin == CC_ORIGIN_ISSUER || (origin == CC_ORIGIN_HOLDER && !c->op->negative);
}

static bool rule_binds(const cc_rule_t *rule)
{
    for (int i = 0; i < rule->conditions->nelts; i++) {
        if (condition_binds(&APR_ARRAY_IDX(rule->conditions, i, cc_condition_t))) {
            return true;
        }
    }
    return false;
}

const cc_selector_t *cc_origin_missing(const cc_rule_t *rule)
{
    const cc_selector_t *first = NULL;

    if (!rule->user || rule_binds(rule)) {
        return NULL;
    }
    for (int i = 0; i < rule->user->variables->nelts; i++) {
        const cc_variable_t *variable = &APR_ARRAY_IDX(rule->user->variables, i, cc_variable_t);
        const cc_condition_t *captured = cc_rule_captured(rule, variable);
        const cc_selector_t *selector = captured ? captured->selector : variable->selector;

        if (cc_origin_of(selector) != CC_ORIGIN_NONE) {
            return NULL;
        }
        first = first ? first : selector;
    }
    return first;
}

bool cc_origin_decides(const cc_rule_t *rule)
{
    for (int i = 0; i < rule->conditions->nelts; i++) {
        const cc_condition_t *c = &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t);
        if (cc_origin_of(c->selector) != CC_ORIGIN_ISSUER) {
            return false;
        }
    }
    return cc_rule_ends(rule);
}
