/* SPDX-License-Identifier: Apache-2.0 */
/* Finds tables whose keys all have a form that no value of the field has. */

#include <string.h>

#include <apr_strings.h>

#include "base/fold.h"
#include "rules/logic.h"
#include "rules/modifier.h"

#define KEYS_MAX 1000000 /* of a table: with more, it is not judged */

/* ---- the form of a value ----------------------------------------------------------------- */

/* A key that no value equals has this reason. */
typedef const char *cc_form_fn(const cc_selector_t *selector, const char *key, apr_size_t len);

static const char *made_form(const cc_selector_t *selector, const char *key, apr_size_t len)
{
    return cc_modifier_changing(selector)->form(key, len);
}

/* The octets of a value, which is a digest; 0: another value. */
static apr_size_t digest_octets(const cc_selector_t *selector)
{
    return selector->maker ? 0 : (apr_size_t)cc_field_digest_digits(&selector->ref) / 2;
}

/* True if the key is a digest of so many octets in base64, which is longer than it is in hex. */
static bool is_base64(const char *key, apr_size_t len, apr_size_t octets)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
    apr_size_t count = (4 * octets + 2) / 3;

    return octets > 0 && cc_has_only(key, len < count ? len : count, digits) &&
           (len == count ||
            (len == (octets + 2) / 3 * 4 && cc_has_only(key + count, len - count, "=")));
}

static const char *hex_form(const cc_selector_t *selector, const char *key, apr_size_t len)
{
    apr_size_t octets = digest_octets(selector);

    if (is_base64(key, len, octets)) {
        return "keys are lower-case hex; for base64 add the option octets=base64 to the table";
    }
    if (!cc_has_only(key, len, "0123456789abcdef-")) {
        return "keys are lower-case hex without colons; add the option octets to the table";
    }
    return octets > 0 && len != 2 * octets
               ? "a digest of this kind has a different number of digits"
               : NULL;
}

static const char *octets_form(const cc_selector_t *selector, const char *key, apr_size_t len)
{
    (void)key;
    return len != digest_octets(selector) ? "a digest of this kind has a different number of octets"
                                          : NULL;
}

static const char *address_form(const cc_selector_t *selector, const char *key, apr_size_t len)
{
    (void)selector;
    return memchr(key, '@', len)
               ? NULL
               : "an email address has an @; write |local behind the field to look up "
                 "the part before it";
}

static const char *number_form(const cc_selector_t *selector, const char *key, apr_size_t len)
{
    (void)selector;
    return cc_has_only(key, len, "-0123456789") ? NULL : "the field is a number";
}

static const char *uri_form(const cc_selector_t *selector, const char *key, apr_size_t len)
{
    (void)selector;
    return memchr(key, ':', len) ? NULL : "a URI begins with its scheme, such as https:";
}

static const char *lower_form(const cc_selector_t *selector, const char *key, apr_size_t len)
{
    (void)selector;
    return cc_fold_is_lower(key, len)
               ? NULL
               : "with |lower, a value has no capital letters; write the keys in lower case, or "
                 "add the option nocase to the table";
}

/* ---- the form of a field ----------------------------------------------------------------- */

static const char *any_form(const cc_selector_t *selector, const char *key, apr_size_t len)
{
    (void)selector;
    return memchr(key, ':', len)
               ? NULL
               : "a value begins with the type of the name, as in email:alice@example.com";
}

static const char *pair_form(const cc_selector_t *selector, const char *key, apr_size_t len)
{
    (void)selector;
    return memchr(key, ':', len) ? NULL
                                 : "a value is an object identifier, a colon and the rest, as "
                                   "clientcert show prints it";
}

static cc_form_fn *text_form(const cc_selector_t *selector)
{
    static const struct {
        const char *field;
        cc_form_fn *form;
    } forms[] = {
        {"san.email", address_form}, {"san.uri", uri_form},        {"san.any", any_form},
        {"san.hardware", pair_form}, {"san.permanent", pair_form},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (strcmp(selector->ref.field->name, forms[i].field) == 0) {
            return forms[i].form;
        }
    }
    return NULL;
}

static cc_form_fn *form_of(const cc_selector_t *selector)
{
    const cc_modifier_t *changing = cc_modifier_changing(selector);

    if (changing && changing->form) {
        return made_form;
    }
    if (changing && selector->type == CC_TYPE_TEXT) {
        return NULL;
    }
    switch (selector->type) {
    case CC_TYPE_OCTETS:
    case CC_TYPE_DER:
        return hex_form;
    case CC_TYPE_NUMBER:
        return number_form;
    case CC_TYPE_TEXT:
        return selector->ref.field->type == CC_TYPE_TEXT ? text_form(selector) : NULL;
    default:
        return NULL;
    }
}

/* ---- all keys ---------------------------------------------------------------------------- */

typedef struct cc_key_forms_t {
    const cc_selector_t *selector;
    cc_form_fn *form;   /* NULL: any text */
    cc_form_fn *casing; /* NULL: any letters */
    int count;
    const char *reason; /* of the first key; NULL: one key is good */
    const char *first;
    apr_uint64_t line;
    apr_pool_t *pool;
} cc_key_forms_t;

static bool key_judge(const char *key, apr_size_t len, apr_uint64_t line, void *baton)
{
    cc_key_forms_t *keys = baton;
    const char *reason = keys->form ? keys->form(keys->selector, key, len) : NULL;

    if (!reason && keys->casing) {
        reason = keys->casing(keys->selector, key, len);
    }
    if (keys->count++ == 0) {
        keys->first = cc_text_excerpt(key, len, keys->pool);
        keys->reason = reason;
        keys->line = line;
    }
    if (!reason || keys->count > KEYS_MAX) {
        keys->reason = NULL;
    }
    return keys->reason != NULL;
}

/* Judges all keys; false: that is not possible. */
static bool keys_walk(const cc_table_t *table, cc_key_forms_t *keys)
{
    if (cc_table_each(table, key_judge, keys)) {
        return true;
    }
    if (keys->selector->type != CC_TYPE_OCTETS || digest_octets(keys->selector) == 0) {
        return false;
    }
    keys->form = octets_form;
    return cc_table_each_octets(table, key_judge, keys);
}

const char *cc_lint_table_keys(const cc_condition_t *c, apr_pool_t *p)
{
    const cc_selector_t *selector = c->selector;
    cc_key_forms_t keys = {.selector = selector, .form = form_of(selector), .pool = p};

    if (selector->casing && strcmp(selector->casing->word.name, "lower") == 0) {
        keys.casing = lower_form;
    }
    if ((!keys.form && !keys.casing) || !keys_walk(c->table, &keys) || !keys.reason) {
        return NULL;
    }
    return apr_psprintf(p,
                        "%s: no key of this table can be a value of %s: %s (the first is \"%s\", "
                        "at %s)",
                        cc_condition_text(c, p), selector->name, keys.reason, keys.first,
                        cc_table_place(c->table, keys.line, p));
}
