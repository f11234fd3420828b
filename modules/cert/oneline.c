/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the slash form of a name as X509_NAME_oneline of OpenSSL 3 does. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include <openssl/objects.h>

#include "cert/internal.h"

/* True if this could be the "TYPE=" that begins an attribute. */
static bool begins_attribute(const char *s, const char *end)
{
    const char *start = s;

    while (s < end && (apr_isalnum(*s) || *s == '.' || *s == '-')) {
        s++;
    }
    return s > start && s < end && *s == '=';
}

/*
 * True if the slash form of this value could be read another way. "/" and "+" are written with a
 * backslash, unprintable octets as \xHH; a backslash itself is not escaped.
 */
static bool is_ambiguous(const cc_attribute_t *attribute)
{
    const char *end = attribute->text + attribute->len;

    for (const char *s = attribute->text; s < end; s++) {
        if (*s == '\\' && (s + 1 == end || strchr("/+x", s[1]))) {
            return true;
        }
        if ((*s == '/' || *s == '+') && begins_attribute(s + 1, end)) {
            return true;
        }
    }
    return false;
}

static char *put_value(char *to, const cc_attribute_t *attribute)
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
        if (c == '/' || c == '+') {
            *to++ = '\\';
        }
        *to++ = (char)c;
    }
    return to;
}

static const char *type_name(const ASN1_OBJECT *type, apr_pool_t *p)
{
    int nid = OBJ_obj2nid(type);

    return nid == NID_undef ? cc_oid_dotted(type, p) : OBJ_nid2sn(nid);
}

cc_value_t cc_value_oneline(const cc_value_t *v, apr_pool_t *p)
{
    const cc_name_t *name = v->dn;
    char *text = NULL;
    char *to = NULL;

    if (v->unusable || !name) {
        return cc_value_unusable(v->unusable ? v->unusable : "it is not a distinguished name",
                                 v->text, v->len, p);
    }
    text = to = apr_palloc(p, 4 * v->len + 128 * (apr_size_t)name->count + 1);
    for (int i = 0; i < name->count; i++) {
        const char *type = type_name(name->at[i].type, p);

        if (is_ambiguous(&name->at[i])) {
            return cc_value_unusable("its slash form could be read as another name", v->text,
                                     v->len, p);
        }
        *to++ = i > 0 && name->at[i].rdn == name->at[i - 1].rdn ? '+' : '/';
        to = apr_cpystrn(to, type, strlen(type) + 1);
        *to++ = '=';
        to = put_value(to, &name->at[i]);
    }
    return cc_value_text(text, (apr_size_t)(to - text), p);
}
