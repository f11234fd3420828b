/* SPDX-License-Identifier: Apache-2.0 */
/* Extracts fields from certificate extensions (RFC 5280 4.2.1), except alternative names. */
#include <string.h>

#include <apr_cstr.h>
#include <apr_hash.h>
#include <apr_strings.h>

#include <openssl/objects.h>

#include "cert/internal.h"

static const char twice[] = "its extension occurs twice in the certificate";

const ASN1_OCTET_STRING *cc_extension_find(const X509 *x509, const ASN1_OBJECT *object,
                                           const char **reason)
{
    int i = X509_get_ext_by_OBJ(x509, object, -1);

    *reason = NULL;
    if (i < 0) {
        return NULL;
    }
    if (X509_get_ext_by_OBJ(x509, object, i) >= 0) {
        *reason = twice;
        return NULL;
    }
    return X509_EXTENSION_get_data(X509_get_ext(x509, i));
}

/* A decoded structure, and its type, which OpenSSL needs to free it. */
typedef struct {
    ASN1_VALUE *structure;
    const ASN1_ITEM *item;
} decoded_t;

static apr_status_t decoded_free(void *data)
{
    decoded_t *decoded = data;

    ASN1_item_free(decoded->structure, decoded->item);
    return APR_SUCCESS;
}

void *cc_der_decode(const unsigned char *der, apr_size_t len, const ASN1_ITEM *item, apr_pool_t *p)
{
    decoded_t *decoded = apr_palloc(p, sizeof(*decoded));
    const unsigned char *end = der;

    decoded->item = item;
    decoded->structure = ASN1_item_d2i(NULL, &end, (long)len, item);
    if (!decoded->structure) {
        return NULL;
    }
    apr_pool_cleanup_register(p, decoded, decoded_free, apr_pool_cleanup_null);
    return end == der + len ? decoded->structure : NULL;
}

void *cc_extension_decode(const cc_extraction_t *s, const ASN1_OBJECT *object,
                          const ASN1_ITEM *item, cc_values_t *values)
{
    const char *reason = NULL;
    const ASN1_OCTET_STRING *der = cc_extension_find(s->x509, object, &reason);
    void *structure = NULL;

    if (!der) {
        *values = reason ? cc_values_unusable(reason, NULL, 0, s->pool) : cc_values_none();
        return NULL;
    }
    structure = cc_der_decode(ASN1_STRING_get0_data(der), (apr_size_t)ASN1_STRING_length(der), item,
                              s->pool);
    if (!structure) {
        *values = cc_values_unusable("its extension cannot be decoded", ASN1_STRING_get0_data(der),
                                     (apr_size_t)ASN1_STRING_length(der), s->pool);
    }
    return structure;
}

static void *decode_nid(const cc_extraction_t *s, int nid, const ASN1_ITEM *item,
                        cc_values_t *values)
{
    return cc_extension_decode(s, OBJ_nid2obj(nid), item, values);
}

static cc_values_t octets_one(const ASN1_OCTET_STRING *octets, apr_pool_t *p)
{
    return cc_values_one(
        cc_value_octets(ASN1_STRING_get0_data(octets), (apr_size_t)ASN1_STRING_length(octets), p),
        p);
}

cc_values_t cc_ski_extract(const cc_extraction_t *s)
{
    cc_values_t values = {0};
    const ASN1_OCTET_STRING *ski =
        decode_nid(s, NID_subject_key_identifier, ASN1_ITEM_rptr(ASN1_OCTET_STRING), &values);

    return ski ? octets_one(ski, s->pool) : values;
}

cc_values_t cc_aki_extract(const cc_extraction_t *s)
{
    cc_values_t values = {0};
    const AUTHORITY_KEYID *aki =
        decode_nid(s, NID_authority_key_identifier, ASN1_ITEM_rptr(AUTHORITY_KEYID), &values);

    return aki && aki->keyid ? octets_one(aki->keyid, s->pool) : values;
}

cc_values_t cc_eku_extract(const cc_extraction_t *s)
{
    cc_values_t values = {0};
    const EXTENDED_KEY_USAGE *eku =
        decode_nid(s, NID_ext_key_usage, ASN1_ITEM_rptr(EXTENDED_KEY_USAGE), &values);
    apr_array_header_t *list = apr_array_make(s->pool, 2, sizeof(cc_value_t));

    for (int i = 0; eku && i < sk_ASN1_OBJECT_num(eku); i++) {
        APR_ARRAY_PUSH(list, cc_value_t) =
            cc_value_oid(sk_ASN1_OBJECT_value(eku, i), CC_OID_SHORT, s->pool);
    }
    return eku ? cc_values_of(list) : values;
}

cc_values_t cc_policy_extract(const cc_extraction_t *s)
{
    cc_values_t values = {0};
    const CERTIFICATEPOLICIES *policies =
        decode_nid(s, NID_certificate_policies, ASN1_ITEM_rptr(CERTIFICATEPOLICIES), &values);
    apr_array_header_t *list = apr_array_make(s->pool, 2, sizeof(cc_value_t));

    for (int i = 0; policies && i < sk_POLICYINFO_num(policies); i++) {
        APR_ARRAY_PUSH(list, cc_value_t) =
            cc_value_oid(sk_POLICYINFO_value(policies, i)->policyid, CC_OID_DOTTED, s->pool);
    }
    return policies ? cc_values_of(list) : values;
}

