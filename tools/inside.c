/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the elements inside a DER value that rules can read, with their paths. */
#include <string.h>

#include <apr_strings.h>

#include "tool.h"

#define STEPS_MAX 16 /* of a path */

/* A modifier that reads an element. */
typedef struct cc_reader_t {
    const char *modifiers;
    cc_type_t type;
    cc_value_t (*read)(const cc_value_t *der, apr_pool_t *p);
} cc_reader_t;

static const cc_reader_t readers[] = {
    {"text", CC_TYPE_TEXT, cc_der_as_text},         {"oid", CC_TYPE_TEXT, cc_der_as_oid},
    {"integer", CC_TYPE_NUMBER, cc_der_as_integer}, {"boolean", CC_TYPE_TEXT, cc_der_as_boolean},
    {"time", CC_TYPE_TIME, cc_der_as_time},
};

/* One search. */
typedef struct cc_inside_t {
    cc_inside_fn *found;
    void *baton;
    apr_pool_t *pool;
} cc_inside_t;

/* Reports a value, unless it is unusable. `path` is "" for the whole. */
static bool report(const cc_inside_t *inside, const char *path, const char *modifiers,
                   cc_type_t type, cc_value_t value)
{
    const char *at = *path ? apr_pstrcat(inside->pool, "at(", path, ")|", NULL) : "";

    if (!value.unusable) {
        inside->found(apr_pstrcat(inside->pool, at, modifiers, NULL), type, &value, inside->baton);
    }
    return !value.unusable;
}

/* The elements inside an element (cc_value_t); none if it has none. */
static const apr_array_header_t *children_of(const cc_value_t *der, apr_pool_t *p)
{
    apr_array_header_t *children = apr_array_make(p, 4, sizeof(cc_value_t));
    const cc_der_path_t *every = NULL;

    if (cc_der_path_read(&every, "*", p, NULL) == APR_SUCCESS) {
        cc_der_path_follow(children, der, every, p);
    }
    if (children->nelts > 0 && APR_ARRAY_IDX(children, 0, cc_value_t).unusable) {
        children->nelts = 0;
    }
    return children;
}

/* Whether the type of its contents is unknown: an OCTET STRING, or an implicit tag. */
static bool is_opaque(const cc_value_t *der)
{
    return strncmp(der->text, "04", 2) == 0 || *der->text == '8' || *der->text == '9';
}

/* Plain text in an element without elements inside. */
static void text_report(const cc_inside_t *inside, const cc_value_t *der, const char *path)
{
    cc_value_t contents = cc_der_content(der, inside->pool);

    if (is_opaque(der) && !contents.unusable && contents.len > 0) {
        report(inside, path, "contents|utf8", CC_TYPE_TEXT,
               cc_octets_utf8(&contents, inside->pool));
    }
}

static void search(const cc_inside_t *inside, const cc_value_t *der, const char *path, int steps)
{
    const apr_array_header_t *children;

    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        if (report(inside, path, readers[i].modifiers, readers[i].type,
                   readers[i].read(der, inside->pool))) {
            return;
        }
    }
    children = children_of(der, inside->pool);
    if (children->nelts == 0) {
        text_report(inside, der, path);
    }
    for (int i = 0; i < children->nelts && steps < STEPS_MAX; i++) {
        search(inside, &APR_ARRAY_IDX(children, i, cc_value_t),
               apr_psprintf(inside->pool, "%s%s%d", path, *path ? "/" : "", i + 1), steps + 1);
    }
}

void cc_inside_each(const cc_value_t *der, cc_inside_fn *found, void *baton, apr_pool_t *p)
{
    cc_inside_t inside = {found, baton, p};

    if (!cc_der_content(der, p).unusable) {
        search(&inside, der, "", 0);
    } else if (der->len > 0) {
        report(&inside, "", "utf8", CC_TYPE_TEXT, cc_octets_utf8(der, p));
    }
}
