/* SPDX-License-Identifier: Apache-2.0 */
/* Finds texts in conditions and templates that cannot mean what their author intended. */

#include <string.h>

#include <apr_strings.h>

#include "rules/logic.h"
#include "rules/modifier.h"

/* ---- operands that no value can match ---------------------------------------------------- */

/* Octets with which no value of a field begins or ends. */
typedef struct cc_ends_t {
    const char *field;
    const char *not_first;
    const char *not_last;
    const char *reason;
    bool anywhere; /* nor do they occur inside */
} cc_ends_t;

static const cc_ends_t shapes[] = {
    {"san.email", "@", "@/", "an email address has a part before the @ and one after it", false},
    {"san.upn", "@", "@/", "a user principal name has a part before the @ and one after it", false},
    {"san.dns", "@./", "@/", "a DNS name begins with a letter, a digit or *", false},
    {"san.uri", "@./", "", "a URI begins with its scheme, such as https:", false},
};

static const cc_ends_t *shape_of(const cc_selector_t *selector)
{
    static const cc_ends_t domain = {"", "@", "@", "|domain gives the part after the @", true};

    if (cc_modifier_kept(selector, CC_KEEPS_DOMAIN)) {
        return &domain;
    }
    if (selector->maker || cc_modifier_kept(selector, CC_KEEPS_LOCAL)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (strcmp(shapes[i].field, selector->ref.field->name) == 0) {
            return &shapes[i];
        }
    }
    return NULL;
}

static bool has_any(struct iovec text, const char *octets)
{
    const char *at = text.iov_base;

    for (apr_size_t i = 0; i < text.iov_len; i++) {
        if (strchr(octets, at[i])) {
            return true;
        }
    }
    return false;
}

static bool shape_breaks(const cc_ends_t *shape, struct iovec begin, struct iovec end)
{
    const char *first = begin.iov_base;
    const char *last = (const char *)end.iov_base + end.iov_len - 1;

    if (shape->anywhere && (has_any(begin, shape->not_first) || has_any(end, shape->not_first))) {
        return true;
    }
    return (begin.iov_len > 0 && strchr(shape->not_first, *first)) ||
           (end.iov_len > 0 && strchr(shape->not_last, *last));
}

static const char *casing_reason(const cc_selector_t *selector, struct iovec begin,
                                 struct iovec end, apr_pool_t *p)
{
    const cc_modifier_t *casing = selector->casing;

    return casing && (has_any(begin, casing->letters) || has_any(end, casing->letters))
               ? apr_psprintf(p, "a value with |%s has none of the letters %s", casing->word.name,
                              casing->letters)
               : NULL;
}

const char *cc_lint_text_never(const cc_condition_t *c, apr_pool_t *p)
{
    const cc_ends_t *shape = shape_of(c->selector);
    struct iovec begin = {(char *)c->operand, strlen(c->operand)};
    struct iovec end = begin;
    const char *reason = NULL;

    if (c->op->kind != CC_OPERATOR_PATTERN && c->op->kind != CC_OPERATOR_EQUAL) {
        return NULL;
    }
    if (c->pattern) {
        cc_pattern_literals(c->operand, &begin, &end, p);
        reason = casing_reason(c->selector, begin, end, p);
    }
    if (!reason && shape && shape_breaks(shape, begin, end)) {
        reason = shape->reason;
    }
    if (!reason) {
        return NULL;
    }
    return c->pattern ? apr_psprintf(p,
                                     "%s: no value can match this, since a pattern has to match "
                                     "the whole value: %s",
                                     cc_condition_text(c, p), reason)
                      : apr_psprintf(p, "%s: no value can be equal to this: %s",
                                     cc_condition_text(c, p), reason);
}

/* ---- serial numbers ---------------------------------------------------------------------- */

#define SERIAL_HEX_MAX 40 /* digits (RFC 5280 4.1.2.2) */

/* Of 3,000 serial numbers of this length, one has no letter among its hex digits. */
#define DECIMAL_LIKELY 17

/* A decimal number that fits into a serial number as hex, too. */
static const char *likely_decimal(const cc_condition_t *c, apr_size_t len, apr_pool_t *p)
{
    return len >= DECIMAL_LIKELY && *c->operand != '0' &&
                   c->operand[strspn(c->operand, "0123456789")] == '\0'
               ? apr_psprintf(p,
                              "%s: this is read as hex, but has decimal digits only; if it is "
                              "decimal, write dec:%s; if it is hex, write it with colons",
                              cc_condition_text(c, p), c->operand)
               : NULL;
}

const char *cc_lint_text_decimal(const cc_condition_t *c, apr_pool_t *p)
{
    const char *operand = c->operand + strspn(c->operand, "0");
    const char *hex;

    if (c->op->kind != CC_OPERATOR_EQUAL || c->selector->plain ||
        strcmp(c->selector->ref.field->name, "serial") != 0) {
        return NULL;
    }
    if (strlen(operand) <= SERIAL_HEX_MAX) {
        return likely_decimal(c, strlen(operand), p);
    }
    hex = cc_decimal_to_hex(operand, p);
    return hex && strlen(hex) <= SERIAL_HEX_MAX
               ? apr_psprintf(p,
                              "%s: a serial number has at most 40 hex digits, so this one is in "
                              "decimal; in hex it is %s",
                              cc_condition_text(c, p), hex)
               : NULL;
}
