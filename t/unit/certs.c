/* SPDX-License-Identifier: Apache-2.0 */
/* Makes certificates for the unit tests that no CA would sign, octet by octet. */
#include "certs.h"

#include <string.h>

#include <apr_strings.h>
#include <check.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

static const unsigned char digest[32] = {
    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
    0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11
};

const cc_facts_t certs_facts = {
    .now = APR_TIME_C(1780315200) * APR_USEC_PER_SEC,
    .tls_version = "TLSv1.3",
    .tls_cipher = "TLS_AES_256_GCM_SHA384",
    .tls_sni = "www.example.com",
    .tls_known = true,
    .tls_resumed = true,
    .ca_sha256 = digest,
    .ca_spki_sha256 = digest,
    .revocation = "revoked",
    .revocation_reason = "keyCompromise",
    .via = CC_VIA_HEADER,
    .via_proxy = "2001:DB8::0:1",
    .revoked_at = APR_TIME_C(1780315200) * APR_USEC_PER_SEC,
};

/* ---- making ------------------------------------------------------------------------------ */

static void name_fill(X509_NAME *name, const certs_attribute_t *attribute)
{
    for (; attribute && attribute->type; attribute++) {
        ASN1_OBJECT *type = OBJ_txt2obj(attribute->type, 0);
        X509_NAME_ENTRY *entry = X509_NAME_ENTRY_new();
        ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);

        ck_assert_ptr_nonnull(type);
        X509_NAME_ENTRY_set_object(entry, type);
        ASN1_STRING_set(value, attribute->value.data, attribute->value.len);
        value->type = attribute->tag;
        ck_assert_int_eq(X509_NAME_add_entry(name, entry, -1, attribute->joins ? -1 : 0), 1);
        X509_NAME_ENTRY_free(entry);
        ASN1_OBJECT_free(type);
    }
}

static X509_EXTENSION *extension_make(const certs_extension_t *from)
{
    ASN1_OBJECT *object = OBJ_txt2obj(from->oid, 0);
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = NULL;

    if (from->conf) {
        X509V3_CTX ctx = {0};
        X509V3_set_ctx(&ctx, NULL, NULL, NULL, NULL, X509V3_CTX_TEST);
        extension = X509V3_EXT_nconf_nid(NULL, &ctx, OBJ_obj2nid(object), from->conf);
    } else {
        ASN1_OCTET_STRING_set(value, from->der.data, from->der.len);
        extension = X509_EXTENSION_create_by_OBJ(NULL, object, 0, value);
    }
    ck_assert_ptr_nonnull(extension);
    ASN1_OCTET_STRING_free(value);
    ASN1_OBJECT_free(object);
    return extension;
}

/* The generator of P-256: a public key that is the same in every run, and of no one. */
static void key_fill(X509 *x509)
{
    static const unsigned char spki[] =
        "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01"
        "\x07\x03\x42\x00\x04\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4\x40\xf2\x77"
        "\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45\xd8\x98\xc2\x96\x4f\xe3\x42\xe2\xfe\x1a\x7f"
        "\x9b\x8e\xe7\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce\xcb\xb6\x40\x68\x37"
        "\xbf\x51\xf5";
    const unsigned char *p = spki;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &p, sizeof(spki) - 1);

    ck_assert_ptr_nonnull(key);
    X509_set_pubkey(x509, key);
    EVP_PKEY_free(key);
}

static void serial_fill(X509 *x509, const certs_spec_t *spec)
{
    ASN1_INTEGER *serial = X509_get_serialNumber(x509);

    ASN1_STRING_set(serial, spec->serial.len ? spec->serial.data : "\1",
                    spec->serial.len ? spec->serial.len : 1);
    serial->type = spec->serial_negative ? V_ASN1_NEG_INTEGER : V_ASN1_INTEGER;
}

/* Any text, even an invalid one. */
static void time_fill(ASN1_TIME *time, const char *text)
{
    ASN1_STRING_set(time, text, -1);
    time->type = strlen(text) == 13 ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME;
}

