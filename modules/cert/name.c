/* SPDX-License-Identifier: Apache-2.0 */
/* Reads distinguished names, makes keys that compare them, and writes them as text. */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include <openssl/objects.h>

#include "cert/internal.h"

/* Reads the value of an attribute. If it is unusable, the result has the reason and the octets. */
static cc_value_t value_read(cc_attribute_t *attribute, const ASN1_STRING *data, apr_pool_t *p)
{
    int tag = ASN1_STRING_type(data);
    cc_value_t value =
        cc_value_string(tag, ASN1_STRING_get0_data(data), (apr_size_t)ASN1_STRING_length(data), p);

    if (!value.unusable) {
        value.unusable = cc_attribute_set_text(attribute, value.text, value.len, p);
    } else if (!cc_is_string(tag)) {
        ASN1_TYPE any = {.type = tag, .value.asn1_string = (ASN1_STRING *)data};
        value.unusable = cc_attribute_set_der(attribute, &any, p);
    }
    return value;
}

const cc_name_t *cc_name_read(const X509_NAME *x509_name, cc_value_t *bad, apr_pool_t *p)
{
    cc_name_t *name = apr_palloc(p, sizeof(*name));
    cc_attribute_t *at = NULL;

    name->count = X509_NAME_entry_count(x509_name);
    name->at = at = apr_pcalloc(p, sizeof(*at) * (apr_size_t)(name->count + 1));
    name->x509 = x509_name;
    for (int i = 0; i < name->count; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(x509_name, i);
        cc_value_t value = value_read(&at[i], X509_NAME_ENTRY_get_data(entry), p);

        at[i].type = X509_NAME_ENTRY_get_object(entry);
        at[i].name = cc_attribute_name(at[i].type, p);
        at[i].rdn = X509_NAME_ENTRY_set(entry);
        if (!value.unusable && !at[i].name) {
            value.unusable = "the type of an attribute of it cannot be decoded";
        }
        if (value.unusable) {
            *bad = value;
            return NULL;
        }
    }
    return name;
}

/* ---- the key: equal for equal names ---------------------------------------------------------- */

/* One attribute of a key, or a whole RDN. */
typedef struct {
    unsigned char *octets;
    apr_size_t len;
} piece_t;

static unsigned char *put_length(unsigned char *to, apr_size_t len)
{
    *to++ = (unsigned char)(len >> 24);
    *to++ = (unsigned char)(len >> 16);
    *to++ = (unsigned char)(len >> 8);
    *to++ = (unsigned char)len;
    return to;
}

/*
 * cc_fold_prepare for ASCII: case is ignored, and so are spaces at the ends and the number of
 * spaces inside.
 */
static unsigned char *put_folded(unsigned char *to, const char *text, apr_size_t len)
{
    const char *end = text + len;

    while (text < end && *text == ' ') {
        text++;
    }
    while (end > text && end[-1] == ' ') {
        end--;
    }
    for (; text < end; text++) {
        if (*text != ' ' || text[-1] != ' ') {
            *to++ = *text >= 'A' && *text <= 'Z' ? (unsigned char)(*text - 'A' + 'a')
                                                 : (unsigned char)*text;
        }
    }
    return to;
}

static unsigned char *put_octets(unsigned char *to, const char *octets, apr_size_t len)
{
    memcpy(to, octets, len);
    return to + len;
}

static piece_t attribute_key(const cc_attribute_t *attribute, apr_pool_t *p)
{
    apr_size_t type_len = OBJ_length(attribute->type);
    apr_size_t value_len = attribute->folded ? attribute->folded_len : attribute->len;
    piece_t piece = {apr_palloc(p, type_len + value_len + 8), 0};
    unsigned char *value_at = put_length(piece.octets, type_len);
    unsigned char *end = NULL;

    memcpy(value_at, OBJ_get0_data(attribute->type), type_len);
    value_at += type_len;
    if (attribute->folded) {
        end = put_octets(value_at + 4, attribute->folded, attribute->folded_len);
    } else {
        end = put_folded(value_at + 4, attribute->text, attribute->len);
    }
    put_length(value_at, (apr_size_t)(end - value_at - 4));
    piece.len = (apr_size_t)(end - piece.octets);
    return piece;
}

