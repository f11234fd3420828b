/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that a PKCS#12 file with too many iterations is refused before any of its keys is
 * derived.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "certs.h"
#include "pki.h"
#include "suite.h"

#define FOREVER 2147483647

static apr_pool_t *pool;
static char path[] = "/tmp/cert_pkcs12.XXXXXX";
static pki_t client;
static unsigned char salt[] = "saltsalt";

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    strcpy(path + sizeof(path) - 7, "XXXXXX");
    ck_assert_int_ge(close(mkstemp(path)), 0);
    client = pki_client("alice", NULL);
}

static void teardown(void)
{
    pki_free(&client);
    unlink(path);
    apr_pool_destroy(pool);
}

/* ---- reading ----------------------------------------------------------------------------- */

static void write_and_free(PKCS12 *p12)
{
    BIO *bio = BIO_new_file(path, "wb");

    ck_assert_int_eq(i2d_PKCS12_bio(bio, p12), 1);
    BIO_free(bio);
    PKCS12_free(p12);
}

static int secret(char *buf, int size, void *baton)
{
    (void)baton;
    apr_cpystrn(buf, "secret", (apr_size_t)size);
    return 6;
}

static void refused(PKCS12 *p12, const char *count)
{
    const char *wanted = apr_pstrcat(pool, "the keys of this PKCS#12 file take ", count,
                                     " iterations, and the limit is 5000000", NULL);
    cc_cert_t *cert = NULL;
    cc_error_t err = {0};

    write_and_free(p12);
    ck_assert_int_eq(cc_cert_read(&cert, NULL, path, secret, NULL, pool, &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0540");
    ck_assert_str_eq(err.word, path);
    ck_assert_msg(strstr(err.message, wanted) != NULL, "%s", err.message);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

/* ---- files with a chosen algorithm, for which no key is derived --------------------------- */

static PKCS12 *of_parts(STACK_OF(PKCS7) * parts)
{
    PKCS12 *p12 = PKCS12_init(NID_pkcs7_data);

    ck_assert_int_eq(PKCS12_pack_authsafes(p12, parts), 1);
    sk_PKCS7_pop_free(parts, PKCS7_free);
    return p12;
}

/* A part that cannot be decrypted, because it is empty. */
static PKCS7 *encrypted(X509_ALGOR *algorithm)
{
    PKCS7 *part = PKCS7_new();
    PKCS7_ENC_CONTENT *content;

    ck_assert_ptr_nonnull(algorithm);
    ck_assert_int_eq(PKCS7_set_type(part, NID_pkcs7_encrypted), 1);
    content = part->d.encrypted->enc_data;
    X509_ALGOR_free(content->algorithm);
    content->algorithm = algorithm;
    content->enc_data = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(content->enc_data, salt, 8);
    return part;
}

static PKCS12 *with_parts(X509_ALGOR *algorithm, int count)
{
    STACK_OF(PKCS7) *parts = sk_PKCS7_new_null();

    for (int i = 0; i < count; i++)
        sk_PKCS7_push(parts, encrypted(X509_ALGOR_dup(algorithm)));
    X509_ALGOR_free(algorithm);
    return of_parts(parts);
}

static STACK_OF(PKCS12_SAFEBAG) * with_key(X509_ALGOR *algorithm)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = sk_PKCS12_SAFEBAG_new_null();
    X509_SIG *key = X509_SIG_new();
    X509_ALGOR *of_key;
    ASN1_OCTET_STRING *octets;

    X509_SIG_getm(key, &of_key, &octets);
    X509_ALGOR_copy(of_key, algorithm);
    ASN1_OCTET_STRING_set(octets, salt, 8);
    X509_ALGOR_free(algorithm);
    sk_PKCS12_SAFEBAG_push(bags, PKCS12_SAFEBAG_create0_pkcs8(key));
    return bags;
}

static PKCS12 *with_part(PKCS7 *part)
{
    STACK_OF(PKCS7) *parts = sk_PKCS7_new_null();

    sk_PKCS7_push(parts, part);
    return of_parts(parts);
}

static X509_ALGOR *pbes1(int rounds)
{
    return PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, rounds, salt, 8);
}

static X509_ALGOR *pbkdf2(int rounds)
{
    return PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), rounds, salt, 8, NULL, NID_hmacWithSHA256);
}

