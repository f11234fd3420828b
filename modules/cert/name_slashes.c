/* SPDX-License-Identifier: Apache-2.0 */
/* Reads names in the slash form, as they are written in grid-mapfiles. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "cert/internal.h"

/*
 * Grid software writes names as OpenSSL did before version 3: "/" before each attribute, and
 * nothing that distinguishes it from a "/" in a value. So "/CN=host/srv" could be two names to a
 * program that splits it at each slash. Here an attribute begins only where its type and "="
 * follow. A word that could be the type of an attribute but is not known is refused: it would be
 * read in one of two ways.
 */

/* A name that is being read. */
typedef struct {
    const char *at;
    const char *end;
    cc_attribute_t *attributes;
    int count;
    int rdn;
    apr_pool_t *pool;
    const char *problem; /* NULL: none so far */
} slashes_reader_t;

/* What follows a "/" or "+". */
typedef enum { WORD_TYPE, WORD_VALUE, WORD_UNKNOWN } word_t;

/* The number of characters before "=" in what may be the type of an attribute; 0: something else.
 */
static apr_size_t type_len(const char *at, const char *end)
{
    const char *start = at;

    while (at < end && (apr_isalnum(*at) || *at == '.' || *at == '-')) {
        at++;
    }
    return at < end && *at == '=' ? (apr_size_t)(at - start) : 0;
}

/* Types begin with a letter or are object identifiers (RFC 4512 1.4): "6120ab=" is no type. */
static word_t word_read(const ASN1_OBJECT **type, const char *at, const slashes_reader_t *r)
{
    apr_size_t len = type_len(at, r->end);
    const char *word = apr_pstrmemdup(r->pool, at, len);
    cc_error_t unused = {NULL, NULL, NULL, NULL};

    if (len == 0) {
        return WORD_VALUE;
    }
    *type =
        apr_isalpha(*word) ? cc_attribute_find(word, r->pool, &unused) : cc_oid_read(word, r->pool);
    if (*type) {
        return WORD_TYPE;
    }
    return apr_isalpha(*word) ? WORD_UNKNOWN : WORD_VALUE;
}

static void unknown_refuse(slashes_reader_t *r, const char *at)
{
    const char *word = apr_pstrmemdup(r->pool, at + 1, type_len(at + 1, r->end));

    r->problem = apr_psprintf(r->pool,
                              "%s is not the type of an attribute; write \\%c%s= if it is part of "
                              "a value",
                              word, *at, word);
}

static int hex_digit(char c)
{
    return apr_isxdigit(c) ? (apr_isdigit(c) ? c - '0' : apr_tolower(c) - 'a' + 10) : -1;
}

/* Reads an escape: \xHH is an octet, and a special character stands for itself. */
static char escape_read(slashes_reader_t *r)
{
    const char *s = r->at + 1;

    if (s < r->end && strchr("/+*\"\\", *s)) {
        r->at += 2;
        return *s;
    }
    if (r->end - s >= 3 && *s == 'x' && hex_digit(s[1]) >= 0 && hex_digit(s[2]) >= 0) {
        r->at += 4;
        return (char)(hex_digit(s[1]) << 4 | hex_digit(s[2]));
    }
    r->problem = "a backslash escapes nothing (a backslash itself is \\\\)";
    return '\0';
}

/* True where the value ends: at the next attribute. */
static bool value_ends(slashes_reader_t *r)
{
    const ASN1_OBJECT *type = NULL;
    word_t word = WORD_VALUE;

    if (*r->at == '/' || *r->at == '+') {
        word = word_read(&type, r->at + 1, r);
    }
    if (word == WORD_UNKNOWN) {
        unknown_refuse(r, r->at);
    }
    return word != WORD_VALUE;
}

static void value_read(slashes_reader_t *r, cc_attribute_t *attribute)
{
    char *text = apr_palloc(r->pool, (apr_size_t)(r->end - r->at) + 1);
    char *to = text;

    while (r->at < r->end && !value_ends(r) && !r->problem) {
        if (*r->at == '*') {
            r->problem = "a wildcard stands for several names; write a rule with "
                         "\"subject under\", or \\* for a star that is part of a value";
        } else {
            *to++ = *r->at == '\\' ? escape_read(r) : *r->at++;
        }
    }
    *to = '\0';
    if (!r->problem) {
        r->problem = cc_text_unusable(text, (apr_size_t)(to - text));
    }
    if (!r->problem) {
        r->problem = cc_attribute_set_text(attribute, text, (apr_size_t)(to - text), r->pool);
    }
}

/* Reads an attribute that begins with "/", or with "+" if it belongs to the same RDN. */
static void attribute_read(slashes_reader_t *r)
{
    cc_attribute_t *attribute = &r->attributes[r->count];

    if (word_read(&attribute->type, r->at + 1, r) != WORD_TYPE) {
        unknown_refuse(r, r->at);
        return;
    }
    attribute->name = cc_attribute_name(attribute->type, r->pool);
    attribute->rdn = *r->at == '+' ? r->rdn : ++r->rdn;
    r->at += type_len(r->at + 1, r->end) + 2;
    r->count++;
    value_read(r, attribute);
}

/* The largest number of attributes that the text can have. */
static int attributes_max(const char *at, const char *end)
{
    int count = 0;

    for (; at < end; at++) {
        count += *at == '/' || *at == '+';
    }
    return count;
}

const char *cc_name_slashes_read(cc_value_t *name, const char *text, apr_size_t len, apr_pool_t *p)
{
    slashes_reader_t r = {.at = text, .end = text + len, .pool = p};
    cc_name_t *read = apr_pcalloc(p, sizeof(*read));

    if (len == 0 || *text != '/' || type_len(text + 1, r.end) == 0) {
        return "it is not a name in the slash form, such as /O=Example/CN=alice";
    }
    r.attributes = apr_pcalloc(p, sizeof(*r.attributes) * (apr_size_t)attributes_max(text, r.end));
    while (r.at < r.end && !r.problem) {
        attribute_read(&r);
    }
    if (!r.problem) {
        read->count = r.count;
        read->at = r.attributes;
        *name = cc_value_name(read, p);
    }
    return r.problem;
}
