/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests signatures of CRLs: the parameters of RSASSA-PSS, and keys of the wrong type for an
 * algorithm.
 */
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crl/internal.h"
#include "suite.h"

#define UNKNOWN "its signature algorithm is unknown or does not match the key"
#define WEAK "its signature uses MD5 or a weaker digest"
#define OTHERS "its signature was not made with its issuer's key"

static const unsigned char text[] = "what is signed";

static EVP_PKEY *rsa, *rsa_pss, *ec;

static EVP_PKEY *key_make(const char *type)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (EVP_PKEY_keygen_init(ctx) > 0 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) > 0)
        EVP_PKEY_generate(ctx, &key);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* Keys for all tests, because making them takes a while. */
static const char *prepare(void)
{
    rsa = key_make("RSA");
    rsa_pss = key_make("RSA-PSS");
    ec = EVP_EC_gen("P-256");
    return rsa && rsa_pss && ec ? NULL : "OpenSSL makes no such keys";
}

/* ---- parameters as octets -------------------------------------------------------------------- */

/* The signing parameters and the AlgorithmIdentifier, which may differ. */
typedef struct {
    const char *hash;   /* NULL: omitted, which means SHA-1 */
    const char *mask;   /* the digest of MGF1; NULL: omitted, likewise */
    int salt;           /* -1: omitted, which means 20 */
    int trailer;        /* 0: omitted, which means 1 */
    int mask_function;  /* a NID; 0: MGF1 */
    int mask_parameter; /* 0: correct; V_ASN1_SEQUENCE: its octets; otherwise its type */
    int parameter;      /* 0: all of these; otherwise this type instead */
    int signed_salt;    /* the real length of the salt; 0: as in `salt` */
    const char *why;    /* NULL: it is good */
} pss_case_t;

static X509_ALGOR *algorithm_of(const char *digest)
{
    X509_ALGOR *algorithm = X509_ALGOR_new();

    X509_ALGOR_set_md(algorithm, EVP_get_digestbyname(digest));
    return algorithm;
}

static X509_ALGOR *mask_of(const pss_case_t *c)
{
    X509_ALGOR *inner = algorithm_of(c->mask), *mask = X509_ALGOR_new();
    ASN1_OBJECT *function = OBJ_nid2obj(c->mask_function ? c->mask_function : NID_mgf1);
    ASN1_STRING *octets = ASN1_item_pack(inner, ASN1_ITEM_rptr(X509_ALGOR), NULL);

    if (c->mask_parameter == V_ASN1_SEQUENCE)
        ASN1_STRING_set(octets, "\x01\x02", 2); /* not the octets of a SEQUENCE */
    ck_assert(X509_ALGOR_set0(mask, function,
                              c->mask_parameter ? c->mask_parameter : V_ASN1_SEQUENCE, octets));
    X509_ALGOR_free(inner);
    return mask;
}

static ASN1_INTEGER *integer(long number)
{
    ASN1_INTEGER *integer = ASN1_INTEGER_new();

    ASN1_INTEGER_set(integer, number);
    return integer;
}

static ASN1_STRING *parameters_of(const pss_case_t *c)
{
    RSA_PSS_PARAMS *pss = RSA_PSS_PARAMS_new();
    ASN1_STRING *packed;

    pss->hashAlgorithm = c->hash ? algorithm_of(c->hash) : NULL;
    pss->maskGenAlgorithm = c->mask ? mask_of(c) : NULL;
    pss->saltLength = c->salt == -1 ? NULL : integer(c->salt);
    pss->trailerField = c->trailer ? integer(c->trailer) : NULL;
    packed = ASN1_item_pack(pss, ASN1_ITEM_rptr(RSA_PSS_PARAMS), NULL);
    RSA_PSS_PARAMS_free(pss);
    return packed;
}

