/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that algorithms which some versions of OpenSSL lack have the same names and sizes with
 * all versions.
 */
#include <string.h>

#include <apr_strings.h>

#include <openssl/evp.h>
#include <openssl/objects.h>

#include "cert/internal.h"
#include "certs.h"
#include "suite.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* The certificate is read like a client's, by an OpenSSL that may lack these algorithms. */
static cc_cert_t *read_again(X509 *x509)
{
    unsigned char *der = NULL;
    int len = i2d_re_X509_tbs(x509, NULL) > 0 ? i2d_X509(x509, &der) : 0;
    cc_cert_t *cert = NULL;

    ck_assert_int_gt(len, 0);
    ck_assert_int_eq(cc_cert_parse(&cert, der, (apr_size_t)len, pool, NULL), APR_SUCCESS);
    OPENSSL_free(der);
    X509_free(x509);
    return cert;
}

static cc_cert_t *with_key(const char *oid, int len)
{
    X509 *x509 = certs_x509(&certs_rich);
    unsigned char *key = OPENSSL_zalloc((size_t)len);

    ck_assert_int_eq(X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x509), OBJ_txt2obj(oid, 1),
                                            V_ASN1_UNDEF, NULL, key, len),
                     1);
    return read_again(x509);
}

static cc_cert_t *with_signature(const char *oid)
{
    X509 *x509 = certs_x509(&certs_rich);
    const X509_ALGOR *outer = NULL;

    X509_get0_signature(NULL, &outer, x509);
    X509_ALGOR_set0((X509_ALGOR *)outer, OBJ_txt2obj(oid, 1), V_ASN1_UNDEF, NULL);
    X509_ALGOR_set0((X509_ALGOR *)X509_get0_tbs_sigalg(x509), OBJ_txt2obj(oid, 1), V_ASN1_UNDEF,
                    NULL);
    return read_again(x509);
}

static const struct {
    const char *oid;
    const char *name;
    int len;
    const char *bits;
} keys[] = {
    {"2.16.840.1.101.3.4.3.17", "ML-DSA-44", 1312, "10496"},
    {"2.16.840.1.101.3.4.3.18", "ML-DSA-65", 1952, "15616"},
    {"2.16.840.1.101.3.4.3.19", "ML-DSA-87", 2592, "20736"},
    {"2.16.840.1.101.3.4.3.20", "SLH-DSA-SHA2-128s", 32, "256"},
    {"2.16.840.1.101.3.4.3.23", "SLH-DSA-SHA2-192f", 48, "384"},
    {"2.16.840.1.101.3.4.3.31", "SLH-DSA-SHAKE-256f", 64, "512"},
    {"2.16.840.1.101.3.4.4.1", "ML-KEM-512", 800, "512"},
    {"2.16.840.1.101.3.4.4.2", "ML-KEM-768", 1184, "768"},
    {"2.16.840.1.101.3.4.4.3", "ML-KEM-1024", 1568, "1024"},
};

TEST_LOOP(a_key_has_its_type_and_size, 0, COUNT(keys))
{
    cc_cert_t *cert = with_key(keys[_i].oid, keys[_i].len);

    certs_has(cert, "key.type", keys[_i].name);
    certs_has(cert, "key.bits", keys[_i].bits);
    certs_has(cert, "key.curve", NULL);
}

TEST_LOOP(a_key_of_the_wrong_length_has_no_size, 0, COUNT(keys))
{
    cc_cert_t *cert = with_key(keys[_i].oid, keys[_i].len + 1);

    certs_has(cert, "key.type", keys[_i].name);
    certs_unusable(cert, "key.bits", "cannot be decoded");
}

static const char *const signatures[][2] = {
    {"2.16.840.1.101.3.4.3.17", "ML-DSA-44"},
    {"2.16.840.1.101.3.4.3.19", "ML-DSA-87"},
    {"2.16.840.1.101.3.4.3.30", "SLH-DSA-SHAKE-256s"},
    {"2.16.840.1.101.3.4.3.34", "HASH-ML-DSA-87-WITH-SHA512"},
    {"2.16.840.1.101.3.4.3.46", "SLH-DSA-SHAKE-256f-WITH-SHAKE256"},
    {"2.16.840.1.101.3.4.3.47", "2.16.840.1.101.3.4.3.47"},
    {"1.3.101.112", "ED25519"},
    {"1.3.101.113", "ED448"},
    {"1.2.840.113549.1.1.10", "rsassaPss"},
    {"2.16.840.1.101.3.4.3.10", "ecdsa_with_SHA3-256"},
    {"2.16.840.1.101.3.4.3.16", "RSA-SHA3-512"},
};

TEST_LOOP(a_signature_has_its_name, 0, COUNT(signatures))
{
    certs_has(with_signature(signatures[_i][0]), "signature.algorithm", signatures[_i][1]);
}

static void operand_is(const char *field, const char *written, const char *text)
{
    cc_fieldref_t ref;
    cc_value_t value;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_field_find(&ref, field, pool, NULL), APR_SUCCESS);
    ck_assert_msg(cc_field_operand(&value, &ref, written, pool, &err) == APR_SUCCESS, "%s: %s",
                  written, err.message);
    ck_assert_str_eq(value.text, text);
}

/* Each form that a rule may use: the name, the other name, and the dotted form. */
TEST(a_rule_may_name_each)
{
    const cc_algorithm_t *each = NULL;

    for (int i = 0; (each = cc_algorithm_at(i)); i++) {
        operand_is("signature.algorithm", each->name, each->name);
        operand_is("signature.algorithm", each->other_name, each->name);
        operand_is("signature.algorithm", each->oid, each->name);
        if (each->key_len > 0) {
            operand_is("key.type", each->name, each->name);
            operand_is("key.type", each->oid, each->name);
        }
    }
    operand_is("key.type", "ml-dsa-44", "ML-DSA-44");
    operand_is("key.type", "1.2.840.113549.1.1.1", "RSA");
}

TEST(the_names_are_those_of_an_openssl_that_knows_them)
{
    const cc_algorithm_t *each = NULL;

    for (int i = 0; (each = cc_algorithm_at(i)); i++) {
        int nid = OBJ_txt2nid(each->oid);

        ck_assert(nid == NID_undef || strcmp(OBJ_nid2ln(nid), each->name) == 0);
        ck_assert(nid == NID_undef || strcmp(OBJ_nid2sn(nid), each->other_name) == 0);
        ck_assert_ptr_eq(cc_algorithm_find(each->oid), each);
        ck_assert_ptr_eq(cc_algorithm_named(each->name), each);
        ck_assert_ptr_eq(cc_algorithm_named(each->other_name), each);
    }
}

TEST(the_sizes_are_those_of_an_openssl_that_makes_such_keys)
{
    const cc_algorithm_t *each = NULL;

    for (int i = 0; (each = cc_algorithm_at(i)); i++) {
        EVP_PKEY *key = each->key_len > 0 ? EVP_PKEY_Q_keygen(NULL, NULL, each->name) : NULL;

        if (key) {
            X509 *x509 = certs_x509(&certs_rich);
            cc_cert_t *cert = NULL;

            ck_assert_int_eq(X509_set_pubkey(x509, key), 1);
            cert = read_again(x509);
            ck_assert_int_eq(EVP_PKEY_get_bits(key), each->key_bits);
            certs_has(cert, "key.bits", apr_itoa(pool, each->key_bits));
            certs_has(cert, "key.type", each->name);
        }
        EVP_PKEY_free(key);
    }
}

SUITE("algorithms", .setup = setup, .teardown = teardown, .timeout = 60);
