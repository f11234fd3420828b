/* SPDX-License-Identifier: Apache-2.0 */
/* Extracts the fields of subject and issuer: whole names and single attributes. */
#include <openssl/objects.h>

#include "cert/internal.h"

static const X509_NAME *name_of(const X509 *x509, int which)
{
    return which == CC_OF_SUBJECT ? X509_get_subject_name(x509) : X509_get_issuer_name(x509);
}

/* An empty name is no value: such a certificate has alternative names (RFC 5280 4.1.2.6). */
cc_values_t cc_name_extract(const cc_extraction_t *s)
{
    const X509_NAME *name = name_of(s->x509, s->variant);

    if (X509_NAME_entry_count(name) == 0) {
        return cc_values_none();
    }
    return cc_values_one(cc_value_x509_name(name, s->pool), s->pool);
}

void cc_attributes_add(apr_array_header_t *values, const X509_NAME *name, const ASN1_OBJECT *type,
                       apr_pool_t *p)
{
    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        const ASN1_STRING *data = X509_NAME_ENTRY_get_data(entry);

        if (OBJ_cmp(X509_NAME_ENTRY_get_object(entry), type) == 0) {
            APR_ARRAY_PUSH(values, cc_value_t) =
                cc_value_string(ASN1_STRING_type(data), ASN1_STRING_get0_data(data),
                                (apr_size_t)ASN1_STRING_length(data), p);
        }
    }
}

cc_values_t cc_attribute_extract(const cc_extraction_t *s)
{
    apr_array_header_t *values = apr_array_make(s->pool, 1, sizeof(cc_value_t));

    cc_attributes_add(values, name_of(s->x509, s->variant), s->object, s->pool);
    return cc_values_of(values);
}

void cc_attribute_types_add(apr_array_header_t *types, const X509_NAME *name)
{
    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        APR_ARRAY_PUSH(types, const ASN1_OBJECT *) =
            X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, i));
    }
}

static void list_subject(const cc_extraction_t *s, apr_array_header_t *objects)
{
    cc_attribute_types_add(objects, X509_get_subject_name(s->x509));
}

static void list_issuer(const cc_extraction_t *s, apr_array_header_t *objects)
{
    cc_attribute_types_add(objects, X509_get_issuer_name(s->x509));
}

const cc_field_family_t cc_subject_family = {cc_attribute_find, list_subject, cc_attribute_name};
const cc_field_family_t cc_issuer_family = {cc_attribute_find, list_issuer, cc_attribute_name};
