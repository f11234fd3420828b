/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the rows of the registry of fields, with members that are not in the public header. */
#ifndef CC_CERT_REGISTRY_H
#define CC_CERT_REGISTRY_H

#include "cert/internal.h"

typedef struct cc_field_row_t {
    cc_field_t field; /* first: a cc_field_t of the registry is a cc_field_row_t */
    cc_extract_fn *extract;
    cc_operand_fn *operand;
    int variant;                     /* for the two above */
    const cc_field_family_t *family; /* NULL, or how the argument is read and listed */
    bool of_key; /* usable in a pinned certificate (cc_facts_t): the holder's key proves it, or it
                    is not a name that the holder may choose */
} cc_field_row_t;

/* The i-th row of all parts, in the order of the reference, or NULL past the end. */
const cc_field_row_t *cc_field_row_at(int i);

/* A part of the registry. Constant. */
typedef struct cc_field_rows_t {
    const cc_field_row_t *at;
    int count;
} cc_field_rows_t;

/* registry_names.c: names; registry_presented.c: what the certificate itself does not contain. */
extern const cc_field_rows_t cc_name_rows;
extern const cc_field_rows_t cc_presented_rows;

/* The row of a field. */
static inline const cc_field_row_t *cc_row_of(const cc_fieldref_t *ref)
{
    return (const cc_field_row_t *)ref->field;
}

/* ---- path.c: fields of the CAs above the certificate ---- */

/* Whose field a name is, by its prefix. *rest: what follows the prefix; the whole name if none. */
cc_field_of_t cc_field_of(const char *name, const char **rest);

/* True if `name` is a prefix without the dot and a field behind it. */
bool cc_field_of_word(const char *name);

/* The values of a field that is not the client's. */
cc_values_t cc_path_values(const cc_fieldref_t *ref, const cc_cert_t *cert, const cc_facts_t *facts,
                           apr_pool_t *p);

/* ---- field_alias.c ---- */

/* A name that an RFC or another program has for a field. Constant. */
typedef struct cc_field_alias_t {
    const char *name;   /* lower case, only letters and digits */
    const char *fields; /* names of fields, separated by spaces; mostly one */
} cc_field_alias_t;

/* The i-th alias, sorted by name, or NULL past the end. */
const cc_field_alias_t *cc_field_alias_at(int i);

/*
 * The fields that another program or an RFC calls `name`, or whose names differ only in case and
 * punctuation: "san.email or subject.emailAddress". NULL: unknown. In `p`.
 */
const char *cc_field_alias(const char *name, apr_pool_t *p);

#endif
