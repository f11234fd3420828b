/* SPDX-License-Identifier: Apache-2.0 */
/* Parses distinguished names in the text form of RFC 4514. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <openssl/err.h>

#include "cert/internal.h"

/* The part of the name that has been read. The text has the most specific RDN first. */
typedef struct {
    const char *at;
    const char *whole;
    apr_array_header_t *attributes; /* of cc_attribute_t */
    int rdn;
    apr_pool_t *pool;
    cc_error_t *err;
} parser_t;

static apr_status_t syntax_error(const parser_t *ps, const char *problem)
{
    return cc_error_set(ps->err, ps->pool, "CC0273", ps->whole,
                        "not a valid name: %s at character %d; write it as in RFC 4514, the most "
                        "specific part first: CN=Web User,OU=Staff,O=Example",
                        problem, (int)(ps->at - ps->whole) + 1);
}

static void skip_blanks(parser_t *ps)
{
    while (*ps->at == ' ') {
        ps->at++;
    }
}

static apr_status_t parse_type(parser_t *ps, cc_attribute_t *attribute)
{
    const char *start = NULL;
    apr_size_t len = 0;

    skip_blanks(ps);
    start = ps->at;
    len = strcspn(start, "=,+");
    if (start[len] != '=') {
        return syntax_error(ps, "an attribute without \"=\"");
    }
    ps->at += len + 1;
    while (len > 0 && start[len - 1] == ' ') {
        len--;
    }
    attribute->type = cc_attribute_find(apr_pstrmemdup(ps->pool, start, len), ps->pool, ps->err);
    if (!attribute->type) {
        return APR_EINVAL;
    }
    attribute->name = cc_attribute_name(attribute->type, ps->pool);
    return APR_SUCCESS;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c ? strchr(digits, apr_tolower(c)) : NULL;

    return found ? (int)(found - digits) : -1;
}

/* Reads an escape after its backslash: a special character, or the two hex digits of an octet. */
static apr_status_t parse_escape(parser_t *ps, char **to)
{
    const char *s = ps->at + 1;

    if (*s && strchr(" \"#+,;<=>\\", *s)) {
        *(*to)++ = *s;
        ps->at += 2;
    } else if (hex_digit(s[0]) >= 0 && hex_digit(s[1]) >= 0) {
        *(*to)++ = (char)(hex_digit(s[0]) << 4 | hex_digit(s[1]));
        ps->at += 3;
    } else {
        return syntax_error(ps, "a backslash that escapes nothing (a backslash itself is \\\\)");
    }
    return APR_SUCCESS;
}

/* The value in DER. A character string is the same value as in text. */
static apr_status_t set_der(parser_t *ps, cc_attribute_t *attribute, const unsigned char *der,
                            apr_size_t len)
{
    const unsigned char *at = der;
    const char *unusable = "it is not DER";
    ASN1_TYPE *value = NULL;

    ERR_set_mark();
    value = d2i_ASN1_TYPE(NULL, &at, (long)len);
    if (value && at == der + len && cc_is_string(value->type)) {
        const ASN1_STRING *data = value->value.asn1_string;
        cc_value_t text = cc_value_string(value->type, ASN1_STRING_get0_data(data),
                                          (apr_size_t)ASN1_STRING_length(data), ps->pool);
        unusable = text.unusable ? text.unusable
                                 : cc_attribute_set_text(attribute, text.text, text.len, ps->pool);
    } else if (value && at == der + len) {
        unusable = cc_attribute_set_der(attribute, value, ps->pool);
    }
    ASN1_TYPE_free(value);
    ERR_pop_to_mark();
    return unusable ? syntax_error(ps, "a value in hex that no certificate can have (after \"#\" "
                                       "follows the DER of one value; a \"#\" itself is \\#)")
                    : APR_SUCCESS;
}

