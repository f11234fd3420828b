/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the expressions of httpd, as a tree, and the conditions that are made of them. */
#ifndef CC_CONVERT_EXPRESSION_H
#define CC_CONVERT_EXPRESSION_H

#include "convert/internal.h"

typedef enum {
    CC_EXPR_ALL,     /* of a and b, both hold */
    CC_EXPR_ANY,     /* of a and b, one holds */
    CC_EXPR_NOT,     /* a does not hold */
    CC_EXPR_EQUAL,   /* the variable is one of the words */
    CC_EXPR_MATCHES, /* the pattern matches somewhere in the variable */
} cc_expr_kind_t;

/* An expression, or a part of one. */
typedef struct cc_expr_t {
    cc_expr_kind_t kind;
    struct cc_expr_t *a, *b;
    const char *variable;      /* "SSL_CLIENT_S_DN_CN" */
    apr_array_header_t *words; /* const char * */
    const char *pattern;
    bool nocase;
} cc_expr_t;

/* How words such as "eq" compare: SSLRequire compares texts, Require expr numbers. */
typedef enum { CC_EXPR_SSLREQUIRE, CC_EXPR_REQUIRE } cc_expr_dialect_t;

/* expression.c: reads an expression; NULL: it cannot be converted, for the *reason. */
cc_expr_t *cc_expr_read(const char *text, cc_expr_dialect_t dialect, const char **reason,
                        apr_pool_t *p);

/* A condition of the language, or several of which all or any must hold. */
typedef struct cc_cond_t {
    bool any;
    bool certificate;          /* it holds only for clients with a verified certificate */
    const char *text;          /* "subject.O|first == x"; NULL: that of `parts` */
    apr_array_header_t *parts; /* cc_cond_t *; empty and not `any`: any verified certificate */
} cc_cond_t;

/* condition.c: the conditions of an expression; NULL: they cannot be written, for the *reason. */
cc_cond_t *cc_cond_of(const cc_expr_t *expr, const char **reason, apr_pool_t *p);

/* condition.c: makes one condition; with a text, or with parts yet to be added. */
cc_cond_t *cc_cond_make(bool any, bool certificate, const char *text, apr_pool_t *p);

/* variable.c: the condition for a comparison (CC_EXPR_EQUAL, CC_EXPR_MATCHES); as cc_cond_of. */
cc_cond_t *cc_cond_compare(const cc_expr_t *expr, bool negated, const char **reason, apr_pool_t *p);

#endif
