/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how to make a large CRL, to load it and to ask it, so that t/bench/run can measure it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "cert/cert.h"
#include "trust/crl/crl.h"

#define CERTS 100     /* so many are asked for in turn: each second one is on the CRL */
#define SERIAL_LEN 20 /* octets, as RFC 5280 allows */
#define ENTRY_MOST 80 /* octets */

static void must(int done, const char *what)
{
    if (!done) {
        fprintf(stderr, "crls: %s failed\n", what);
        exit(1);
    }
}

/* ---- making one ------------------------------------------------------------------------ */

/* The serial number of the i-th entry: positive, and as good as random. */
static void serial_make(unsigned char serial[SERIAL_LEN], apr_uint64_t i)
{
    for (int j = 0; j < SERIAL_LEN; j++) {
        apr_uint64_t mixed = (i * SERIAL_LEN + (apr_uint64_t)j + 1) * 0x9E3779B97F4A7C15u;

        mixed = (mixed ^ (mixed >> 31)) * 0xBF58476D1CE4E5B9u;
        serial[j] = (unsigned char)(mixed >> 56);
    }
    serial[0] = (serial[0] & 0x7F) | 1;
}

static unsigned char *put(unsigned char *to, const void *octets, size_t len)
{
    memcpy(to, octets, len);
    return to + len;
}

/* Tag and length, in the long form of four octets if `wide`. */
static unsigned char *put_head(unsigned char *to, unsigned char tag, size_t len)
{
    *to++ = tag;
    if (len >= 0x80) {
        int octets = len > 0xFFFFFF ? 4 : len > 0xFFFF ? 3 : len > 0xFF ? 2 : 1;

        *to++ = (unsigned char)(0x80 | octets);
        for (int i = octets - 1; i >= 0; i--) {
            *to++ = (unsigned char)(len >> 8 * i);
        }
    } else {
        *to++ = (unsigned char)len;
    }
    return to;
}

/* An entry with a reason, and each second one with the date from which it is not to be trusted. */
static unsigned char *put_entry(unsigned char *to, apr_uint64_t i)
{
    static const unsigned char date[] = "\x17\x0D"
                                        "260101000000Z";
    static const unsigned char reason[] = "\x30\x0A\x06\x03\x55\x1D\x15\x04\x03\x0A\x01\x01";
    static const unsigned char invalid[] = "\x30\x18\x06\x03\x55\x1D\x18\x04\x11\x18\x0F"
                                           "20260101000000Z";
    size_t extra = i % 2 ? sizeof(invalid) - 1 : 0;
    unsigned char serial[SERIAL_LEN];

    serial_make(serial, i);
    to = put_head(to, 0x30, 2 + SERIAL_LEN + 15 + 2 + 12 + extra);
    to = put(put_head(to, 0x02, SERIAL_LEN), serial, SERIAL_LEN);
    to = put_head(put(to, date, sizeof(date) - 1), 0x30, 12 + extra);
    to = put(to, reason, sizeof(reason) - 1);
    return put(to, invalid, extra);
}

/* A CRL of this CA without entries: all that stands around them is as it stands in this one. */
static X509_CRL *pattern_make(X509 *ca, EVP_PKEY *key)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    ASN1_TIME *begin = X509_gmtime_adj(NULL, -60);
    ASN1_TIME *end = X509_gmtime_adj(NULL, 24 * 60 * 60);
    X509_EXTENSION *akid = NULL;
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, ca, NULL, NULL, crl, 0);
    akid = X509V3_EXT_conf(NULL, &ctx, "authorityKeyIdentifier", "keyid,issuer");
    must(crl && number && begin && end && akid, "memory");
    must(ASN1_INTEGER_set(number, 1) && X509_CRL_set_version(crl, X509_CRL_VERSION_2) &&
             X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca)) &&
             X509_CRL_set1_lastUpdate(crl, begin) && X509_CRL_set1_nextUpdate(crl, end) &&
             X509_CRL_add_ext(crl, akid, -1) &&
             X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) &&
             X509_CRL_sign(crl, key, EVP_sha256()),
         "the CRL around the entries");
    X509_EXTENSION_free(akid);
    ASN1_TIME_free(begin);
    ASN1_TIME_free(end);
    ASN1_INTEGER_free(number);
    return crl;
}

/* The entries as an element. */
static unsigned char *list_make(size_t *len, apr_uint64_t entries)
{
    unsigned char *inside = malloc(entries * ENTRY_MOST);
    unsigned char *list = malloc(entries * ENTRY_MOST + 8);
    unsigned char *to = inside;

    must(inside && list, "memory");
    for (apr_uint64_t i = 0; i < entries; i++) {
        to = put_entry(to, i);
    }
    *len = (size_t)(to - inside);
    to = put_head(list, 0x30, *len);
    *len = (size_t)(put(to, inside, *len) - list);
    free(inside);
    return list;
}