static int piece_compare(const void *a, const void *b)
{
    const piece_t *x = a;
    const piece_t *y = b;
    int order = memcmp(x->octets, y->octets, x->len < y->len ? x->len : y->len);

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* The number of attributes in the RDN that begins with this one. */
static int rdn_size(const cc_name_t *name, int first)
{
    int n = first;

    while (n < name->count && name->at[n].rdn == name->at[first].rdn) {
        n++;
    }
    return n - first;
}

/* An RDN is a set: its attributes are sorted. */
static piece_t rdn_key(const cc_attribute_t *attributes, int count, apr_pool_t *p)
{
    piece_t *pieces = apr_palloc(p, sizeof(*pieces) * (apr_size_t)count);
    piece_t rdn = {NULL, 0};
    unsigned char *to = NULL;

    for (int i = 0; i < count; i++) {
        pieces[i] = attribute_key(&attributes[i], p);
        rdn.len += pieces[i].len;
    }
    qsort(pieces, (size_t)count, sizeof(*pieces), piece_compare);
    rdn.octets = apr_palloc(p, rdn.len + 4);
    to = put_length(rdn.octets, rdn.len);
    for (int i = 0; i < count; i++) {
        memcpy(to, pieces[i].octets, pieces[i].len);
        to += pieces[i].len;
    }
    rdn.len += 4;
    return rdn;
}

/*
 * Each RDN is preceded by its length, so the key of a name begins with the keys of all names above
 * it.
 */
static void set_key(cc_value_t *value, const cc_name_t *name, apr_pool_t *p)
{
    piece_t *rdns = apr_palloc(p, sizeof(*rdns) * (apr_size_t)(name->count + 1));
    apr_size_t len = 0;
    int count = 0;
    char *key = NULL;

    for (int i = 0; i < name->count; i += rdn_size(name, i)) {
        rdns[count] = rdn_key(&name->at[i], rdn_size(name, i), p);
        len += rdns[count++].len;
    }
    value->key = key = apr_palloc(p, len + 1);
    value->key_len = len;
    for (int i = 0; i < count; i++) {
        memcpy(key, rdns[i].octets, rdns[i].len);
        key += rdns[i].len;
    }
}

bool cc_value_under(const cc_value_t *v, const cc_value_t *base)
{
    return !v->unusable && !base->unusable && v->key_len >= base->key_len &&
           memcmp(v->key, base->key, base->key_len) == 0;
}

/* ---- the text (RFC 4514) -------------------------------------------------------------------- */

static char *put_value(char *to, const cc_attribute_t *attribute)
{
    const char *text = attribute->text;
    apr_size_t len = attribute->len;

    if (attribute->is_der) {
        memcpy(to, text, len);
        return to + len;
    }
    for (apr_size_t i = 0; i < len; i++) {
        bool at_end = text[i] == ' ' && (i == 0 || i == len - 1);

        if (at_end || strchr("\"+,;<>\\", text[i]) || (text[i] == '#' && i == 0)) {
            *to++ = '\\';
        }
        *to++ = text[i];
    }
    return to;
}

/*
 * A type without a registered name is written dotted and its value as a string. (RFC 4514 2.4
 * requires the BER in hex, which people can neither read nor write.) Values that are no strings are
 * in hex.
 */
static void set_text(cc_value_t *value, const cc_name_t *name, apr_pool_t *p)
{
    apr_size_t size = 1;
    char *to = NULL;
    int next = name->count;

    for (int i = 0; i < name->count; i++) {
        size += strlen(name->at[i].name) + 2 * name->at[i].len + 2;
    }
    value->text = to = apr_palloc(p, size);
    while (next > 0) {
        int first = next - 1;
        while (first > 0 && name->at[first - 1].rdn == name->at[first].rdn) {
            first--;
        }
        for (int i = first; i < next; i++) {
            if (to > value->text) {
                *to++ = i == first ? ',' : '+';
            }
            to = apr_cpystrn(to, name->at[i].name, strlen(name->at[i].name) + 1);
            *to++ = '=';
            to = put_value(to, &name->at[i]);
        }
        next = first;
    }
    *to = '\0';
    value->len = (apr_size_t)(to - value->text);
}

cc_value_t cc_value_name(const cc_name_t *name, apr_pool_t *p)
{
    cc_value_t value = {0};

    value.dn = name;
    set_key(&value, name, p);
    set_text(&value, name, p);
    return value;
}

cc_value_t cc_value_reversed(const cc_value_t *v, apr_pool_t *p)
{
    const cc_name_t *name = v->dn;
    cc_name_t *reversed = apr_palloc(p, sizeof(*reversed));
    cc_attribute_t *at = NULL;
    int size = 0;

    if (v->unusable || !name) {
        return cc_value_unusable(v->unusable ? v->unusable : "it is not a distinguished name",
                                 v->text, v->len, p);
    }
    reversed->count = name->count;
    reversed->x509 = NULL;
    reversed->at = at = apr_palloc(p, sizeof(*at) * (apr_size_t)(name->count + 1));
    for (int i = 0; i < name->count; i += size) {
        size = rdn_size(name, i);
        memcpy(&at[name->count - i - size], &name->at[i], sizeof(*at) * (apr_size_t)size);
    }
    return cc_value_name(reversed, p);
}

cc_value_t cc_value_x509_name(const X509_NAME *x509_name, apr_pool_t *p)
{
    cc_value_t bad = {0};
    const cc_name_t *name = cc_name_read(x509_name, &bad, p);

    return name ? cc_value_name(name, p) : bad;
}