/* Reads "#04024869" (RFC 4514 2.4). */
static apr_status_t parse_hex(parser_t *ps, cc_attribute_t *attribute)
{
    unsigned char *der = apr_palloc(ps->pool, strlen(ps->at));
    const char *s = ps->at + 1;
    apr_size_t len = 0;

    for (; hex_digit(s[0]) >= 0 && hex_digit(s[1]) >= 0; s += 2) {
        der[len++] = (unsigned char)(hex_digit(s[0]) << 4 | hex_digit(s[1]));
    }
    s += strspn(s, " ");
    if (*s && *s != ',' && *s != '+') {
        len = 0;
    }
    if (set_der(ps, attribute, der, len) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    ps->at = s;
    return APR_SUCCESS;
}

static apr_status_t parse_value(parser_t *ps, cc_attribute_t *attribute)
{
    char *text = apr_palloc(ps->pool, strlen(ps->at) + 1);
    char *to = text;
    char *end = text; /* after the last character that is not a bare space */

    skip_blanks(ps);
    if (*ps->at == '#') {
        return parse_hex(ps, attribute);
    }
    while (*ps->at && *ps->at != ',' && *ps->at != '+') {
        if (strchr("\";<>", *ps->at)) {
            return syntax_error(ps, "a quote, \";\", \"<\" or \">\" without a backslash");
        }
        if (*ps->at == '\\') {
            if (parse_escape(ps, &to) != APR_SUCCESS) {
                return APR_EINVAL;
            }
            end = to;
        } else {
            *to++ = *ps->at++;
            end = to[-1] == ' ' ? end : to;
        }
    }
    if (cc_text_unusable(text, (apr_size_t)(end - text))) {
        return syntax_error(ps, "a value that no certificate can have (a control character, or "
                                "invalid UTF-8)");
    }
    *end = '\0';
    if (cc_attribute_set_text(attribute, text, (apr_size_t)(end - text), ps->pool)) {
        return syntax_error(ps, "a value with too many combining marks in a row");
    }
    return APR_SUCCESS;
}

static apr_status_t parse_attribute(parser_t *ps)
{
    cc_attribute_t attribute = {0};

    attribute.rdn = ps->rdn;
    if (parse_type(ps, &attribute) != APR_SUCCESS || parse_value(ps, &attribute) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    APR_ARRAY_PUSH(ps->attributes, cc_attribute_t) = attribute;
    return APR_SUCCESS;
}

/* The RDNs in reverse order, each with its attributes in the order in which they were written. */
static const cc_name_t *from_the_root(const apr_array_header_t *attributes, apr_pool_t *p)
{
    const cc_attribute_t *from = (const cc_attribute_t *)attributes->elts;
    cc_attribute_t *at = apr_palloc(p, sizeof(*at) * (apr_size_t)attributes->nelts);
    cc_name_t *name = apr_pcalloc(p, sizeof(*name));
    int count = 0;

    for (int rdn = from[attributes->nelts - 1].rdn; rdn >= 0; rdn--) {
        for (int i = 0; i < attributes->nelts; i++) {
            if (from[i].rdn == rdn) {
                at[count++] = from[i];
            }
        }
    }
    name->count = count;
    name->at = at;
    return name;
}

/* One part of the slash form, with backslashes where RFC 4514 requires them. */
static const char *part_escaped(const char *part, apr_pool_t *p)
{
    char *escaped = apr_palloc(p, 2 * strlen(part) + 1);
    char *to = escaped;

    for (; *part; part++) {
        if (strchr("\",;<>", *part)) {
            *to++ = '\\';
        }
        *to++ = *part;
    }
    *to = '\0';
    return escaped;
}

/* "/C=DE/O=Example" as "O=Example,C=DE": the form to write instead. */
static const char *from_slashes(const char *text, apr_pool_t *p)
{
    char *rest = apr_pstrdup(p, text);
    const char *name = "";
    char *slash = NULL;

    while ((slash = strrchr(rest, '/'))) {
        *slash = '\0';
        if (slash[1]) {
            name = apr_pstrcat(p, name, *name ? "," : "", part_escaped(slash + 1, p), NULL);
        }
    }
    return name;
}

apr_status_t cc_operand_name(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                             cc_error_t *err)
{
    parser_t ps = {text, text, apr_array_make(p, 4, sizeof(cc_attribute_t)), 0, p, err};

    (void)variant;
    skip_blanks(&ps);
    if (!*ps.at) {
        return cc_error_set(err, p, "CC0275", text,
                            "the name is empty; write one such as CN=Staff CA,O=Example");
    }
    if (*ps.at == '/') {
        const char *name = from_slashes(ps.at, p);

        return cc_error_set(err, p, "CC0274", text,
                            "the slash form of a name is ambiguous; write it as in RFC 4514: %s",
                            cc_text_unusable(name, strlen(name)) ? "CN=...,O=..." : name);
    }
    while (parse_attribute(&ps) == APR_SUCCESS) {
        if (!*ps.at) {
            *value = cc_value_name(from_the_root(ps.attributes, p), p);
            return APR_SUCCESS;
        }
        ps.rdn += *ps.at++ == ',';
    }
    return APR_EINVAL;
}
