/* SPDX-License-Identifier: Apache-2.0 */
/* Writes certificates in the forms of Active Directory's altSecurityIdentities. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/evp.h>

#include "cert/internal.h"

/*
 * True if nothing in the value would need quotes, or could be read as part of the form around it.
 */
static bool is_plain(const cc_attribute_t *attribute)
{
    const char *text = attribute->text;

    return attribute->len > 0 && text[0] != ' ' && text[0] != '#' &&
           text[attribute->len - 1] != ' ' && !strpbrk(text, ",+=\"<>;\\");
}

/*
 * A name from the root down, joined by commas. NULL if there is no such text: *values then has no
 * value for an empty name, or an unusable one for a name that cannot be written.
 */
static const char *name_text(const X509_NAME *x509_name, cc_values_t *values, apr_pool_t *p)
{
    cc_value_t bad = {0};
    const cc_name_t *name = cc_name_read(x509_name, &bad, p);
    apr_array_header_t *parts = apr_array_make(p, 16, sizeof(const char *));

    if (!name) {
        *values = cc_values_one(bad, p);
        return NULL;
    }
    for (int i = 0; i < name->count; i++) {
        const cc_attribute_t *attribute = &name->at[i];
        bool same_rdn = i > 0 && attribute->rdn == name->at[i - 1].rdn;

        if (!is_plain(attribute)) {
            *values = cc_values_unusable("altSecurityIdentities has no unambiguous form for it",
                                         attribute->text, attribute->len, p);
            return NULL;
        }
        APR_ARRAY_PUSH(parts, const char *) = i == 0 ? "" : same_rdn ? "+" : ",";
        APR_ARRAY_PUSH(parts, const char *) = cc_attribute_ad_name(attribute->type, p);
        APR_ARRAY_PUSH(parts, const char *) = "=";
        APR_ARRAY_PUSH(parts, const char *) = attribute->text;
    }
    *values = cc_values_none();
    return name->count ? apr_array_pstrcat(p, parts, 0) : NULL;
}

static cc_values_t framed(apr_pool_t *p, const char *a, const char *b, const char *c, const char *d)
{
    return cc_values_one(cc_value_words(apr_pstrcat(p, "X509:", a, b, c, d, NULL), p), p);
}

/* The octets of the serial number in reverse order. NULL for a negative one. */
static const char *serial_text(const X509 *x509, apr_pool_t *p)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
    apr_size_t len = (apr_size_t)ASN1_STRING_length(serial);
    unsigned char *reversed = apr_palloc(p, len + 1);

    if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER) {
        return NULL;
    }
    for (apr_size_t i = 0; i < len; i++) {
        reversed[i] = ASN1_STRING_get0_data(serial)[len - 1 - i];
    }
    return cc_octets_hex(reversed, len, p);
}

static cc_values_t issuer_serial(const cc_extraction_t *s)
{
    cc_values_t values = {0};
    const char *issuer = name_text(X509_get_issuer_name(s->x509), &values, s->pool);
    const char *serial = serial_text(s->x509, s->pool);

    if (!issuer) {
        return values;
    }
    if (!serial) {
        return cc_values_unusable("its serial number is negative", NULL, 0, s->pool);
    }
    return framed(s->pool, "<I>", issuer, "<SR>", serial);
}

static cc_values_t issuer_subject(const cc_extraction_t *s)
{
    cc_values_t values = {0};
    const char *issuer = name_text(X509_get_issuer_name(s->x509), &values, s->pool);
    const char *subject =
        issuer ? name_text(X509_get_subject_name(s->x509), &values, s->pool) : NULL;

    return subject ? framed(s->pool, "<I>", issuer, "<S>", subject) : values;
}

static cc_values_t subject_alone(const cc_extraction_t *s)
{
    cc_values_t values = {0};
    const char *subject = name_text(X509_get_subject_name(s->x509), &values, s->pool);

    return subject ? framed(s->pool, "<S>", subject, "", "") : values;
}

static cc_values_t spki(const cc_extraction_t *s)
{
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (!cc_spki_digest(s->x509, CC_DIGEST_SHA1, octets, &len)) {
        return cc_values_unusable("OpenSSL cannot compute its digest", NULL, 0, s->pool);
    }
    return framed(s->pool, "<SHA1-PUKEY>", cc_octets_hex(octets, len, s->pool), "", "");
}

/* The values of another field, each after a tag. Unusable values stay unusable. */
static cc_values_t tagged(const cc_extraction_t *s, cc_values_t from, const char *tag)
{
    apr_array_header_t *list = apr_array_make(s->pool, 1, sizeof(cc_value_t));

    for (int i = 0; i < from.count; i++) {
        APR_ARRAY_PUSH(list, cc_value_t) =
            from.at[i].unusable
                ? from.at[i]
                : cc_value_words(apr_pstrcat(s->pool, "X509:", tag, from.at[i].text, NULL),
                                 s->pool);
    }
    return cc_values_of(list);
}

static cc_values_t email(const cc_extraction_t *s)
{
    cc_extraction_t san = *s;

    san.variant = CC_SAN_EMAIL;
    return tagged(s, cc_san_extract(&san), "<RFC822>");
}

cc_values_t cc_altsec_extract(const cc_extraction_t *s)
{
    switch ((cc_altsec_t)s->variant) {
    case CC_ALTSEC_ISSUER_SERIAL:
        return issuer_serial(s);
    case CC_ALTSEC_SKI:
        return tagged(s, cc_ski_extract(s), "<SKI>");
    case CC_ALTSEC_SPKI:
        return spki(s);
    case CC_ALTSEC_ISSUER_SUBJECT:
        return issuer_subject(s);
    case CC_ALTSEC_SUBJECT:
        return subject_alone(s);
    case CC_ALTSEC_EMAIL:
        return email(s);
    }
    return cc_values_none();
}