static PKCS12 *with_mac(int rounds)
{
    PKCS12 *p12 = PKCS12_create("secret", "alice", client.key, client.cert, NULL, 0, 0, 1, -1, 0);

    ck_assert_ptr_nonnull(p12);
    ck_assert_int_eq(PKCS12_setup_mac(p12, rounds, salt, 8, EVP_sha256()), 1);
    return p12;
}

/* ---- claims ------------------------------------------------------------------------------ */

TEST(the_mac_of_a_file_counts)
{
    refused(with_mac(FOREVER), "2147483649");
    refused(with_mac(4999999), "5000001");
}

TEST(a_count_that_is_none_is_beyond_the_limit)
{
    PKCS12 *p12 = with_mac(2);
    const ASN1_INTEGER *rounds = NULL;

    PKCS12_get0_mac(NULL, NULL, NULL, &rounds, p12);
    ck_assert_int_eq(ASN1_INTEGER_set((ASN1_INTEGER *)(uintptr_t)rounds, -1), 1);
    refused(p12, "at least 18446744073709551615");
}

TEST(a_key_longer_than_a_hash_counts_more_than_once)
{
    X509_ALGOR *made = pbkdf2(2);
    const void *value;
    ASN1_STRING *packed = NULL;
    PBE2PARAM *named;
    int kind;

    X509_ALGOR_get0(NULL, &kind, &value, made);
    named = ASN1_item_unpack(value, ASN1_ITEM_rptr(PBE2PARAM));
    X509_ALGOR_free(named->keyfunc);
    named->keyfunc = PKCS5_pbkdf2_set(3000000, salt, 8, NID_hmacWithSHA1, 32);
    ASN1_item_pack(named, ASN1_ITEM_rptr(PBE2PARAM), &packed);
    PBE2PARAM_free(named);
    X509_ALGOR_set0(made, OBJ_nid2obj(NID_pbes2), V_ASN1_SEQUENCE, packed);
    refused(with_parts(made, 1), "6000000");
}

TEST(a_mac_by_pbkdf2_counts)
{
    PKCS12 *p12 = with_mac(2);
    X509_ALGOR *made = pbkdf2(FOREVER);
    const X509_ALGOR *algorithm = NULL;
    const void *value;
    int kind;

    X509_ALGOR_get0(NULL, &kind, &value, made);
    PKCS12_get0_mac(NULL, &algorithm, NULL, NULL, p12);
    X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)algorithm, OBJ_nid2obj(NID_pbmac1), kind,
                    ASN1_STRING_dup(value));
    X509_ALGOR_free(made);
    refused(p12, "2147483651");
}

TEST(an_encrypted_part_counts_by_each_function)
{
    refused(with_parts(pbes1(FOREVER), 1), "2147483647");
    refused(with_parts(pbkdf2(FOREVER), 1), "2147483647");
    refused(
        with_parts(PKCS5_pbe2_set_scrypt(EVP_aes_128_cbc(), salt, 8, NULL, 32768, 1, 131000), 1),
        "4292608000");
}

TEST(all_parts_count_together)
{
    refused(with_parts(pbes1(10000), 501), "5010000");
}

TEST(a_private_key_counts)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = with_key(pbes1(FOREVER));
    PKCS7 *part = PKCS12_pack_p7data(bags);

    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    refused(with_part(part), "2147483647");
}

TEST(a_private_key_inside_of_an_encrypted_part_counts)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = with_key(pbkdf2(FOREVER));
    PKCS7 *part = PKCS12_pack_p7encdata(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, "secret", 6, salt,
                                        8, 7, bags);

    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    ck_assert_ptr_nonnull(part);
    refused(with_part(part), "2147483654");
}

TEST(what_is_usual_is_read)
{
    PKCS12 *p12 =
        PKCS12_create("secret", "alice", client.key, client.cert, NULL, 0, 0, 600000, 600000, 0);
    cc_cert_t *cert = NULL;
    cc_error_t err = {0};

    write_and_free(p12);
    ck_assert_msg(cc_cert_read(&cert, NULL, path, secret, NULL, pool, &err) == APR_SUCCESS, "%s",
                  err.message);
    certs_has(cert, "subject", "CN=alice");
}

SUITE("pkcs12", .setup = setup, .teardown = teardown, .timeout = 60);
