/* SPDX-License-Identifier: Apache-2.0 */
/* Writes names in other forms: the slash form of grid-mapfiles, and the two of mod_ssl. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <openssl/bio.h>
#include <openssl/objects.h>

#include "cert/internal.h"

static cc_value_t not_a_name(const cc_value_t *v, apr_pool_t *p)
{
    return cc_value_unusable(v->unusable ? v->unusable : "it is not a distinguished name", v->text,
                             v->len, p);
}

/* ---- the slash form ---------------------------------------------------------------------- */

#define TYPE_MAX 128 /* longer than any name of an attribute type */

/* True if this could be the "TYPE=" that begins an attribute. */
static bool begins_attribute(const char *s, const char *end)
{
    char type[TYPE_MAX + 1];
    apr_size_t len = 0;

    while (s + len < end && (apr_isalnum(s[len]) || strchr(".-_", s[len]))) {
        if (++len > TYPE_MAX) {
            return true;
        }
    }
    if (len == 0 || s + len == end || s[len] != '=') {
        return false;
    }
    apr_cpystrn(type, s, len + 1);
    return cc_attribute_is_written(type);
}

/* Characters that have a meaning after a backslash: where OpenSSL writes it, or a name is read. */
#define ESCAPES_WRITTEN "/+x"
#define ESCAPES_READ "/+x*\"\\"

/* True if a backslash in this value could be part of an escape. */
static bool has_escape(const char *text, apr_size_t len, const char *escapes)
{
    const char *end = text + len;

    for (const char *s = text; s < end; s++) {
        if (*s == '\\' && (s + 1 == end || strchr(escapes, s[1]))) {
            return true;
        }
    }
    return false;
}

static const char *type_name(const ASN1_OBJECT *type, apr_pool_t *p)
{
    int nid = OBJ_obj2nid(type);

    return nid == NID_undef ? cc_oid_dotted(type, p) : OBJ_nid2sn(nid);
}

/*
 * True if the slash form of this attribute could be read as more than one, or as another one.
 * Octets that are not printable are written \xHH, and all others as they are.
 */
static bool is_ambiguous(const cc_attribute_t *attribute, apr_pool_t *p)
{
    const char *end = attribute->text + attribute->len;

    for (const char *s = attribute->text; s < end; s++) {
        if ((*s == '/' || *s == '+') && begins_attribute(s + 1, end)) {
            return true;
        }
    }
    return attribute->is_der || has_escape(attribute->text, attribute->len, ESCAPES_READ) ||
           cc_attribute_is_other(type_name(attribute->type, p), attribute->type);
}

/* `escaped` are characters that get a backslash. */
static char *put_value(char *to, const cc_attribute_t *attribute, const char *escaped)
{
    static const char digits[] = "0123456789ABCDEF";

    for (apr_size_t i = 0; i < attribute->len; i++) {
        unsigned char c = (unsigned char)attribute->text[i];

        if (c > '~') {
            *to++ = '\\';
            *to++ = 'x';
            *to++ = digits[c >> 4];
            *to++ = digits[c & 15];
            continue;
        }
        if (strchr(escaped, c)) {
            *to++ = '\\';
        }
        *to++ = (char)c;
    }
    return to;
}

static cc_value_t slash_form(const cc_value_t *v, const char *escaped, apr_pool_t *p)
{
    const cc_name_t *name = v->dn;
    char *text = apr_palloc(p, 4 * v->len + 128 * (apr_size_t)name->count + 1);
    char *to = text;

    for (int i = 0; i < name->count; i++) {
        const char *type = type_name(name->at[i].type, p);

        *to++ = i > 0 && name->at[i].rdn == name->at[i - 1].rdn ? '+' : '/';
        to = apr_cpystrn(to, type, strlen(type) + 1);
        *to++ = '=';
        to = put_value(to, &name->at[i], escaped);
    }
    return cc_value_text(text, (apr_size_t)(to - text), p);
}

