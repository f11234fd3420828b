/* SPDX-License-Identifier: Apache-2.0 */
/* Explains why a table has no key for a value: it has the value in another form. */

#include <string.h>

#include <apr_cstr.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "rules/hint.h"
#include "rules/modifier.h"

/* What to do about a key in another form. */
typedef enum {
    REMEDY_NOCASE,
    REMEDY_OCTETS,
    REMEDY_BASE64,
    REMEDY_HEX,
    REMEDY_LOCAL,
    REMEDY_DOMAIN,
    REMEDY_KEY /* correct the table */
} cc_remedy_t;

static const char *quoted(const char *key, apr_pool_t *p)
{
    return apr_pstrcat(p, "\"", cc_text_excerpt(key, strlen(key), p), "\"", NULL);
}

static const char *remedy_text(const cc_miss_t *miss, const cc_value_t *value, cc_remedy_t remedy)
{
    const char *table = cc_table_name(miss->condition->table);
    apr_pool_t *p = miss->pool;

    switch (remedy) {
    case REMEDY_NOCASE:
        return apr_pstrcat(p, "add the option nocase to ClientCertTable ", table, NULL);
    case REMEDY_OCTETS:
        return apr_pstrcat(p, "add the option octets to ClientCertTable ", table, NULL);
    case REMEDY_BASE64:
        return apr_pstrcat(p, "add the option octets=base64 to ClientCertTable ", table, NULL);
    case REMEDY_HEX:
        return apr_pstrcat(p, "its keys are hex: write the option octets=hex of ClientCertTable ",
                           table, NULL);
    case REMEDY_LOCAL:
        return apr_pstrcat(p, "write ", cc_condition_field(cc_hint_field_with(miss, "local"), p),
                           " in ", table, NULL);
    case REMEDY_DOMAIN:
        return apr_pstrcat(p, "write ", cc_condition_field(cc_hint_field_with(miss, "domain"), p),
                           " in ", table, NULL);
    case REMEDY_KEY:
        break;
    }
    return apr_pstrcat(p, "in the table, write ", quoted(value->text, p), NULL);
}

#define WALKED_MAX 100000 /* keys of a table that are compared one by one */

/* A walk over the keys of a table, to find one. */
typedef struct cc_walk_t {
    const char *key;
    bool folded; /* ignore case */
    int left;    /* keys to compare */
    const char *found;
    apr_uint64_t line;
    apr_pool_t *pool;
} cc_walk_t;

static bool walk_step(const char *key, apr_size_t len, apr_uint64_t line, void *baton)
{
    cc_walk_t *walk = baton;

    if (strlen(walk->key) == len && (walk->folded ? apr_cstr_casecmpn(key, walk->key, len) == 0
                                                  : memcmp(key, walk->key, len) == 0)) {
        walk->found = apr_pstrmemdup(walk->pool, key, len);
        walk->line = line;
    }
    return !walk->found && --walk->left > 0;
}

/* Where the row of a key is, or the table itself. */
static const char *key_place(const cc_miss_t *miss, const char *key)
{
    const cc_table_t *table = miss->condition->table;
    cc_walk_t walk = {.key = key, .left = WALKED_MAX, .pool = miss->pool};

    return cc_table_each(table, walk_step, &walk) && walk.found
               ? cc_table_place(table, walk.line, miss->pool)
               : cc_table_where(table);
}

/* An option changes how keys are compared only where they are read in advance, as those of a file.
 */
static bool is_possible(cc_remedy_t remedy, const cc_table_t *table)
{
    return (remedy != REMEDY_NOCASE && remedy != REMEDY_OCTETS && remedy != REMEDY_BASE64) ||
           cc_table_has_rows(table);
}

/* The issuer whose rows count; NULL: the table does not ask for one, or it cannot be used. */
static const cc_value_t *issuer_of(const cc_miss_t *miss)
{
    const cc_value_t *issuer = NULL;

    if (miss->condition->issuer) {
        issuer = cc_cert_value(miss->cert, "issuer", miss->pool);
    }
    return issuer && !issuer->unusable ? issuer : NULL;
}

/* NULL unless the table has this key. A failed lookup says nothing. */
static const char *key_ask(const cc_miss_t *miss, const cc_value_t *value, const char *key,
                           cc_remedy_t remedy)
{
    cc_table_t *table = miss->condition->table;
    cc_query_t query = {.key = key, .len = key ? strlen(key) : 0};
    const cc_value_t *issuer = issuer_of(miss);

    if (issuer) {
        query.issuer = issuer->key;
        query.issuer_len = issuer->key_len;
    }

    if (query.len == 0 ||
        cc_table_lookup(table, &query, miss->facts->now, miss->pool) != CC_TABLE_FOUND) {
        return NULL;
    }
    remedy = is_possible(remedy, table) ? remedy : REMEDY_KEY;
    return apr_pstrcat(miss->pool, "the table (", key_place(miss, key), ") has the key ",
                       quoted(key, miss->pool), "; ", remedy_text(miss, value, remedy), NULL);
}

