/* SPDX-License-Identifier: Apache-2.0 */
/* Reads otherNames by their types: UPN, Kerberos principal, UTF-8 mailbox, SID, and others. */
#include <string.h>

#include <openssl/asn1t.h>
#include <openssl/objects.h>

#include "cert/internal.h"

/*
 * Object identifiers for which not every OpenSSL has a NID: 1.3.6.1.5.2.2, 1.3.6.1.4.1.311.25.2.1,
 * 2.16.840.1.101.3.6.6, 1.3.6.1.5.5.7.8.4.
 */
static const unsigned char oid_krb5[] = {0x2b, 6, 1, 5, 2, 2};
static const unsigned char oid_sid[] = {0x2b, 6, 1, 4, 1, 0x82, 0x37, 25, 2, 1};
static const unsigned char oid_fascn[] = {0x60, 0x86, 0x48, 1, 0x65, 3, 6, 6};
static const unsigned char oid_hardware[] = {0x2b, 6, 1, 5, 5, 7, 8, 4};

/* PrincipalName and KRB5PrincipalName of RFC 4120 5.2.2 and RFC 4556 3.2.2. */
typedef struct {
    ASN1_INTEGER *type;
    STACK_OF(ASN1_GENERALSTRING) * components;
} principal_t;

typedef struct {
    ASN1_GENERALSTRING *realm;
    principal_t *name;
} krb5_t;

ASN1_SEQUENCE(principal_t) = {ASN1_EXP(principal_t, type, ASN1_INTEGER, 0),
                              ASN1_EXP_SEQUENCE_OF(principal_t, components, ASN1_GENERALSTRING,
                                                   1)} static_ASN1_SEQUENCE_END(principal_t)

    ASN1_SEQUENCE(krb5_t) = {ASN1_EXP(krb5_t, realm, ASN1_GENERALSTRING, 0),
                             ASN1_EXP(krb5_t, name, principal_t,
                                      1)} static_ASN1_SEQUENCE_END(krb5_t)

        static bool is_oid(const unsigned char *type, apr_size_t len, const unsigned char *oid,
                           apr_size_t oid_len)
{
    return len == oid_len && memcmp(type, oid, len) == 0;
}

/* True if OpenSSL keeps values of this type in an ASN1_STRING. */
static bool is_string(const ASN1_TYPE *type)
{
    return type->type != V_ASN1_BOOLEAN && type->type != V_ASN1_NULL && type->type != V_ASN1_OBJECT;
}

static cc_value_t string_value(const ASN1_TYPE *type, apr_pool_t *p)
{
    const ASN1_STRING *string = type->value.asn1_string;

    if (!is_string(type)) {
        return cc_value_unusable("it is not a character string", NULL, 0, p);
    }
    return cc_value_string(type->type, ASN1_STRING_get0_data(string),
                           (apr_size_t)ASN1_STRING_length(string), p);
}

static cc_value_t utf8_value(const ASN1_TYPE *type, apr_pool_t *p)
{
    cc_value_t value = string_value(type, p);

    if (!value.unusable && type->type != V_ASN1_UTF8STRING) {
        value.unusable = "it is not a UTF8String";
    }
    return value;
}

/* ---- Kerberos ------------------------------------------------------------------------------- */

/* Puts a backslash before "/" and "@" inside a component, as Kerberos prints principals. */
static char *put_component(char *to, const ASN1_STRING *component)
{
    const unsigned char *s = ASN1_STRING_get0_data(component);

    for (int i = 0; i < ASN1_STRING_length(component); i++) {
        if (s[i] == '/' || s[i] == '@' || s[i] == '\\') {
            *to++ = '\\';
        }
        *to++ = (char)s[i];
    }
    return to;
}

/* user/admin@REALM. KerberosString is a GeneralString of ASCII (RFC 4120 5.2.1). */
static cc_value_t krb5_text(const krb5_t *krb5, apr_pool_t *p)
{
    STACK_OF(ASN1_GENERALSTRING) *components = krb5->name->components;
    apr_size_t size = 2 * (apr_size_t)ASN1_STRING_length(krb5->realm) + 1;
    char *text = NULL;
    char *to = NULL;

    for (int i = 0; i < sk_ASN1_GENERALSTRING_num(components); i++) {
        const ASN1_STRING *component = sk_ASN1_GENERALSTRING_value(components, i);
        size += 2 * (apr_size_t)ASN1_STRING_length(component) + 1;
    }
    text = to = apr_palloc(p, size);
    for (int i = 0; i < sk_ASN1_GENERALSTRING_num(components); i++) {
        if (i > 0) {
            *to++ = '/';
        }
        to = put_component(to, sk_ASN1_GENERALSTRING_value(components, i));
    }
    *to++ = '@';
    to = put_component(to, krb5->realm);
    return cc_value_string(V_ASN1_IA5STRING, (unsigned char *)text, (apr_size_t)(to - text), p);
}

static cc_value_t krb5_value(const ASN1_TYPE *type, apr_pool_t *p)
{
    const ASN1_STRING *der = type->type == V_ASN1_SEQUENCE ? type->value.sequence : NULL;
    const krb5_t *krb5 =
        der ? cc_der_decode(ASN1_STRING_get0_data(der), (apr_size_t)ASN1_STRING_length(der),
                            ASN1_ITEM_rptr(krb5_t), p)
            : NULL;

    if (!krb5) {
        return cc_value_unusable("it is not a KRB5PrincipalName", NULL, 0, p);
    }
    if (sk_ASN1_GENERALSTRING_num(krb5->name->components) < 1 ||
        ASN1_STRING_length(krb5->realm) == 0) {
        return cc_value_unusable("it is a principal without a name or a realm", NULL, 0, p);
    }
    return krb5_text(krb5, p);
}

