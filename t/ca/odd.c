/* SPDX-License-Identifier: Apache-2.0 */
/* Makes certificates that no tool makes: replaces octets of a certificate and signs it again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static void die(const char *what)
{
    fprintf(stderr, "odd: %s\n", what);
    exit(1);
}

static FILE *opened(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

/* Replaces the only occurrence of `from` in `der` by `to`, which has the same length. */
static void replace(unsigned char *der, size_t len, const char *from_hex, const char *to_hex)
{
    long size, to_size;
    unsigned char *from = OPENSSL_hexstr2buf(from_hex, &size);
    unsigned char *to = OPENSSL_hexstr2buf(to_hex, &to_size);
    unsigned char *place = NULL;

    if (from == NULL || to == NULL || size != to_size || size == 0) {
        die("two hex strings of the same length are needed");
    }
    for (size_t i = 0; i + (size_t)size <= len; i++) {
        if (memcmp(der + i, from, (size_t)size) == 0) {
            if (place != NULL) {
                die("the certificate has the octets more than once");
            }
            place = der + i;
        }
    }
    if (place == NULL) {
        die("the certificate does not have the octets");
    }
    memcpy(place, to, (size_t)size);
    OPENSSL_free(from);
    OPENSSL_free(to);
}

/* The BIT STRING of a signature over `tbs`; its length is put into *len. */
static unsigned char *signed_with(EVP_PKEY *key, const unsigned char *tbs, size_t tbs_len, int *len)
{
    unsigned char *der = NULL;
    unsigned char signature[512];
    size_t size = sizeof(signature);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();

    if (md == NULL || bits == NULL || EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(md, signature, &size, tbs, tbs_len) != 1 ||
        !ASN1_BIT_STRING_set(bits, signature, (int)size)) {
        die("cannot sign");
    }
    bits->flags = ASN1_STRING_FLAG_BITS_LEFT; /* all bits count, also trailing zero bits */
    *len = i2d_ASN1_BIT_STRING(bits, &der);
    ASN1_BIT_STRING_free(bits);
    EVP_MD_CTX_free(md);
    return der;
}

/* SEQUENCE { tbs, the old algorithm, a new signature } as PEM. */
static void write_certificate(const char *path, X509 *old, EVP_PKEY *key, unsigned char *tbs,
                              int tbs_len)
{
    const X509_ALGOR *algorithm;
    unsigned char *alg = NULL, *der, *end;
    int alg_len, sig_len, inner;
    unsigned char *sig = signed_with(key, tbs, (size_t)tbs_len, &sig_len);
    FILE *file = opened(path, "w");

    X509_get0_signature(NULL, &algorithm, old);
    alg_len = i2d_X509_ALGOR(algorithm, &alg);
    inner = tbs_len + alg_len + sig_len;
    der = end = OPENSSL_malloc((size_t)ASN1_object_size(1, inner, V_ASN1_SEQUENCE));
    ASN1_put_object(&end, 1, inner, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
    memcpy(end, tbs, (size_t)tbs_len);
    memcpy(end + tbs_len, alg, (size_t)alg_len);
    memcpy(end + tbs_len + alg_len, sig, (size_t)sig_len);
    PEM_write(file, PEM_STRING_X509, "", der, end + inner - der);
    if (fclose(file) != 0) {
        die("cannot write");
    }
    OPENSSL_free(der);
    OPENSSL_free(alg);
    OPENSSL_free(sig);
}

int main(int argc, char **argv)
{
    X509 *cert;
    EVP_PKEY *key;
    FILE *file;
    unsigned char *tbs = NULL;
    int len;

    if (argc != 5) {
        die("usage: odd CERT.pem CA.key FROM-HEX TO-HEX");
    }
    file = opened(argv[1], "r");
    cert = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    file = opened(argv[2], "r");
    key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    if (cert == NULL || key == NULL) {
        die("cannot read the certificate or the key");
    }
    len = i2d_re_X509_tbs(cert, &tbs);
    replace(tbs, (size_t)len, argv[3], argv[4]);
    write_certificate(argv[1], cert, key, tbs, len);
    OPENSSL_free(tbs);
    EVP_PKEY_free(key);
    X509_free(cert);
    return 0;
}