/* The signature is not checked here; it only needs the right form. */
static void signature_fill(X509 *x509)
{
    const ASN1_BIT_STRING *bits = NULL;
    const X509_ALGOR *outer = NULL;

    X509_get0_signature(&bits, &outer, x509);
    X509_ALGOR_set0((X509_ALGOR *)outer, OBJ_nid2obj(NID_ecdsa_with_SHA256), V_ASN1_UNDEF, NULL);
    X509_ALGOR_set0((X509_ALGOR *)X509_get0_tbs_sigalg(x509), OBJ_nid2obj(NID_ecdsa_with_SHA256),
                    V_ASN1_UNDEF, NULL);
    ASN1_STRING_set((ASN1_BIT_STRING *)bits, "\x30\x06\x02\x01\x01\x02\x01\x01", 8);
}

/* The certificate is encoded and read again, so that it is like a client's. */
X509 *certs_x509_try(const certs_spec_t *spec)
{
    X509 *made = X509_new();
    X509 *read = NULL;
    unsigned char *der = NULL;
    const unsigned char *p = NULL;
    int len = 0;

    X509_set_version(made, spec->version_1 ? X509_VERSION_1 : X509_VERSION_3);
    serial_fill(made, spec);
    name_fill(X509_get_subject_name(made), spec->subject);
    name_fill(X509_get_issuer_name(made), spec->issuer);
    time_fill(X509_getm_notBefore(made), spec->begin ? spec->begin : "20260101000000Z");
    time_fill(X509_getm_notAfter(made), spec->end ? spec->end : "20261231235959Z");
    key_fill(made);
    for (const certs_extension_t *e = spec->extensions; e && e->oid; e++) {
        X509_EXTENSION *extension = extension_make(e);
        X509_add_ext(made, extension, -1);
        X509_EXTENSION_free(extension);
    }
    signature_fill(made);
    len = i2d_X509(made, &der);
    ck_assert_int_gt(len, 0);
    p = der;
    read = d2i_X509(NULL, &p, len);
    OPENSSL_free(der);
    X509_free(made);
    return read;
}

X509 *certs_x509(const certs_spec_t *spec)
{
    X509 *x509 = certs_x509_try(spec);

    ck_assert_ptr_nonnull(x509);
    return x509;
}

cc_cert_t *certs_make(const certs_spec_t *spec, apr_pool_t *p)
{
    X509 *x509 = certs_x509(spec);
    cc_cert_t *cert = cc_cert_wrap(x509, p);

    X509_free(x509);
    return cert;
}

/* ---- asking ------------------------------------------------------------------------------ */

cc_values_t certs_values(const cc_cert_t *cert, const char *field, apr_pool_t *p)
{
    cc_fieldref_t ref;
    cc_error_t err = {0};

    ck_assert_msg(cc_field_find(&ref, field, p, &err) == APR_SUCCESS, "%s",
                  err.message ? err.message : field);
    return cc_field_values(&ref, cert, &certs_facts, p);
}

void certs_has(const cc_cert_t *cert, const char *field, const char *texts)
{
    apr_pool_t *p;
    cc_values_t values;
    const char *all = NULL;

    apr_pool_create(&p, NULL);
    values = certs_values(cert, field, p);
    for (int i = 0; i < values.count; i++) {
        const cc_value_t *value = &values.at[i];

        ck_assert_msg(!value->unusable, "%s: %s", field, value->unusable);
        ck_assert_uint_eq(strlen(value->text), value->len);
        ck_assert_ptr_null(cc_text_unusable(value->text, value->len));
        all = all ? apr_pstrcat(p, all, " | ", value->text, NULL) : value->text;
    }
    ck_assert_msg((!all && !texts) || (all && texts && strcmp(all, texts) == 0),
                  "%s is %s, not %s", field, all ? all : "(none)", texts ? texts : "(none)");
    apr_pool_destroy(p);
}

void certs_unusable(const cc_cert_t *cert, const char *field, const char *reason)
{
    apr_pool_t *p;
    cc_values_t values;

    apr_pool_create(&p, NULL);
    values = certs_values(cert, field, p);
    ck_assert_msg(values.count == 1, "%s has %d values", field, values.count);
    ck_assert_msg(values.at[0].unusable != NULL, "%s is usable: %s", field, values.at[0].text);
    ck_assert_msg(strstr(values.at[0].unusable, reason) != NULL, "%s: %s", field,
                  values.at[0].unusable);
    apr_pool_destroy(p);
}
