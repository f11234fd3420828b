/* SPDX-License-Identifier: Apache-2.0 */
/* Decides what one value of a field determines: a certificate, its key, a name, or the CA. */

/*
 * Modifiers must be one-to-one (cc_modifier_t). Any other one gives the same result for several
 * values: alice@example.com and alice@example.net have the same |local. Letter case is an
 * exception: names that differ in nothing else count as one name. In base64 it does count.
 *
 * What is strong follows MS-PKCA 3.1.5.2.1.5, with these differences. The subject key identifier
 * is any text that a CA writes. Many CAs copy it from the request, so another client of the CA can
 * get the same one, and it counts as a name. SHA-1 counts: a false match with the certificate or
 * key of another client needs a second preimage, and a collision only gives one person two
 * certificates for the same user. But because of collisions it does not determine the other fields,
 * nor a CA. A SID names an account, so the key of the CA that may name accounts must be determined,
 * not its name.
 */

#include <string.h>

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
    PIN_NAME     /* or another text that the CA may write into several certificates */
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
    {"serial", PIN_NUMBER},       {"ski", PIN_NAME},
    {"altsec.ski", PIN_NAME},     {"sid", PIN_ACCOUNT},
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

static cc_ca_pin_t ca_pin_of(const cc_fieldref_t *ref)
{
    static const char *const keys[] = {"ca.sha256", "ca.spki.sha256"};
    static const char *const own[] = {"sha256",      "sha384",      "sha512",
                                      "spki.sha256", "spki.sha384", "spki.sha512"};
    const char *name = ref->field->name;
    bool of_ca = ref->of == CC_FIELD_OF_CA;

    if (ref->of == CC_FIELD_OF_CLIENT && strcmp(name, "issuer") == 0) {
        return CC_CA_NAME;
    }
    for (size_t i = 0; of_ca && i < sizeof(own) / sizeof(own[0]); i++) {
        if (strcmp(own[i], name) == 0) {
            return CC_CA_KEY;
        }
    }
    for (size_t i = 0; ref->of == CC_FIELD_OF_CLIENT && i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(keys[i], name) == 0) {
            return CC_CA_KEY;
        }
    }
    return of_ca && strcmp(name, "subject") == 0 ? CC_CA_NAME : CC_CA_UNKNOWN;
}

static cc_strength_t pin_strength(cc_determining_t pin, cc_ca_pin_t ca)
{
    switch (pin) {
    case PIN_CERTIFICATE:
    case PIN_KEY:
        return CC_STRENGTH_STRONG;
    case PIN_NUMBER:
        return ca != CC_CA_UNKNOWN ? CC_STRENGTH_STRONG : CC_STRENGTH_WEAK;
    case PIN_ACCOUNT:
        return ca == CC_CA_KEY ? CC_STRENGTH_STRONG : CC_STRENGTH_WEAK;
    case PIN_NAME:
        return ca == CC_CA_KEY ? CC_STRENGTH_NAMED : CC_STRENGTH_WEAK;
    default:
        return CC_STRENGTH_WEAK;
    }
}

/* ---- selectors --------------------------------------------------------------------------- */

/* Numbers and names are the same in either case, as is the hex that has only one. */
bool cc_selector_has_case(const cc_selector_t *selector)
{
    const cc_modifier_t *maker = selector->maker;
    bool found = false;

    for (int i = 0; i < selector->part_count && !found; i++) {
        found = cc_selector_has_case(selector->parts[i]);
    }
    if (!maker) {
        bool is_text = selector->ref.field->type == CC_TYPE_TEXT;

        return found || (is_text && pin_of(&selector->ref) == PIN_CERTIFICATE);
    }
    return found || (!selector->casing && !maker->digits && maker->takes != CC_TAKES_DN);
}

/* Leading zeros count in the values of other fields, such as ski. */
static bool has_leading_zeros(const cc_selector_t *selector)
{
    return selector->base || (cc_field_digest_digits(&selector->ref) == 0 &&
                              strcmp(selector->ref.field->name, "serial") != 0);
}

bool cc_selector_is_whole(const cc_selector_t *selector)
{
    for (; selector->base; selector = selector->base) {
        const cc_modifier_t *modifier = selector->modifier;
        bool case_only = modifier->keeps == CC_KEEPS_WORDS && !cc_selector_has_case(selector->base);

        if ((!modifier->one_to_one && !case_only) ||
            (modifier->digits && has_leading_zeros(selector->base))) {
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

cc_ca_pin_t cc_selector_ca_pin(const cc_selector_t *selector)
{
    cc_ca_pin_t most = CC_CA_UNKNOWN;

    if (!cc_selector_is_whole(selector)) {
        return CC_CA_UNKNOWN;
    }
    if (!selector->part_count) {
        return ca_pin_of(&selector->ref);
    }
    for (int i = 0; i < selector->part_count; i++) {
        cc_ca_pin_t ca = cc_selector_ca_pin(selector->parts[i]);

        most = ca > most ? ca : most;
    }
    return most;
}

cc_strength_t cc_selector_strength(const cc_selector_t *selector, cc_ca_pin_t ca)
{
    cc_ca_pin_t own = selector->part_count ? cc_selector_ca_pin(selector) : CC_CA_UNKNOWN;
    cc_strength_t most = CC_STRENGTH_WEAK;

    if (!cc_selector_is_whole(selector)) {
        return CC_STRENGTH_WEAK;
    }
    if (!selector->part_count) {
        return pin_strength(pin_of(&selector->ref), ca);
    }
    for (int i = 0; i < selector->part_count; i++) {
        cc_strength_t one = cc_selector_strength(selector->parts[i], own > ca ? own : ca);

        most = one > most ? one : most;
    }
    return most;
}

static bool part_pins(const cc_selector_t *selector)
{
    return cc_selector_is_whole(selector) && pin_of(&selector->ref) == PIN_CERTIFICATE;
}

bool cc_selector_pins_certificate(const cc_selector_t *selector)
{
    return cc_selector_is_whole(selector) && any_part(selector, part_pins);
}

static bool part_is_outside(const cc_selector_t *selector)
{
    return !cc_field_of_certificate(&selector->ref);
}

bool cc_selector_is_outside(const cc_selector_t *selector)
{
    return any_part(selector, part_is_outside);
}
