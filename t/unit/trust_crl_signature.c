/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the signatures of CRLs: which algorithms count, with which parameters and keys. */
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crl/internal.h"
#include "suite.h"

static EVP_PKEY *rsa, *ec, *ed;
static unsigned char octets[] = "what is signed";

static void setup(void)
{
    rsa = EVP_RSA_gen(2048);
    ec = EVP_EC_gen("P-256");
    ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    ck_assert(rsa && ec && ed);
}

static void teardown(void)
{
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(ed);
}

/* ---- algorithms ------------------------------------------------------------------------ */

static X509_ALGOR *algorithm_make(int nid)
{
    X509_ALGOR *made = X509_ALGOR_new();

    ck_assert(X509_ALGOR_set0(made, OBJ_nid2obj(nid), V_ASN1_UNDEF, NULL));
    return made;
}

static X509_ALGOR *digest_make(const EVP_MD *md)
{
    X509_ALGOR *made = X509_ALGOR_new();

    X509_ALGOR_set_md(made, md);
    return made;
}

/* A mask by MGF1, or by an invalid function. */
static X509_ALGOR *mask_make(int nid, const EVP_MD *md)
{
    X509_ALGOR *digest = digest_make(md), *made = X509_ALGOR_new();
    ASN1_STRING *packed = ASN1_item_pack(digest, ASN1_ITEM_rptr(X509_ALGOR), NULL);

    ck_assert(X509_ALGOR_set0(made, OBJ_nid2obj(nid), V_ASN1_SEQUENCE, packed));
    X509_ALGOR_free(digest);
    return made;
}

static ASN1_INTEGER *integer_make(long value)
{
    ASN1_INTEGER *made = ASN1_INTEGER_new();

    ck_assert(ASN1_INTEGER_set(made, value));
    return made;
}

/* RSASSA-PSS with these parameters, which are freed; NULL digests and -1 are omitted. */
static X509_ALGOR *pss_make(const EVP_MD *md, X509_ALGOR *mask, long salt, long trailer)
{
    RSA_PSS_PARAMS *params = RSA_PSS_PARAMS_new();
    X509_ALGOR *made = X509_ALGOR_new();
    ASN1_STRING *packed;

    params->hashAlgorithm = md ? digest_make(md) : NULL;
    params->maskGenAlgorithm = mask;
    params->saltLength = salt >= 0 ? integer_make(salt) : NULL;
    params->trailerField = trailer >= 0 ? integer_make(trailer) : NULL;
    packed = ASN1_item_pack(params, ASN1_ITEM_rptr(RSA_PSS_PARAMS), NULL);
    ck_assert(X509_ALGOR_set0(made, OBJ_nid2obj(NID_rsassaPss), V_ASN1_SEQUENCE, packed));
    RSA_PSS_PARAMS_free(params);
    return made;
}

/* ---- signatures ------------------------------------------------------------------------ */

/* A signature over the octets; salt -1: not RSASSA-PSS. */
static apr_size_t sign(unsigned char *to, size_t room, EVP_PKEY *key, const EVP_MD *md, int salt)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *of_key = NULL;
    size_t len = room;

    ck_assert(EVP_DigestSignInit(ctx, &of_key, md, NULL, key) > 0);
    if (salt >= 0) {
        ck_assert(EVP_PKEY_CTX_set_rsa_padding(of_key, RSA_PKCS1_PSS_PADDING) > 0);
        ck_assert(EVP_PKEY_CTX_set_rsa_pss_saltlen(of_key, salt) > 0);
    }
    ck_assert(EVP_DigestSign(ctx, to, &len, octets, sizeof(octets)) > 0);
    EVP_MD_CTX_free(ctx);
    return len;
}

/* The error of this signature under an algorithm, which is freed; NULL: none. */
static const char *verify(X509_ALGOR *algorithm, EVP_PKEY *key, unsigned char *signature,
                          apr_size_t len)
{
    unsigned char *der = NULL;
    int der_len = i2d_X509_ALGOR(algorithm, &der);
    cc_crl_tbs_t tbs = {.octets = {octets, octets + sizeof(octets)},
                        .algorithm = {der, der + der_len},
                        .signature = {signature, signature + len}};
    const char *error = NULL;
    bool good = cc_crl_signed_by(&tbs, key, &error);

    ck_assert(good == (error == NULL));
    OPENSSL_free(der);
    X509_ALGOR_free(algorithm);
    return error;
}