/* ---- key usage ------------------------------------------------------------------------------ */

/* Indexed by the number of the bit (RFC 5280 4.2.1.3). */
static const char *const usages[] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                     "dataEncipherment", "keyAgreement",   "keyCertSign",
                                     "cRLSign",          "encipherOnly",   "decipherOnly"};

enum { USAGES = sizeof(usages) / sizeof(usages[0]) };

cc_values_t cc_ku_extract(const cc_extraction_t *s)
{
    cc_values_t values = {0};
    const ASN1_BIT_STRING *bits =
        decode_nid(s, NID_key_usage, ASN1_ITEM_rptr(ASN1_BIT_STRING), &values);
    apr_array_header_t *list = apr_array_make(s->pool, 2, sizeof(cc_value_t));

    for (int i = 0; bits && i < USAGES; i++) {
        if (ASN1_BIT_STRING_get_bit(bits, i)) {
            APR_ARRAY_PUSH(list, cc_value_t) = cc_value_words(usages[i], s->pool);
        }
    }
    return bits ? cc_values_of(list) : values;
}

apr_status_t cc_operand_ku(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                           cc_error_t *err)
{
    const char *all = "";

    (void)variant;
    for (int i = 0; i < USAGES; i++) {
        if (apr_cstr_casecmp(text, usages[i]) == 0) {
            *value = cc_value_words(usages[i], p);
            return APR_SUCCESS;
        }
        all = apr_pstrcat(p, all, i ? ", " : "", usages[i], NULL);
    }
    return cc_error_set(err, p, "CC0282", text, "no such key usage; write one of %s", all);
}

/* ---- others --------------------------------------------------------------------------------- */

cc_values_t cc_is_ca_extract(const cc_extraction_t *s)
{
    cc_values_t values = {0};
    const BASIC_CONSTRAINTS *basic =
        decode_nid(s, NID_basic_constraints, ASN1_ITEM_rptr(BASIC_CONSTRAINTS), &values);

    if (values.count) {
        return values;
    }
    return cc_values_one(cc_value_words(basic && basic->ca ? "true" : "false", s->pool), s->pool);
}

cc_values_t cc_extension_extract(const cc_extraction_t *s)
{
    const char *reason = NULL;
    const ASN1_OCTET_STRING *der = cc_extension_find(s->x509, s->object, &reason);

    if (reason) {
        return cc_values_unusable(reason, NULL, 0, s->pool);
    }
    return der ? octets_one(der, s->pool) : cc_values_none();
}

/* How often each identifier occurs: its encoding -> how many (an int *). */
static apr_hash_t *occurrences(const cc_extraction_t *s)
{
    apr_hash_t *counts = apr_hash_make(s->pool);

    for (int i = 0; i < X509_get_ext_count(s->x509); i++) {
        const ASN1_OBJECT *object = X509_EXTENSION_get_object(X509_get_ext(s->x509, i));
        apr_ssize_t len = (apr_ssize_t)OBJ_length(object);
        int *count = apr_hash_get(counts, OBJ_get0_data(object), len);

        if (!count) {
            count = apr_pcalloc(s->pool, sizeof(*count));
            apr_hash_set(counts, OBJ_get0_data(object), len, count);
        }
        ++*count;
    }
    return counts;
}

/* An identifier that occurs twice is unusable, as the value of its extension is. */
cc_values_t cc_critical_extract(const cc_extraction_t *s)
{
    apr_array_header_t *list = apr_array_make(s->pool, 4, sizeof(cc_value_t));
    apr_hash_t *counts = occurrences(s);

    for (int i = 0; i < X509_get_ext_count(s->x509); i++) {
        X509_EXTENSION *extension = X509_get_ext(s->x509, i);
        const ASN1_OBJECT *object = X509_EXTENSION_get_object(extension);
        const int *count =
            apr_hash_get(counts, OBJ_get0_data(object), (apr_ssize_t)OBJ_length(object));
        cc_value_t value = {0};

        if (X509_EXTENSION_get_critical(extension)) {
            value = cc_value_oid(object, CC_OID_DOTTED, s->pool);
            value.unusable = *count > 1 ? twice : value.unusable;
            APR_ARRAY_PUSH(list, cc_value_t) = value;
        }
    }
    return cc_values_of(list);
}

static void list_extensions(const cc_extraction_t *s, apr_array_header_t *objects)
{
    for (int i = 0; i < X509_get_ext_count(s->x509); i++) {
        APR_ARRAY_PUSH(objects, const ASN1_OBJECT *) =
            X509_EXTENSION_get_object(X509_get_ext(s->x509, i));
    }
}

const cc_field_family_t cc_extension_family = {cc_oid_find, list_extensions, cc_oid_dotted};