/* The same for a key that is not the text of the value, which the table does not have. */
static const char *key_try(const cc_miss_t *miss, const cc_value_t *value, const char *key,
                           cc_remedy_t remedy)
{
    return key && strcmp(key, value->text) != 0 ? key_ask(miss, value, key, remedy) : NULL;
}

/* ---- forms of a text --------------------------------------------------------------------- */

static const char *letters_of(const char *text, int (*change)(int), apr_pool_t *p)
{
    char *changed = apr_pstrdup(p, text);

    for (char *c = changed; *c; c++) {
        *c = (unsigned char)*c < 0x80 ? (char)change(*c) : *c;
    }
    return changed;
}

static int lower(int c)
{
    return apr_tolower(c);
}

static int upper(int c)
{
    return apr_toupper(c);
}

static const char *key_in_other_case(const cc_miss_t *miss, const cc_value_t *value)
{
    cc_walk_t walk = {.key = value->text, .folded = true, .left = WALKED_MAX, .pool = miss->pool};

    cc_table_each(miss->condition->table, walk_step, &walk);
    return walk.found;
}

static const char *text_hint(const cc_miss_t *miss, const cc_value_t *value)
{
    const char *at = strrchr(value->text, '@');
    apr_pool_t *p = miss->pool;
    const char *hint = key_try(miss, value, letters_of(value->text, lower, p), REMEDY_NOCASE);

    hint = hint ? hint : key_try(miss, value, letters_of(value->text, upper, p), REMEDY_NOCASE);
    hint = hint ? hint : key_try(miss, value, key_in_other_case(miss, value), REMEDY_NOCASE);
    if (at && !hint) {
        apr_size_t len = (apr_size_t)(at - value->text);

        hint = key_try(miss, value, apr_pstrmemdup(p, value->text, len), REMEDY_LOCAL);
        hint = hint ? hint : key_try(miss, value, at + 1, REMEDY_DOMAIN);
    }
    return hint;
}

/* ---- forms of a name --------------------------------------------------------------------- */

/* "CN=a,O=b" as "CN = a, O = b", as openssl prints it; NULL where that would not be certain. */
static const char *spaced(const char *name, apr_pool_t *p)
{
    char *text = apr_palloc(p, 3 * strlen(name) + 1);
    char *to = text;

    if (strpbrk(name, "\\+\"")) {
        return NULL;
    }
    for (; *name; name++) {
        if (*name == '=') {
            *to++ = ' ';
        }
        *to++ = *name;
        if (*name == '=' || *name == ',') {
            *to++ = ' ';
        }
    }
    *to = '\0';
    return text;
}

static const char *name_forms(const cc_miss_t *miss, const cc_value_t *value, const cc_value_t *dn)
{
    apr_pool_t *p = miss->pool;
    cc_value_t slashes = cc_value_oneline(dn, p);
    const char *hint = key_try(miss, value, dn->text, REMEDY_KEY);

    hint = hint ? hint : key_try(miss, value, spaced(dn->text, p), REMEDY_KEY);
    if (!hint && !slashes.unusable) {
        hint = key_try(miss, value, slashes.text, REMEDY_KEY);
        hint = hint ? hint : key_try(miss, value, slashes.text + 1, REMEDY_KEY);
    }
    return hint;
}

/* The value is a slash form: other forms of the same name, and of the name in reverse order. */
static const char *name_hint(const cc_miss_t *miss, const cc_value_t *value, const cc_value_t *dn)
{
    cc_value_t reversed = cc_value_reversed(dn, miss->pool);
    const char *hint = name_forms(miss, value, dn);

    return hint || reversed.unusable ? hint : name_forms(miss, value, &reversed);
}

/* ---- forms of octets --------------------------------------------------------------------- */

static const char *with_colons(const char *hex, apr_pool_t *p)
{
    apr_size_t len = strlen(hex);
    char *text = apr_palloc(p, 2 * len + 1);
    char *to = text;

    for (apr_size_t i = 0; i < len; i++) {
        if (i > 0 && i % 2 == 0) {
            *to++ = ':';
        }
        *to++ = hex[i];
    }
    *to = '\0';
    return text;
}

#define DIGEST_DIGITS 40 /* the hex digits of the shortest digest */