static X509_ALGOR *pss_algorithm(const pss_case_t *c)
{
    X509_ALGOR *algorithm = X509_ALGOR_new();
    ASN1_OBJECT *object = OBJ_nid2obj(NID_rsassaPss);

    if (!c->parameter) {
        X509_ALGOR_set0(algorithm, object, V_ASN1_SEQUENCE, parameters_of(c));
    } else if (c->parameter == V_ASN1_NULL) {
        X509_ALGOR_set0(algorithm, object, V_ASN1_NULL, NULL);
    } else {
        ASN1_STRING *octets = ASN1_STRING_type_new(c->parameter);

        ASN1_STRING_set(octets, "\x30\x03\x02", 3); /* cut off */
        X509_ALGOR_set0(algorithm, object, c->parameter, octets);
    }
    return algorithm;
}

/* ---- signing and verifying ------------------------------------------------------------------- */

/* Signs with OpenSSL; the length of the signature. */
static size_t pss_sign(unsigned char *signature, size_t room, const pss_case_t *c, EVP_PKEY *key)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const EVP_MD *digest = EVP_get_digestbyname(c->hash ? c->hash : "SHA1");
    const EVP_MD *mask = EVP_get_digestbyname(c->mask ? c->mask : "SHA1");
    int salt = c->signed_salt ? c->signed_salt : c->salt == -1 ? 20 : c->salt;
    EVP_PKEY_CTX *of_key = NULL;

    ck_assert(EVP_DigestSignInit(ctx, &of_key, digest, NULL, key) > 0 &&
              EVP_PKEY_CTX_set_rsa_padding(of_key, RSA_PKCS1_PSS_PADDING) > 0 &&
              EVP_PKEY_CTX_set_rsa_pss_saltlen(of_key, salt) > 0 &&
              EVP_PKEY_CTX_set_rsa_mgf1_md(of_key, mask) > 0 &&
              EVP_DigestSign(ctx, signature, &room, text, sizeof(text)) > 0);
    EVP_MD_CTX_free(ctx);
    return room;
}

/* The module's result for this text, algorithm and signature: NULL, or the error. */
static const char *verify(const unsigned char *signed_text, X509_ALGOR *algorithm,
                          const unsigned char *signature, size_t len, EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int der_len = i2d_X509_ALGOR(algorithm, &der);
    cc_crl_tbs_t tbs = {
        .algorithm = {der, der + der_len},
        .signature = {signature, signature + len},
        .octets = {signed_text, signed_text + sizeof(text)},
    };
    const char *why = "";
    bool good = cc_crl_signed_by(&tbs, key, &why);

    ck_assert_int_eq(good, why == NULL);
    OPENSSL_free(der);
    X509_ALGOR_free(algorithm);
    return why;
}

static void says(const char *why, const char *expected)
{
    ck_assert_str_eq(why ? why : "good", expected ? expected : "good");
}

static const pss_case_t cases[] = {
    /* RFC 4055 3.1: omitted parameters have defaults; RFC 8017 9.1.2: any salt that has room. */
    {NULL, NULL, -1, 0, 0, 0, 0, 0, NULL},
    {"SHA256", "SHA256", 32, 0, 0, 0, 0, 0, NULL},
    {"SHA256", "SHA256", 32, 1, 0, 0, 0, 0, NULL},
    {"SHA512", "SHA512", 64, 0, 0, 0, 0, 0, NULL},
    {"SHA256", "SHA384", 0, 0, 0, 0, 0, 0, NULL},
    {"SHA384", NULL, 20, 0, 0, 0, 0, 0, NULL},
    {"SHA256", "SHA256", -1, 0, 0, 0, 0, 0, NULL},
    /* Another salt than the parameters have. */
    {"SHA256", "SHA256", 32, 0, 0, 0, 0, 20, OTHERS},
    {"SHA256", "SHA256", -1, 0, 0, 0, 0, 32, OTHERS},
    /* Parameters that are not permitted. */
    {"SHA256", "SHA256", 65, 0, 0, 0, 0, 0, UNKNOWN},
    {"SHA256", "SHA256", -2, 0, 0, 0, 0, 32, UNKNOWN},
    {"SHA256", "SHA256", 32, 2, 0, 0, 0, 0, UNKNOWN},
    {"MD5", "MD5", 16, 0, 0, 0, 0, 0, WEAK},
    /* A mask by another function, or without a readable digest. */
    {"SHA256", "SHA256", 32, 0, NID_sha256, 0, 0, 0, UNKNOWN},
    {"SHA256", "SHA256", 32, 0, 0, V_ASN1_OCTET_STRING, 0, 0, UNKNOWN},
    {"SHA256", "SHA256", 32, 0, 0, V_ASN1_SEQUENCE, 0, 0, UNKNOWN},
    /* No parameters, or unreadable ones: the defaults do not replace them. */
    {NULL, NULL, -1, 0, 0, 0, V_ASN1_NULL, 0, UNKNOWN},
    {NULL, NULL, -1, 0, 0, 0, V_ASN1_SEQUENCE, 0, UNKNOWN},
};

