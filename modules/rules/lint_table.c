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

static bool has_only(const char *key, apr_size_t len, const char *octets)
{
    for (apr_size_t i = 0; i < len; i++) {
        if (!strchr(octets, key[i])) {
            return false;
        }
    }
    return true;
}

static const char *hex_form(const cc_selector_t *selector, const char *key, apr_size_t len)
{
    const char *name = selector->ref.field->name;
    apr_size_t digits = 0;

    if (!has_only(key, len, "0123456789abcdef-")) {
        return "keys are lower-case hex without colons; add the option octets to the table";
    }
    if (strstr(name, "sha256")) {
        digits = 64;
    } else if (strstr(name, "sha1")) {
        digits = 40;
    }
    return digits > 0 && len != digits ? "a digest of this kind has a different number of digits"
                                       : NULL;
}

static const char *oneline_form(const cc_selector_t *selector, const char *key, apr_size_t len)
{
    (void)selector;
    return len > 0 && *key != '/' ? "the slash form of a name begins with a slash" : NULL;
}

static const char *address_form(const cc_selector_t *selector, const char *key, apr_size_t len)
{
    (void)selector;
    return memchr(key, '@', len)
               ? NULL
               : "an email address has an @; write |local behind the field to look up "
                 "the part before it";
}

static const char *domain_form(const cc_selector_t *selector, const char *key, apr_size_t len)
{
    (void)selector;
    return memchr(key, '@', len) ? "|domain gives the part after the @" : NULL;
}

static const char *number_form(const cc_selector_t *selector, const char *key, apr_size_t len)
{
    (void)selector;
    return has_only(key, len, "-0123456789") ? NULL : "the field is a number";
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

/* The last modifier but |lower, |first and |last; NULL: none. */
static const char *changed_by(const cc_selector_t *selector)
{
    for (; selector->base; selector = selector->base) {
        const char *name = selector->modifier->word.name;

        if (selector->modifier->map && !selector->modifier->letters) {
            return name;
        }
    }
    return NULL;
}

static cc_form_fn *text_form(const cc_selector_t *selector)
{
    const char *name = selector->ref.field->name;

    if (strcmp(name, "san.email") == 0) {
        return address_form;
    }
    return strcmp(name, "san.uri") == 0 ? uri_form : NULL;
}

static cc_form_fn *form_of(const cc_selector_t *selector)
{
    const char *modifier = changed_by(selector);

    if (modifier && strcmp(modifier, "oneline") == 0) {
        return oneline_form;
    }
    if (modifier) {
        return strcmp(modifier, "domain") == 0 ? domain_form : NULL;
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

const char *cc_lint_table_keys(const cc_condition_t *c, apr_pool_t *p)
{
    const cc_selector_t *selector = c->selector;
    cc_key_forms_t keys = {.selector = selector, .form = form_of(selector), .pool = p};

    if (selector->casing && strcmp(selector->casing->word.name, "lower") == 0) {
        keys.casing = lower_form;
    }
    if ((!keys.form && !keys.casing) || !cc_table_each(c->table, key_judge, &keys) ||
        !keys.reason) {
        return NULL;
    }
    return apr_psprintf(p,
                        "%s: no key of this table can be a value of %s: %s (the first is \"%s\", "
                        "at %s)",
                        cc_condition_text(c, p), selector->name, keys.reason, keys.first,
                        cc_table_place(c->table, keys.line, p));
}
