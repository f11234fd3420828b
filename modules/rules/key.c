/* SPDX-License-Identifier: Apache-2.0 */
/* Makes keys of several fields, (FIELD,FIELD ...), for tables whose rows depend on all of them. */

#include <string.h>

#include <apr_strings.h>

#include "rules/modifier.h"

/*
 * The text of a key is that of its fields, joined by ";". In each, "%" becomes "%25" and ";"
 * becomes
 * "%3B", so no two combinations of values have the same text: a row for one CA and serial number is
 * never found for another CA.
 *
 * Fields that are made of the same values step together: (san.email|local,san.email|domain) has one
 * key for each address. `origin` below is the selector with those values: the field, or what the
 * last modifier made that does not work on each value alone.
 */
#define JOINT ";"
#define COMBINATIONS_MAX 1000 /* a certificate may have any number of values */

/* ---- reading ----------------------------------------------------------------------------- */

bool cc_selector_is_key(const char *text)
{
    return *text == '(';
}

static apr_status_t key_error(cc_rule_reader_t *reader, const char *text)
{
    return cc_error_set(reader->err, reader->rules->pool, "CC0234", text,
                        "a key of several fields is written without spaces, "
                        "(FIELD,FIELD) or (FIELD|MODIFIER,FIELD)");
}

/* Reads the fields; *rest is then behind the closing parenthesis. NULL: err is filled. */
static apr_array_header_t *parts_parse(cc_rule_reader_t *reader, const char *text, char **rest)
{
    apr_pool_t *p = reader->rules->pool;
    apr_array_header_t *parts = apr_array_make(p, 2, sizeof(cc_selector_t *));
    char *at = apr_pstrdup(p, text + 1), last = ',';

    while (last == ',') {
        char *end = at + (cc_selector_until(at, ",)") - at);

        last = *end;
        if (last == '\0' || end == at || *at == '(') {
            key_error(reader, text);
            return NULL;
        }
        *end = '\0';
        if (cc_selector_find(&APR_ARRAY_PUSH(parts, cc_selector_t *), reader, at) != APR_SUCCESS) {
            return NULL;
        }
        at = end + 1;
    }
    *rest = at;
    return parts;
}

apr_status_t cc_key_parse(cc_selector_t *wanted, cc_rule_reader_t *reader, const char *text)
{
    char *rest = NULL;
    apr_array_header_t *parts = parts_parse(reader, text, &rest);
    const char *name = "(";

    if (!parts) {
        return APR_EINVAL;
    }
    if (*rest || parts->nelts < 2) {
        return key_error(reader, text);
    }
    for (int i = 0; i < parts->nelts; i++) {
        name = apr_pstrcat(reader->rules->pool, name, i > 0 ? "," : "",
                           APR_ARRAY_IDX(parts, i, cc_selector_t *)->name, NULL);
        wanted->matches = wanted->matches || APR_ARRAY_IDX(parts, i, cc_selector_t *)->matches;
    }
    wanted->ref.field = cc_field_key();
    wanted->ref.oid = wanted->name = apr_pstrcat(reader->rules->pool, name, ")", NULL);
    wanted->parts = (cc_selector_t *const *)parts->elts;
    wanted->part_count = parts->nelts;
    return APR_SUCCESS;
}

/* ---- values ------------------------------------------------------------------------------ */

/* The values of one origin, and the one of the current combination. */
typedef struct cc_axis_t {
    const cc_selector_t *origin;
    cc_values_t values;
    int chosen;
} cc_axis_t;

/* The axes of a key, and what is needed to combine them. */
typedef struct cc_combining_t {
    const cc_selector_t *key;
    cc_axis_t *axes;
    int axis_count;
    const cc_modifying_t *modifying;
    apr_pool_t *pool;
} cc_combining_t;

static cc_axis_t *axis_of(const cc_combining_t *combining, const cc_selector_t *selector)
{
    const cc_selector_t *origin = cc_selector_origin(selector);

    for (int i = 0; i < combining->axis_count; i++) {
        if (combining->axes[i].origin == origin) {
            return &combining->axes[i];
        }
    }
    return NULL;
}

