/* SPDX-License-Identifier: Apache-2.0 */
/* The public header of the conversions: the mapping of another product becomes rules or a table. */
#ifndef CC_CONVERT_H
#define CC_CONVERT_H

#include <stdbool.h>

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>

#include "rules/rules.h"

/* A line of the input that was not converted. */
typedef struct cc_left_t {
    const char *tag;    /* "CC0550" */
    int line;           /* its number; the first is 1 */
    const char *text;   /* escaped, perhaps cut (cc_text_excerpt) */
    const char *reason; /* escaped */
} cc_left_t;

/* One conversion. Made by cc_convert_create; all of it lives as long as its pool. */
typedef struct cc_convert_t {
    apr_pool_t *pool;
    const char *issuer;         /* NULL, or the condition on the issuer that each rule has */
    const char *field;          /* NULL, or the field with which keys are compared */
    apr_array_header_t *output; /* const char *: lines, safe for a terminal */
    apr_array_header_t *left;   /* cc_left_t, in the order of the output */
    int converted;              /* how many entries of the input were converted */
    apr_hash_t *seen;           /* names of the input, and the numbers of their lines */
    cc_rules_t *rules;          /* the rules of the output, which the parser has accepted */
    cc_error_t err;             /* filled if the input as a whole is bad */
} cc_convert_t;

/* Converts a text. APR_EINVAL: it is not of this kind; convert->err has CC0554 to CC0556. */
typedef apr_status_t cc_convert_fn(cc_convert_t *convert, const char *text);

/* A kind of input. Constant. */
typedef struct cc_convert_kind_t {
    const char *name;
    const char *description; /* of the input */
    bool with_field;         /* it needs --field */
    bool with_issuer;        /* it takes --issuer */
    cc_convert_fn *run;
} cc_convert_kind_t;

/* The i-th kind, or NULL past the end; the kind of this name, or NULL. */
const cc_convert_kind_t *cc_convert_kind_at(int i);
const cc_convert_kind_t *cc_convert_kind_find(const char *name);

/*
 * Begins a conversion with an empty output. `field` (FIELD[|MODIFIER ...]) and `issuer` (a DN in
 * RFC 4514 form) may be NULL. APR_EINVAL: one of them is not legal, and `err` is filled (CC02xx).
 */
apr_status_t cc_convert_create(cc_convert_t **convert, const char *field, const char *issuer,
                               apr_pool_t *p, cc_error_t *err);

/*
 * Converts the text, and appends the findings of lint about the rules as comments. The output is
 * complete even if some entries were left out. Otherwise as cc_convert_fn.
 */
apr_status_t cc_convert_text(cc_convert_t *convert, const cc_convert_kind_t *kind,
                             const char *text);

#endif
