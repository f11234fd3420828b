/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a large CRL, loads it and looks it up, so that t/bench/run can measure it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "cert/cert.h"
#include "crl/crl.h"

#define SERIAL_LEN 20 /* octets, as RFC 5280 allows */

static void must(int done, const char *what)
{
    if (!done) {
        fprintf(stderr, "crls: %s failed\n", what);
        exit(1);
    }
}

/* ---- making a CRL ---------------------------------------------------------------------- */

/* The serial number of the i-th entry: positive and pseudorandom. */
static void serial_make(unsigned char serial[SERIAL_LEN], apr_uint64_t i)
{
    for (int j = 0; j < SERIAL_LEN; j++) {
        apr_uint64_t mixed = (i * SERIAL_LEN + (apr_uint64_t)j + 1) * 0x9E3779B97F4A7C15u;

        mixed = (mixed ^ (mixed >> 31)) * 0xBF58476D1CE4E5B9u;
        serial[j] = (unsigned char)(mixed >> 56);
    }
    serial[0] = (serial[0] & 0x7F) | 1;
}

static ASN1_INTEGER *number_make(apr_uint64_t i)
{
    unsigned char serial[SERIAL_LEN];
    BIGNUM *octets = NULL;
    ASN1_INTEGER *number = NULL;

    serial_make(serial, i);
    octets = BN_bin2bn(serial, SERIAL_LEN, NULL);
    number = octets ? BN_to_ASN1_INTEGER(octets, NULL) : NULL;
    must(number != NULL, "memory");
    BN_free(octets);
    return number;
}

/* The parts of the entries of a CRL. */
typedef struct {
    ASN1_TIME *revoked;
    ASN1_ENUMERATED *reason;
    ASN1_GENERALIZEDTIME *invalid; /* the invalidity date */
} parts_t;

/* An entry with a reason; every second one also has an invalidity date. */
static void entry_add(X509_CRL *crl, const parts_t *parts, apr_uint64_t i)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *number = number_make(i);

    must(entry && X509_REVOKED_set_serialNumber(entry, number) &&
             X509_REVOKED_set_revocationDate(entry, parts->revoked) &&
             X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, parts->reason, 0, 0) &&
             (i % 2 == 0 ||
              X509_REVOKED_add1_ext_i2d(entry, NID_invalidity_date, parts->invalid, 0, 0)) &&
             X509_CRL_add0_revoked(crl, entry),
         "an entry");
    ASN1_INTEGER_free(number);
}

static void entries_add(X509_CRL *crl, apr_uint64_t count)
{
    parts_t parts = {X509_gmtime_adj(NULL, -60), ASN1_ENUMERATED_new(),
                     ASN1_GENERALIZEDTIME_adj(NULL, time(NULL), 0, -60)};

    must(parts.revoked && parts.invalid && ASN1_ENUMERATED_set(parts.reason, 1), "memory");
    for (apr_uint64_t i = 0; i < count; i++) {
        entry_add(crl, &parts, i);
    }
    ASN1_GENERALIZEDTIME_free(parts.invalid);
    ASN1_ENUMERATED_free(parts.reason);
    ASN1_TIME_free(parts.revoked);
}

/* A CRL of this CA without entries, not yet signed. */
static X509_CRL *crl_make(X509 *ca)
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
             X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0),
         "a CRL");
    X509_EXTENSION_free(akid);
    ASN1_TIME_free(begin);
    ASN1_TIME_free(end);
    ASN1_INTEGER_free(number);
    return crl;
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

/* In DER. */
static void make(const char *path, X509 *ca, const char *key_path, apr_uint64_t entries)
{
    EVP_PKEY *key = key_read(key_path);
    X509_CRL *crl = crl_make(ca);
    FILE *out = fopen(path, "wb");

    must(out != NULL, path);
    entries_add(crl, entries);
    must(X509_CRL_sign(crl, key, EVP_sha256()), "signing");
    must(i2d_X509_CRL_fp(out, crl) && fclose(out) == 0, path);
    X509_CRL_free(crl);
    EVP_PKEY_free(key);
}

/* ---- loading the CRL ------------------------------------------------------------------- */

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

/* Prints the growth of the process by the first load, afterwards and at most; then all times. */
static void load(const char *path, X509 *ca, int times)
{
    const long before = resident_octets();
    struct rusage usage;

    for (int i = 0; i < times; i++) {
        apr_pool_t *p = NULL;
        clock_t start = 0, end = 0;

        apr_pool_create(&p, NULL);
        start = clock();
        crls_open(path, ca, p);
        end = clock();
        if (i == 0) {
            getrusage(RUSAGE_SELF, &usage);
            printf("%ld %ld", resident_octets() - before, usage.ru_maxrss * 1024 - before);
        }
        printf(" %.6f", (double)(end - start) / CLOCKS_PER_SEC);
        apr_pool_destroy(p);
    }
    printf("\n");
}

/* ---- looking certificates up ----------------------------------------------------------- */

/* A certificate of this CA as after a handshake: parsed, and checked once. */
static X509 *client_make(X509 *ca)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new(), *parsed = NULL;
    const unsigned char *at = NULL;
    unsigned char *der = NULL;
    int len = 0;

    must(cert && X509_set_issuer_name(cert, X509_get_subject_name(ca)) &&
             X509_gmtime_adj(X509_getm_notBefore(cert), 0) &&
             X509_gmtime_adj(X509_getm_notAfter(cert), 60) && X509_set_pubkey(cert, key) &&
             X509_sign(cert, key, EVP_sha256()),
         "a certificate");
    len = i2d_X509(cert, &der);
    at = der;
    parsed = d2i_X509(NULL, &at, len);
    must(parsed && X509_get_extension_flags(parsed) != UINT32_MAX, "a certificate");
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    X509_free(cert);
    return parsed;
}

/* Looks up a new serial number each time: every second one is on the CRL. */
static void ask(const char *path, X509 *ca, apr_uint64_t entries, apr_uint64_t times)
{
    unsigned char sha256[32], spki_sha256[32];
    cc_crl_answer_t answer;
    X509 *cert = client_make(ca);
    cc_crls_t *crls = NULL;
    apr_pool_t *p = NULL;
    apr_uint64_t revoked = 0;

    apr_pool_create(&p, NULL);
    crls = crls_open(path, ca, p);
    cc_cert_digests(cc_cert_wrap(ca, p), sha256, spki_sha256);
    for (apr_uint64_t i = 0; i < times; i++) {
        ASN1_INTEGER *number = number_make(i % 2 ? i : entries + i);

        must(X509_set_serialNumber(cert, number), "memory");
        cc_crls_check(&answer, crls, cert, spki_sha256, apr_time_now());
        revoked += answer.state == CC_CRL_REVOKED;
        must(answer.state == (i % 2 ? CC_CRL_REVOKED : CC_CRL_GOOD), "an answer");
        ASN1_INTEGER_free(number);
    }
    printf("%" APR_UINT64_T_FMT " of %" APR_UINT64_T_FMT " revoked\n", revoked, times);
    X509_free(cert);
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
        ask(argv[2], ca, (apr_uint64_t)atol(argv[4]), (apr_uint64_t)atol(argv[5]));
    } else {
        return usage();
    }
    X509_free(ca);
    apr_terminate();
    return 0;
}
