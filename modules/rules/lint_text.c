/* SPDX-License-Identifier: Apache-2.0 */
/* Finds texts in conditions and templates that cannot mean what their author intended. */

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "rules/logic.h"
#include "rules/modifier.h"

/* ---- variables where there are none ------------------------------------------------------ */

/* The first %{FIELD} in a text, or NULL. */
static const char *variable_in(const char *text, apr_pool_t *p)
{
    const cc_selector_t *selector;

    for (const char *at = strstr(text, "%{"); at; at = strstr(at + 2, "%{")) {
        apr_size_t len = strcspn(at, "}");

        if (at[len] && cc_selector_parse(&selector, apr_pstrmemdup(p, at + 2, len - 2), p, NULL) ==
                           APR_SUCCESS) {
            return apr_pstrmemdup(p, at, len + 1);
        }
    }
    return NULL;
}

const char *cc_lint_text_variable(const cc_condition_t *c, apr_pool_t *p)
{
    const char *variable = c->pattern ? variable_in(c->operand, p) : NULL;

    return variable ? apr_psprintf(p,
                                   "%s: %s is plain text here, since a pattern has no variables; "
                                   "== compares two fields with each other",
                                   cc_condition_text(c, p), variable)
                    : NULL;
}

/* ---- templates --------------------------------------------------------------------------- */

/* The text right behind a capture group; NULL if the part is not one, or a variable follows. */
static const char *text_behind(const cc_template_t *template, int i, apr_pool_t *p)
{
    const cc_part_t *part = &APR_ARRAY_IDX(template->parts, i, cc_part_t);
    const cc_part_t *next = part + 1;

    if (i + 1 >= template->parts->nelts || part->variable < 0 || next->variable >= 0 ||
        APR_ARRAY_IDX(template->variables, part->variable, cc_variable_t).selector) {
        return NULL;
    }
    return apr_pstrmemdup(p, next->literal.iov_base, next->literal.iov_len);
}

static const char *template_text(const cc_template_t *template, apr_pool_t *p)
{
    return cc_text_escape(template->text, strlen(template->text), p);
}

const char *cc_lint_text_modifier(const cc_template_t *template, apr_pool_t *p)
{
    for (int i = 0; i < template->parts->nelts; i++) {
        const char *text = text_behind(template, i, p);
        const char *name = text && *text == '|' ? text + 1 : "";
        apr_size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz");

        if (len > 0 && cc_modifier_find(apr_pstrmemdup(p, name, len))) {
            return apr_psprintf(p,
                                "%s: a modifier cannot follow $1 to $9 or $<name>, so |%.*s "
                                "becomes a part of the name; write it behind the field in the "
                                "condition: FIELD|%.*s =~ ...",
                                template_text(template, p), (int)len, name, (int)len, name);
        }
    }
    return NULL;
}

const char *cc_lint_text_number(const cc_rule_t *rule, const cc_template_t *template, apr_pool_t *p)
{
    for (int i = 0; i < template->parts->nelts; i++) {
        const char *text = text_behind(template, i, p);
        const cc_part_t *part = &APR_ARRAY_IDX(template->parts, i, cc_part_t);
        const cc_condition_t *c;

        if (!text || !apr_isdigit(*text)) {
            continue;
        }
        c = cc_rule_captured(rule,
                             &APR_ARRAY_IDX(template->variables, part->variable, cc_variable_t));
        if (c && c->pattern && !cc_pattern_groups_named(c->pattern) &&
            part->group * 10 + (*text - '0') <= cc_pattern_groups(c->pattern)) {
            return apr_psprintf(p,
                                "%s: $%d%c is $%d followed by a %c, though the pattern has so many "
                                "groups; name the group, (?<name>...), and write $<name>",
                                template_text(template, p), part->group, *text, part->group, *text);
        }
    }
    return NULL;
}

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

    if (c->op->kind != CC_OPERATOR_EQUAL || c->selector->maker ||
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