/* What is to be signed: the pattern's, with the entries before its extensions. */
static unsigned char *tbs_make(size_t *len, X509_CRL *pattern, apr_uint64_t entries)
{
    unsigned char *small = NULL;
    size_t small_len = (size_t)i2d_re_X509_CRL_tbs(pattern, &small);
    size_t extensions = (size_t)i2d_X509_EXTENSIONS(X509_CRL_get0_extensions(pattern), NULL);
    size_t last = extensions + (extensions < 0x80 ? 2 : 3); /* in their context tag */
    size_t head = small[1] < 0x80 ? 2 : 2 + (small[1] & 0x7Fu);
    size_t list_len = 0;
    unsigned char *list = list_make(&list_len, entries);
    unsigned char *tbs = malloc(small_len + list_len + 8);
    unsigned char *to = tbs;

    must(tbs != NULL, "memory");
    to = put_head(to, 0x30, small_len - head + list_len);
    to = put(to, small + head, small_len - head - last);
    to = put(to, list, list_len);
    to = put(to, small + small_len - last, last);
    *len = (size_t)(to - tbs);
    OPENSSL_free(small);
    free(list);
    return tbs;
}

static void write_all(FILE *out, const void *octets, size_t len)
{
    must(fwrite(octets, 1, len, out) == len, "writing");
}

/* The CRL, in DER: what is signed, the algorithm, the signature. */
static void crl_write(FILE *out, X509_CRL *pattern, EVP_PKEY *key, apr_uint64_t entries)
{
    const X509_ALGOR *algorithm = NULL;
    unsigned char *of_algorithm = NULL, signature[1024], head[8];
    size_t tbs_len = 0, signature_len = sizeof(signature), algorithm_len = 0;
    unsigned char *tbs = tbs_make(&tbs_len, pattern, entries);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t string_len = 0;

    X509_CRL_get0_signature(pattern, NULL, &algorithm);
    algorithm_len = (size_t)i2d_X509_ALGOR(algorithm, &of_algorithm);
    must(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) &&
             EVP_DigestSign(ctx, signature, &signature_len, tbs, tbs_len),
         "signing");
    string_len = (size_t)(put_head(head, 0x03, signature_len + 1) - head) + 1 + signature_len;
    write_all(out, head,
              (size_t)(put_head(head, 0x30, tbs_len + algorithm_len + string_len) - head));
    write_all(out, tbs, tbs_len);
    write_all(out, of_algorithm, algorithm_len);
    write_all(out, head, (size_t)(put_head(head, 0x03, signature_len + 1) - head));
    write_all(out, "", 1);
    write_all(out, signature, signature_len);
    EVP_MD_CTX_free(ctx);
    OPENSSL_free(of_algorithm);
    free(tbs);
}

static X509 *cert_read(const char *path)
{
    FILE *in = fopen(path, "r");
    X509 *cert = in ? PEM_read_X509(in, NULL, NULL, NULL) : NULL;

    must(cert != NULL, path);
    fclose(in);
    return cert;
}

static EVP_PKEY *key_read(const char *path)
{
    FILE *in = fopen(path, "r");
    EVP_PKEY *key = in ? PEM_read_PrivateKey(in, NULL, NULL, NULL) : NULL;

    must(key != NULL, path);
    fclose(in);
    return key;
}

static void make(const char *path, X509 *ca, const char *key_path, apr_uint64_t entries)
{
    EVP_PKEY *key = key_read(key_path);
    X509_CRL *pattern = pattern_make(ca, key);
    FILE *out = fopen(path, "wb");

    must(out != NULL, path);
    crl_write(out, pattern, key, entries);
    must(fclose(out) == 0, path);
    X509_CRL_free(pattern);
    EVP_PKEY_free(key);
}

/* ---- loading it ------------------------------------------------------------------------ */

static cc_crls_t *crls_open(const char *path, X509 *ca, apr_pool_t *p)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    cc_error_t err = {NULL, NULL, NULL, NULL};
    cc_crl_spec_t *spec = NULL;
    cc_trust_t *trust = NULL;
    cc_crls_t *crls = NULL;

    must(ctx && X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca), "a store");
    must(cc_trust_create(&trust, ctx, p, &err) == APR_SUCCESS, "the trust");
    SSL_CTX_free(ctx);
    if (cc_crls_parse(&spec, path, p, &err) != APR_SUCCESS ||
        cc_crls_open(&crls, spec, trust, p, &err) != APR_SUCCESS) {
        must(0, cc_error_text(&err, p));
    }
    return crls;
}