/* ---- UTF-8 mailboxes ------------------------------------------------------------------------ */

/* RFC 9598 3: labels of letters, digits and hyphens, in lower case; none is empty. */
static bool is_ascii_domain(const char *domain)
{
    for (const char *c = domain; *c; c++) {
        bool dot = *c == '.';

        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-.", *c) ||
            (dot && (c == domain || c[1] == '.' || !c[1]))) {
            return false;
        }
    }
    return *domain != '\0';
}

static bool is_ascii(const char *text, apr_size_t len)
{
    for (apr_size_t i = 0; i < len; i++) {
        if (text[i] & 0x80) {
            return false;
        }
    }
    return true;
}

/*
 * An address that RFC 9598 3 has no SmtpUTF8Mailbox for may have been written to escape the name
 * constraints of its CA, or a rule that knows the address in its other form.
 */
static cc_value_t mailbox_value(const ASN1_TYPE *type, apr_pool_t *p)
{
    cc_value_t value = utf8_value(type, p);
    const char *at = value.unusable ? NULL : strrchr(value.text, '@');

    if (value.unusable) {
        return value;
    }
    if (!at || !is_ascii_domain(at + 1)) {
        value.unusable = "its domain is not in lower case with A-labels (RFC 9598)";
    } else if (is_ascii(value.text, (apr_size_t)(at - value.text))) {
        value.unusable = "it would be an rfc822Name, since its part before the @ is ASCII "
                         "(RFC 9598)";
    } else if (!strncmp(value.text, "\xEF\xBB\xBF", 3)) {
        value.unusable = "it begins with a byte order mark (RFC 9598)";
    }
    return value;
}

/* ---- which field has it --------------------------------------------------------------------- */

/* The type of the otherNames that belong to a field; NULL: none does. */
static const ASN1_OBJECT *type_of(const cc_extraction_t *s)
{
    switch (s->variant) {
    case CC_SAN_EMAIL:
        return OBJ_nid2obj(NID_id_on_SmtpUTF8Mailbox);
    case CC_SAN_UPN:
        return OBJ_nid2obj(NID_ms_upn);
    case CC_SAN_PERMANENT:
        return OBJ_nid2obj(NID_id_on_permanentIdentifier);
    case CC_SAN_OTHER:
    case CC_SAN_DER:
        return s->object;
    default:
        return NULL;
    }
}

bool cc_othername_belongs(const unsigned char *type, apr_size_t len, const cc_extraction_t *s)
{
    const ASN1_OBJECT *own = type_of(s);

    switch (s->variant) {
    case CC_SAN_KRB5:
        return is_oid(type, len, oid_krb5, sizeof(oid_krb5));
    case CC_SAN_FASCN:
    case CC_SAN_FASCN_IDENTIFIER:
        return is_oid(type, len, oid_fascn, sizeof(oid_fascn));
    case CC_SAN_HARDWARE:
        return is_oid(type, len, oid_hardware, sizeof(oid_hardware));
    default:
        return own && is_oid(type, len, OBJ_get0_data(own), OBJ_length(own));
    }
}

cc_value_t cc_othername_value(const OTHERNAME *other, const cc_extraction_t *s)
{
    switch (s->variant) {
    case CC_SAN_EMAIL:
        return mailbox_value(other->value, s->pool);
    case CC_SAN_UPN:
        return utf8_value(other->value, s->pool);
    case CC_SAN_KRB5:
        return krb5_value(other->value, s->pool);
    case CC_SAN_FASCN:
        return cc_othername_fascn(other->value, s->pool);
    case CC_SAN_FASCN_IDENTIFIER:
        return cc_othername_fascn_identifier(other->value, s->pool);
    case CC_SAN_HARDWARE:
        return cc_othername_hardware(other->value, s->pool);
    case CC_SAN_PERMANENT:
        return cc_othername_permanent(other->value, s->serial, s->pool);
    default:
        return string_value(other->value, s->pool);
    }
}

/* ---- SID ------------------------------------------------------------------------------------ */

/* S-1-5-21-...: the string form of [MS-DTYP] 2.4.2.1, decimal throughout. */
static bool is_sid(const char *text, apr_size_t len)
{
    if (len < 6 || memcmp(text, "S-1-", 4) != 0 || text[len - 1] == '-') {
        return false;
    }
    for (apr_size_t i = 4; i < len; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (!digit && (text[i] != '-' || text[i - 1] == '-')) {
            return false;
        }
    }
    return true;
}

cc_value_t cc_othername_sid(const OTHERNAME *other, apr_pool_t *p)
{
    const ASN1_TYPE *type = other->value;
    cc_value_t value = {0};

    if (!is_oid(OBJ_get0_data(other->type_id), OBJ_length(other->type_id), oid_sid,
                sizeof(oid_sid)) ||
        type->type != V_ASN1_OCTET_STRING) {
        return cc_value_unusable("its extension does not contain a SID", NULL, 0, p);
    }
    value = cc_value_text((const char *)ASN1_STRING_get0_data(type->value.octet_string),
                          (apr_size_t)ASN1_STRING_length(type->value.octet_string), p);
    if (!value.unusable && !is_sid(value.text, value.len)) {
        value.unusable = "it does not have the form of a SID";
    }
    return value;
}