TEST_LOOP(pss_counts_with_the_parameters_that_it_was_made_with, 0, COUNT(cases))
{
    const pss_case_t *c = &cases[_i];
    unsigned char signature[512];
    size_t len = pss_sign(signature, sizeof(signature), c, rsa);

    says(verify(text, pss_algorithm(c), signature, len, rsa), c->why);
}

TEST(pss_of_another_text_or_key_is_no_signature)
{
    unsigned char signature[512], other[sizeof(text)];
    size_t len = pss_sign(signature, sizeof(signature), &cases[1], rsa);
    EVP_PKEY *stranger = EVP_RSA_gen(2048);

    memcpy(other, text, sizeof(text));
    other[0] ^= 1;
    says(verify(other, pss_algorithm(&cases[1]), signature, len, rsa), OTHERS);
    says(verify(text, pss_algorithm(&cases[1]), signature, len, stranger), OTHERS);
    signature[len - 1] ^= 1;
    says(verify(text, pss_algorithm(&cases[1]), signature, len, rsa), OTHERS);
    says(verify(text, pss_algorithm(&cases[1]), signature, len - 1, rsa), OTHERS);
    EVP_PKEY_free(stranger);
}

TEST(a_key_for_pss_alone_signs_and_one_of_another_kind_does_not)
{
    unsigned char signature[512];
    size_t len = pss_sign(signature, sizeof(signature), &cases[1], rsa_pss);

    says(verify(text, pss_algorithm(&cases[1]), signature, len, rsa_pss), NULL);
    says(verify(text, pss_algorithm(&cases[1]), signature, len, ec), UNKNOWN);
    says(verify(text, pss_algorithm(&cases[1]), signature, len, NULL), UNKNOWN);
}

/* An algorithm with its digest in its name, and without parameters or with NULL. */
static X509_ALGOR *plain(int nid)
{
    X509_ALGOR *algorithm = X509_ALGOR_new();

    X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), V_ASN1_UNDEF, NULL);
    return algorithm;
}

TEST(an_algorithm_counts_for_keys_of_its_kind_alone)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char signature[512];
    size_t len = sizeof(signature);

    ck_assert(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, ec) > 0 &&
              EVP_DigestSign(ctx, signature, &len, text, sizeof(text)) > 0);
    says(verify(text, plain(NID_ecdsa_with_SHA256), signature, len, ec), NULL);
    says(verify(text, plain(NID_ecdsa_with_SHA384), signature, len, ec), OTHERS);
    says(verify(text, plain(NID_ecdsa_with_SHA256), signature, len, rsa), UNKNOWN);
    says(verify(text, plain(NID_sha256WithRSAEncryption), signature, len, ec), UNKNOWN);
    says(verify(text, plain(NID_ED25519), signature, len, ec), UNKNOWN);
    says(verify(text, plain(NID_commonName), signature, len, ec), UNKNOWN);
    EVP_MD_CTX_free(ctx);
}

TEST(octets_that_are_no_algorithm_are_none)
{
    static const unsigned char cut_off[] = {0x30, 0x05, 0x06, 0x01};
    cc_crl_tbs_t tbs = {.algorithm = {cut_off, cut_off + sizeof(cut_off)}};
    const char *why = NULL;

    ck_assert(!cc_crl_signed_by(&tbs, rsa, &why));
    says(why, UNKNOWN);
}

SUITE("signatures", .timeout = 60, .prepare = prepare);