static long resident_octets(void)
{
    FILE *in = fopen("/proc/self/statm", "r");
    long pages = 0;

    must(in && fscanf(in, "%*d %ld", &pages) == 1, "/proc/self/statm");
    fclose(in);
    return pages * sysconf(_SC_PAGESIZE);
}

/* Prints by how much the first load has grown the process, then and at most, and the seconds. */
static void load(const char *path, X509 *ca, int times)
{
    const long before = resident_octets();
    struct rusage usage;

    for (int i = 0; i < times; i++) {
        apr_pool_t *p = NULL;
        apr_time_t start = 0, end = 0;

        apr_pool_create(&p, NULL);
        start = apr_time_now();
        crls_open(path, ca, p);
        end = apr_time_now();
        if (i == 0) {
            getrusage(RUSAGE_SELF, &usage);
            printf("%ld %ld", resident_octets() - before, usage.ru_maxrss * 1024 - before);
        }
        printf(" %.6f", (double)(end - start) / APR_USEC_PER_SEC);
        apr_pool_destroy(p);
    }
    printf("\n");
}

/* ---- asking it ------------------------------------------------------------------------- */

/* A certificate of this CA as a handshake leaves it: parsed, and looked at once. */
static X509 *client_make(X509 *ca, EVP_PKEY *key, apr_uint64_t i)
{
    unsigned char octets[SERIAL_LEN], *der = NULL;
    const unsigned char *at = NULL;
    X509 *cert = X509_new(), *parsed = NULL;
    BIGNUM *serial = NULL;
    int len = 0;

    serial_make(octets, i);
    serial = BN_bin2bn(octets, SERIAL_LEN, NULL);
    must(cert && serial && BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert)) &&
             X509_set_issuer_name(cert, X509_get_subject_name(ca)) &&
             X509_gmtime_adj(X509_getm_notBefore(cert), 0) &&
             X509_gmtime_adj(X509_getm_notAfter(cert), 60) && X509_set_pubkey(cert, key) &&
             X509_sign(cert, key, EVP_sha256()),
         "a certificate");
    len = i2d_X509(cert, &der);
    at = der;
    parsed = d2i_X509(NULL, &at, len);
    must(parsed && X509_get_extension_flags(parsed) != UINT32_MAX, "a certificate");
    OPENSSL_free(der);
    BN_free(serial);
    X509_free(cert);
    return parsed;
}

/* Asks for certificates of which each second one is on a CRL with so many entries. */
static void ask(const char *path, X509 *ca, apr_uint64_t entries, int times)
{
    unsigned char sha256[32], spki_sha256[32];
    EVP_PKEY *key = EVP_EC_gen("P-256");
    cc_crl_answer_t answer;
    X509 *certs[CERTS];
    cc_crls_t *crls = NULL;
    apr_pool_t *p = NULL;
    int revoked = 0;

    apr_pool_create(&p, NULL);
    crls = crls_open(path, ca, p);
    cc_cert_digests(cc_cert_wrap(ca, p), sha256, spki_sha256);
    for (int i = 0; i < CERTS; i++) {
        apr_uint64_t place = (apr_uint64_t)i * (entries / CERTS);

        certs[i] = client_make(ca, key, i % 2 ? place : entries + place);
    }
    for (int i = 0; i < times; i++) {
        cc_crls_check(&answer, crls, certs[i % CERTS], spki_sha256, apr_time_now());
        revoked += answer.state == CC_CRL_REVOKED;
        must(answer.state == (i % 2 ? CC_CRL_REVOKED : CC_CRL_GOOD), "an answer");
    }
    printf("%d of %d revoked\n", revoked, times);
    for (int i = 0; i < CERTS; i++) {
        X509_free(certs[i]);
    }
    EVP_PKEY_free(key);
    apr_pool_destroy(p);
}

static int usage(void)
{
    fprintf(stderr, "usage: crls make FILE CA.pem KEY.pem ENTRIES\n"
                    "       crls load FILE CA.pem TIMES\n"
                    "       crls ask FILE CA.pem ENTRIES TIMES\n");
    return 2;
}

int main(int argc, char **argv)
{
    X509 *ca = NULL;

    if (argc < 5 || apr_initialize() != APR_SUCCESS) {
        return usage();
    }
    ca = cert_read(argv[3]);
    if (strcmp(argv[1], "make") == 0 && argc == 6) {
        make(argv[2], ca, argv[4], (apr_uint64_t)atol(argv[5]));
    } else if (strcmp(argv[1], "load") == 0 && argc == 5) {
        load(argv[2], ca, atoi(argv[4]));
    } else if (strcmp(argv[1], "ask") == 0 && argc == 6) {
        ask(argv[2], ca, (apr_uint64_t)atol(argv[4]), atoi(argv[5]));
    } else {
        return usage();
    }
    X509_free(ca);
    apr_terminate();
    return 0;
}