/* The same for a signature of this key. */
static const char *check(X509_ALGOR *algorithm, EVP_PKEY *key, const EVP_MD *md, int salt)
{
    unsigned char signature[512];
    apr_size_t len = sign(signature, sizeof(signature), key, md, salt);

    return verify(algorithm, key, signature, len);
}

static const char unknown[] = "its signature algorithm is unknown or does not match the key";
static const char weak[] = "its signature uses MD5 or a weaker digest";
static const char wrong[] = "its signature was not made with its issuer's key";

TEST(each_kind_of_key_signs)
{
    ck_assert_ptr_null(check(algorithm_make(NID_sha256WithRSAEncryption), rsa, EVP_sha256(), -1));
    ck_assert_ptr_null(check(algorithm_make(NID_ecdsa_with_SHA384), ec, EVP_sha384(), -1));
    ck_assert_ptr_null(check(algorithm_make(NID_ED25519), ed, NULL, -1));
}

TEST(a_signature_of_something_else_does_not_count)
{
    unsigned char signature[512];
    apr_size_t len = sign(signature, sizeof(signature), ed, NULL, -1);

    octets[0] ^= 1;
    ck_assert_str_eq(verify(algorithm_make(NID_ED25519), ed, signature, len), wrong);
    ck_assert_str_eq(check(algorithm_make(NID_sha512WithRSAEncryption), rsa, EVP_sha256(), -1),
                     wrong);
}

TEST(an_algorithm_that_is_not_known_or_not_of_the_key_does_not_count)
{
    ck_assert_str_eq(check(algorithm_make(NID_commonName), rsa, EVP_sha256(), -1), unknown);
    ck_assert_str_eq(check(algorithm_make(NID_ecdsa_with_SHA256), rsa, EVP_sha256(), -1), unknown);
    ck_assert_str_eq(check(algorithm_make(NID_sha256WithRSAEncryption), ec, EVP_sha256(), -1),
                     unknown);
    ck_assert_str_eq(verify(algorithm_make(NID_sha256WithRSAEncryption), NULL, octets, 1), unknown);
}

TEST(md5_is_too_weak)
{
    ck_assert_str_eq(check(algorithm_make(NID_md5WithRSAEncryption), rsa, EVP_sha256(), -1), weak);
    ck_assert_str_eq(check(pss_make(EVP_md5(), NULL, -1, -1), rsa, EVP_sha256(), 20), weak);
}

TEST(pss_has_its_digests_and_its_salt_in_its_parameters)
{
    ck_assert_ptr_null(check(pss_make(NULL, NULL, -1, -1), rsa, EVP_sha1(), 20));
    ck_assert_ptr_null(check(pss_make(EVP_sha256(), mask_make(NID_mgf1, EVP_sha256()), 32, 1), rsa,
                             EVP_sha256(), 32));
    ck_assert_str_eq(check(pss_make(EVP_sha256(), mask_make(NID_mgf1, EVP_sha256()), 20, -1), rsa,
                           EVP_sha256(), 32),
                     wrong);
    ck_assert_str_eq(check(pss_make(EVP_sha256(), NULL, 32, -1), rsa, EVP_sha256(), 32), wrong);
}

TEST(pss_with_other_parameters_does_not_count)
{
    X509_ALGOR *mask = mask_make(NID_sha256, EVP_sha256());

    ck_assert_str_eq(check(pss_make(EVP_sha256(), mask, 32, -1), rsa, EVP_sha256(), 32), unknown);
    ck_assert_str_eq(check(pss_make(EVP_sha256(), mask_make(NID_mgf1, EVP_sha256()), 32, 2), rsa,
                           EVP_sha256(), 32),
                     unknown);
    ck_assert_str_eq(check(pss_make(EVP_sha256(), mask_make(NID_mgf1, EVP_sha256()), 65, -1), rsa,
                           EVP_sha256(), 32),
                     unknown);
    ck_assert_str_eq(check(algorithm_make(NID_rsassaPss), rsa, EVP_sha256(), 32), unknown);
    ck_assert_str_eq(check(pss_make(EVP_sha256(), NULL, 32, -1), ec, EVP_sha256(), -1), unknown);
}

SUITE("trust_crl_signature", .setup = setup, .teardown = teardown, .timeout = 60);
