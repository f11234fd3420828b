/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the fields about public keys, of every type, and of keys that cannot be decoded. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

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

/* Takes ownership of the key. */
static cc_cert_t *with_key(EVP_PKEY *key)
{
    X509 *x509 = certs_x509(&certs_rich);
    cc_cert_t *cert;

    ck_assert_ptr_nonnull(key);
    ck_assert_int_eq(X509_set_pubkey(x509, key), 1);
    cert = cc_cert_wrap(x509, pool);
    X509_free(x509);
    EVP_PKEY_free(key);
    return cert;
}

static void key_is(const cc_cert_t *cert, const char *type, const char *bits, const char *curve)
{
    certs_has(cert, "key.type", type);
    certs_has(cert, "key.bits", bits);
    certs_has(cert, "key.curve", curve);
}

TEST(keys_have_type_size_and_curve)
{
    key_is(with_key(EVP_RSA_gen(1024)), "RSA", "1024", NULL);
    key_is(with_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")), "ED25519", "256", NULL);
    key_is(with_key(EVP_PKEY_Q_keygen(NULL, NULL, "ED448")), "ED448", "456", NULL);
    key_is(with_key(EVP_PKEY_Q_keygen(NULL, NULL, "X25519")), "X25519", "253", NULL);
    key_is(with_key(EVP_EC_gen("P-521")), "EC", "521", "P-521");
    key_is(with_key(EVP_EC_gen("secp256k1")), "EC", "256", "secp256k1");
}

TEST(a_curve_without_a_name_is_unusable)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");

    EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING,
                                   OSSL_PKEY_EC_ENCODING_EXPLICIT);
    certs_unusable(with_key(key), "key.curve", "does not name its curve");
}

/* The rich certificate, with one run of octets replaced by another of the same length. */
static cc_cert_t *changed(const char *from, const char *to, size_t len)
{
    X509 *x509 = certs_x509(&certs_rich);
    unsigned char *der = NULL;
    int size = i2d_X509(x509, &der);
    unsigned char *at = memmem(der, (size_t)size, from, len);
    cc_cert_t *cert = NULL;

    ck_assert_ptr_nonnull(at);
    memcpy(at, to, len);
    ck_assert_int_eq(cc_cert_parse(&cert, der, (apr_size_t)size, pool, NULL), APR_SUCCESS);
    OPENSSL_free(der);
    X509_free(x509);
    return cert;
}

TEST(a_key_that_cannot_be_decoded_has_its_type_and_no_size)
{
    cc_cert_t *cert = changed("\x04\x6b\x17\xd1", "\x04\x6b\x17\xd2", 4);

    certs_has(cert, "key.type", "EC");
    certs_has(cert, "key.curve", "P-256");
    certs_unusable(cert, "key.bits", "cannot be decoded");
    ck_assert_int_eq(certs_values(cert, "spki.sha256", pool).count, 1);
}

TEST(a_key_of_an_unknown_type_has_its_identifier)
{
    cc_cert_t *cert = changed("\x2a\x86\x48\xce\x3d\x02\x01", "\x2a\x86\x48\xce\x3d\x02\x7f", 7);

    certs_has(cert, "key.type", "1.2.840.10045.2.127");
    certs_has(cert, "key.curve", NULL);
    certs_unusable(cert, "key.bits", "cannot be decoded");
}

SUITE("keys", .setup = setup, .teardown = teardown);
