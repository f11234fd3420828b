/* SPDX-License-Identifier: Apache-2.0 */
/* Extracts the fields of the public key (type, size, curve) and of the signature algorithm. */
#include <string.h>

#include <apr_cstr.h>
#include <apr_strings.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "cert/internal.h"

cc_values_t cc_signature_extract(const cc_extraction_t *s)
{
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;

    X509_get0_signature(NULL, &algorithm, s->x509);
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    return cc_values_one(cc_value_oid(object, CC_OID_LONG, s->pool), s->pool);
}

static const X509_ALGOR *key_algorithm(const X509 *x509)
{
    X509_ALGOR *algorithm = NULL;

    X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm, X509_get_X509_PUBKEY(x509));
    return algorithm;
}

/* ---- type ----------------------------------------------------------------------------------- */

static const struct {
    int nid;
    const char *name;
} kinds[] = {
    {NID_rsaEncryption, "RSA"}, {NID_rsassaPss, "RSA-PSS"}, {NID_X9_62_id_ecPublicKey, "EC"},
    {NID_ED25519, "ED25519"},   {NID_ED448, "ED448"},       {NID_dsa, "DSA"},
    {NID_X25519, "X25519"},     {NID_X448, "X448"},         {NID_dhpublicnumber, "DH"},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* An algorithm that not every OpenSSL knows, if it has keys; otherwise NULL. */
static const cc_algorithm_t *new_kind(const ASN1_OBJECT *object, apr_pool_t *p)
{
    const char *dotted = cc_oid_dotted(object, p);
    const cc_algorithm_t *algorithm = dotted ? cc_algorithm_find(dotted) : NULL;

    return algorithm && algorithm->key_len > 0 ? algorithm : NULL;
}

static cc_value_t kind_value(const ASN1_OBJECT *object, apr_pool_t *p)
{
    const cc_algorithm_t *algorithm = NULL;

    for (int i = 0; i < KINDS; i++) {
        if (OBJ_cmp(object, OBJ_nid2obj(kinds[i].nid)) == 0) {
            return cc_value_words(kinds[i].name, p);
        }
    }
    algorithm = new_kind(object, p);
    return algorithm ? cc_value_words(algorithm->name, p) : cc_value_oid(object, CC_OID_DOTTED, p);
}

cc_values_t cc_key_type_extract(const cc_extraction_t *s)
{
    const ASN1_OBJECT *object = NULL;

    X509_ALGOR_get0(&object, NULL, NULL, key_algorithm(s->x509));
    return cc_values_one(kind_value(object, s->pool), s->pool);
}

/* The i-th of all names; NULL after the last one. */
static const char *kind_name(int i)
{
    const cc_algorithm_t *algorithm = i < KINDS ? NULL : cc_algorithm_at(i - KINDS);

    if (i < KINDS) {
        return kinds[i].name;
    }
    return algorithm && algorithm->key_len > 0 ? algorithm->name : NULL;
}

apr_status_t cc_operand_key_type(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                                 cc_error_t *err)
{
    const char *all = "", *name = NULL;
    const ASN1_OBJECT *object = cc_oid_read(text, p);

    (void)variant;
    for (int i = 0; (name = kind_name(i)); i++) {
        if (apr_cstr_casecmp(text, name) == 0) {
            *value = cc_value_words(name, p);
            return APR_SUCCESS;
        }
        all = apr_pstrcat(p, all, name, ", ", NULL);
    }
    if (object) {
        *value = kind_value(object, p);
        return APR_SUCCESS;
    }
    return cc_error_set(err, p, "CC0283", text,
                        "no such key type; write one of %sor a dotted object identifier", all);
}

/* ---- size ----------------------------------------------------------------------------------- */

static int key_bits(const X509 *x509, apr_pool_t *p)
{
    const ASN1_OBJECT *object = NULL;
    const cc_algorithm_t *algorithm = NULL;
    int len = ASN1_STRING_length(X509_get0_pubkey_bitstr(x509));

    X509_ALGOR_get0(&object, NULL, NULL, key_algorithm(x509));
    algorithm = new_kind(object, p);
    if (algorithm) {
        return len == algorithm->key_len ? algorithm->key_bits : 0;
    }
    return X509_get0_pubkey(x509) ? EVP_PKEY_get_bits(X509_get0_pubkey(x509)) : 0;
}

cc_values_t cc_key_bits_extract(const cc_extraction_t *s)
{
    int bits = key_bits(s->x509, s->pool);

    if (bits <= 0) {
        return cc_values_unusable("its public key cannot be decoded", NULL, 0, s->pool);
    }
    return cc_values_one(cc_value_number(bits, s->pool), s->pool);
}

/* ---- curve ---------------------------------------------------------------------------------- */

static cc_value_t curve_value(const ASN1_OBJECT *curve, apr_pool_t *p)
{
    const char *nist = EC_curve_nid2nist(OBJ_obj2nid(curve));
    cc_value_t value = cc_value_oid(curve, CC_OID_SHORT, p);

    if (nist) {
        value.text = nist;
        value.len = strlen(nist);
    }
    return value;
}

cc_values_t cc_key_curve_extract(const cc_extraction_t *s)
{
    const ASN1_OBJECT *object = NULL;
    const void *parameter = NULL;
    int type = 0;

    X509_ALGOR_get0(&object, &type, &parameter, key_algorithm(s->x509));
    if (OBJ_cmp(object, OBJ_nid2obj(NID_X9_62_id_ecPublicKey)) != 0) {
        return cc_values_none();
    }
    if (type != V_ASN1_OBJECT) {
        return cc_values_unusable("its public key does not name its curve", NULL, 0, s->pool);
    }
    return cc_values_one(curve_value(parameter, s->pool), s->pool);
}

/* NIST's name, OpenSSL's, or SEC 2's name of the two curves that have another name in OpenSSL. */
static int curve_nid(const char *text)
{
    if (strcmp(text, "secp256r1") == 0) {
        return NID_X9_62_prime256v1;
    }
    if (strcmp(text, "secp192r1") == 0) {
        return NID_X9_62_prime192v1;
    }
    return EC_curve_nist2nid(text) != NID_undef ? EC_curve_nist2nid(text) : OBJ_sn2nid(text);
}

apr_status_t cc_operand_curve(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                              cc_error_t *err)
{
    int nid = curve_nid(text);
    const ASN1_OBJECT *curve = nid == NID_undef ? cc_oid_read(text, p) : OBJ_nid2obj(nid);

    (void)variant;
    if (!curve) {
        return cc_error_set(err, p, "CC0284", text,
                            "no such curve; write P-256, P-384, P-521, another of OpenSSL's "
                            "names, or a dotted object identifier");
    }
    *value = curve_value(curve, p);
    return APR_SUCCESS;
}