cc_value_t cc_value_oneline(const cc_value_t *v, apr_pool_t *p)
{
    const cc_name_t *name = v->dn;

    if (v->unusable || !name) {
        return not_a_name(v, p);
    }
    for (int i = 0; i < name->count; i++) {
        if (is_ambiguous(&name->at[i], p)) {
            return cc_value_unusable("its slash form could be read as another name", v->text,
                                     v->len, p);
        }
    }
    return slash_form(v, "", p);
}

/* ---- the forms of mod_ssl ---------------------------------------------------------------- */

#define OPENSSL_TYPE_MAX 79 /* OpenSSL cuts longer object identifiers */

/* True if OpenSSL writes this type as it would write another one. */
static bool is_cut(const cc_attribute_t *attribute)
{
    return strlen(attribute->name) > OPENSSL_TYPE_MAX;
}

static cc_value_t printed(BIO *bio, apr_pool_t *p)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);

    return cc_value_text(len > 0 ? text : "", len > 0 ? (apr_size_t)len : 0, p);
}

cc_value_t cc_value_rfc2253(const cc_value_t *v, apr_pool_t *p)
{
    const cc_name_t *name = v->dn;
    cc_value_t value = {0};
    BIO *bio = NULL;

    if (v->unusable || !name || !name->x509) {
        return not_a_name(v, p);
    }
    for (int i = 0; i < name->count; i++) {
        if (is_cut(&name->at[i])) {
            return cc_value_unusable("OpenSSL does not write all of an object identifier", v->text,
                                     v->len, p);
        }
    }
    bio = BIO_new(BIO_s_mem());
    if (bio && X509_NAME_print_ex(bio, name->x509, 0, XN_FLAG_RFC2253) >= 0) {
        value = printed(bio, p);
    } else {
        value = cc_value_unusable("OpenSSL cannot write it", v->text, v->len, p);
    }
    BIO_free(bio);
    return value;
}

/*
 * True if OpenSSL writes this value as it would write another one. It writes the octets of each
 * string type without converting them: two octets of a BMPString may be two letters of another
 * type. Their escape is a backslash, which is not escaped itself.
 */
static bool is_wide_ambiguous(const ASN1_STRING *data)
{
    const char *octets = (const char *)ASN1_STRING_get0_data(data);
    apr_size_t len = (apr_size_t)ASN1_STRING_length(data);
    int tag = ASN1_STRING_type(data);

    return (tag == V_ASN1_BMPSTRING || tag == V_ASN1_UNIVERSALSTRING) &&
           (has_escape(octets, len, ESCAPES_WRITTEN) || !cc_text_unusable(octets, len));
}

static bool is_legacy_ambiguous(const cc_name_t *name, int i)
{
    const X509_NAME_ENTRY *entry = name->x509 ? X509_NAME_get_entry(name->x509, i) : NULL;

    return name->at[i].is_der || is_cut(&name->at[i]) ||
           has_escape(name->at[i].text, name->at[i].len, ESCAPES_WRITTEN) ||
           (entry && is_wide_ambiguous(X509_NAME_ENTRY_get_data(entry)));
}

cc_value_t cc_value_legacy(const cc_value_t *v, apr_pool_t *p)
{
    const cc_name_t *name = v->dn;
    cc_value_t value = {0};
    char *text = NULL;

    if (v->unusable || !name) {
        return not_a_name(v, p);
    }
    for (int i = 0; i < name->count; i++) {
        if (is_legacy_ambiguous(name, i)) {
            return cc_value_unusable("another name has the same legacy form", v->text, v->len, p);
        }
    }
    if (!name->x509) {
        return slash_form(v, "/+", p);
    }
    text = X509_NAME_oneline(name->x509, NULL, 0);
    value = text ? cc_value_words(text, p)
                 : cc_value_unusable("OpenSSL cannot write it", v->text, v->len, p);
    OPENSSL_free(text);
    return value;
}