static void axes_make(cc_combining_t *combining, cc_values_fn *values, void *baton)
{
    const cc_selector_t *key = combining->key;

    combining->axes = apr_pcalloc(combining->pool, sizeof(cc_axis_t) * (size_t)key->part_count);
    for (int i = 0; i < key->part_count; i++) {
        if (!axis_of(combining, key->parts[i])) {
            cc_axis_t *axis = &combining->axes[combining->axis_count++];

            axis->origin = cc_selector_origin(key->parts[i]);
            axis->values = values(axis->origin, baton);
        }
    }
}

/* How many combinations there are; more than the limit, if that is exceeded. */
static int combinations(const cc_combining_t *combining)
{
    int count = 1;

    for (int i = 0; i < combining->axis_count && count > 0 && count <= COMBINATIONS_MAX; i++) {
        int values = combining->axes[i].values.count;

        count = values > COMBINATIONS_MAX ? COMBINATIONS_MAX + 1 : count * values;
    }
    return count;
}

static void combination_next(cc_combining_t *combining)
{
    for (int i = combining->axis_count - 1; i >= 0; i--) {
        if (++combining->axes[i].chosen < combining->axes[i].values.count) {
            return;
        }
        combining->axes[i].chosen = 0;
    }
}

static const char *escaped(const cc_value_t *value, apr_pool_t *p)
{
    char *text, *to;

    if (value->text[strcspn(value->text, "%" JOINT)] == '\0') {
        return value->text;
    }
    text = to = apr_palloc(p, 3 * value->len + 1);
    for (const char *at = value->text; *at; at++) {
        if (*at == '%' || *at == *JOINT) {
            to = (char *)memcpy(to, *at == '%' ? "%25" : "%3B", 3) + 3;
        } else {
            *to++ = *at;
        }
    }
    *to = '\0';
    return text;
}

/* The text of the current combination; false: a field gives no value for it. */
static bool combination_make(cc_value_t *value, const cc_combining_t *combining)
{
    const cc_selector_t *key = combining->key;
    apr_pool_t *p = combining->pool;
    apr_array_header_t *pieces = apr_array_make(p, key->part_count, sizeof(const char *));

    for (int i = 0; i < key->part_count; i++) {
        const cc_axis_t *axis = axis_of(combining, key->parts[i]);
        cc_values_t made = cc_modifier_make(key->parts[i], axis->origin,
                                            &axis->values.at[axis->chosen], combining->modifying);

        if (made.count == 0) {
            return false;
        }
        if (made.at->unusable) {
            *value = *made.at;
            return true;
        }
        APR_ARRAY_PUSH(pieces, const char *) = escaped(made.at, p);
    }
    value->text = apr_array_pstrcat(p, pieces, *JOINT);
    *value = cc_modified_text(value->text, strlen(value->text));
    return true;
}

cc_values_t cc_key_values(const cc_selector_t *key, cc_values_fn *values, void *baton,
                          const cc_modifying_t *m)
{
    static const cc_value_t too_many = {
        .text = "", .key = "", .unusable = "its fields have more than 1000 combinations of values"};
    cc_combining_t combining = {.key = key, .modifying = m, .pool = m->pool};
    apr_array_header_t *list;
    int count;

    axes_make(&combining, values, baton);
    count = combinations(&combining);
    if (count > COMBINATIONS_MAX) {
        return (cc_values_t){1, &too_many};
    }
    list = apr_array_make(m->pool, count, sizeof(cc_value_t));
    for (int i = 0; i < count; i++) {
        cc_value_t value;

        if (combination_make(&value, &combining)) {
            APR_ARRAY_PUSH(list, cc_value_t) = value;
        }
        combination_next(&combining);
    }
    return (cc_values_t){list->nelts, (const cc_value_t *)list->elts};
}