/* A digest in base64, as it is or after its name. */
static const char *base64_hint(const cc_miss_t *miss, const cc_value_t *value)
{
    static const char *const names[] = {"", "SHA256:", "sha256//", "sha256-", "SHA1:"};
    static const cc_octets_form_t forms[] = {CC_OCTETS_BASE64, CC_OCTETS_BASE64URL};
    apr_pool_t *p = miss->pool;
    const char *hint = NULL;

    if (value->len < DIGEST_DIGITS) {
        return NULL; /* a short text may be something else by chance */
    }
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const char *text = cc_table_key_text(value->text, forms[i], p);

        for (size_t j = 0; text && !hint && j < sizeof(names) / sizeof(names[0]); j++) {
            const char *bare = apr_pstrmemdup(p, text, strcspn(text, "="));

            hint = key_try(miss, value, apr_pstrcat(p, names[j], text, NULL), REMEDY_BASE64);
            hint = hint ? hint
                        : key_try(miss, value, apr_pstrcat(p, names[j], bare, NULL), REMEDY_BASE64);
        }
    }
    return hint;
}

static const char *octets_hint(const cc_miss_t *miss, const cc_value_t *value)
{
    apr_pool_t *p = miss->pool;
    const char *big = letters_of(value->text, upper, p);
    const char *hint = key_ask(miss, value, value->text, REMEDY_HEX);

    hint = hint ? hint : key_try(miss, value, big, REMEDY_OCTETS);

    hint = hint ? hint : key_try(miss, value, with_colons(big, p), REMEDY_OCTETS);
    hint = hint ? hint : key_try(miss, value, with_colons(value->text, p), REMEDY_OCTETS);
    hint = hint ? hint : base64_hint(miss, value);
    if (!hint && !miss->condition->selector->maker &&
        strcmp(miss->condition->selector->ref.field->name, "serial") == 0) {
        const char *digits = value->text + strspn(value->text, "0");

        hint = key_try(miss, value, cc_decimal_of_hex(value->text, p), REMEDY_KEY);
        hint = hint ? hint : key_try(miss, value, digits, REMEDY_KEY);
        hint =
            hint ? hint : key_try(miss, value, apr_pstrcat(p, "00", value->text, NULL), REMEDY_KEY);
        hint =
            hint ? hint : key_try(miss, value, apr_pstrcat(p, "0x", value->text, NULL), REMEDY_KEY);
    }
    return hint;
}

/* ---- names in a grid-mapfile ------------------------------------------------------------- */

static const char *gridmap_hint(const cc_miss_t *miss, const cc_value_t *value)
{
    cc_table_t *table = miss->condition->table;
    cc_value_t reversed = cc_value_reversed(value, miss->pool);
    cc_query_t query = {.key = reversed.key, .len = reversed.key_len, .form = CC_KEY_NAME};

    if (reversed.unusable ||
        cc_table_lookup(table, &query, miss->facts->now, miss->pool) != CC_TABLE_FOUND) {
        return NULL;
    }
    return apr_pstrcat(miss->pool, "the table (", cc_table_where(table),
                       ") has this name with its parts in reverse order", NULL);
}

/* ---- all of them ------------------------------------------------------------------------- */

/* The first DN of FIELD|oneline; NULL for another selector. */
static const cc_value_t *name_of(const cc_miss_t *miss)
{
    const cc_selector_t *selector = miss->condition->selector;
    cc_values_t values;

    if (!selector->base || selector->modifier->takes != CC_TAKES_DN) {
        return NULL;
    }
    values = cc_selector_values(selector->base, miss->cert, miss->facts, miss->pool);
    return values.count == 1 && !values.at->unusable ? values.at : NULL;
}

/* The table has the key, but no row of it counts now. */
static const char *outside_hint(const cc_miss_t *miss, const cc_value_t *value)
{
    cc_query_t query = cc_lookup_query(miss->condition, value, issuer_of(miss));

    cc_table_lookup(miss->condition->table, &query, miss->facts->now, miss->pool);
    return query.info.outside ? apr_pstrcat(miss->pool, query.info.outside, " (valid= of ",
                                            cc_table_where(miss->condition->table), ")", NULL)
                              : NULL;
}

static const char *value_hint(const cc_miss_t *miss, const cc_value_t *value)
{
    const cc_value_t *dn = name_of(miss);
    const char *outside = outside_hint(miss, value);

    if (outside) {
        return outside;
    }

    if (cc_table_is_gridmap(miss->condition->table)) {
        return gridmap_hint(miss, value);
    }
    if (miss->condition->selector->type == CC_TYPE_OCTETS ||
        miss->condition->selector->type == CC_TYPE_DER) {
        return octets_hint(miss, value);
    }
    if (dn) {
        const char *hint = name_hint(miss, value, dn);

        return hint ? hint : text_hint(miss, value);
    }
    return miss->condition->selector->type == CC_TYPE_TEXT ? text_hint(miss, value) : NULL;
}

const char *cc_hint_table(const cc_miss_t *miss)
{
    return cc_table_is_remote(miss->condition->table) ? NULL : cc_hint_each(miss, value_hint);
}
