/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a file of many CAs, loads it and selects CAs, so that t/bench/run can measure it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "ca/ca.h"

static void must(int done, const char *what)
{
    if (!done) {
        fprintf(stderr, "cas: %s failed\n", what);
        exit(1);
    }
}

/* ---- making CAs ------------------------------------------------------------------------ */

static void name_add(X509_NAME *name, const char *type, const char *value)
{
    must(X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, (const unsigned char *)value, -1,
                                    -1, 0),
         "a name");
}

static void extend(X509 *cert, const char *name, const char *value)
{
    X509_EXTENSION *extension = NULL;
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf(NULL, &ctx, name, value);
    must(extension && X509_add_ext(cert, extension, -1), name);
    X509_EXTENSION_free(extension);
}

/* All have the same key: making one takes longer than everything else. */
static X509 *ca_make(EVP_PKEY *key, int number)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);
    char text[40];

    apr_snprintf(text, sizeof(text), "Issuing CA %d", number);
    name_add(name, "C", "DE");
    name_add(name, "O", "Example Organization");
    name_add(name, "CN", text);
    must(X509_set_version(cert, X509_VERSION_3) &&
             ASN1_INTEGER_set(X509_get_serialNumber(cert), number + 1) &&
             X509_set_issuer_name(cert, name) && X509_gmtime_adj(X509_getm_notBefore(cert), 0) &&
             X509_gmtime_adj(X509_getm_notAfter(cert), 86400) && X509_set_pubkey(cert, key),
         "a certificate");
    extend(cert, "basicConstraints", "critical,CA:TRUE");
    extend(cert, "keyUsage", "critical,keyCertSign,cRLSign");
    extend(cert, "subjectKeyIdentifier", "hash");
    must(X509_sign(cert, key, EVP_sha256()), "signing");
    return cert;
}

static void make(const char *path, const char *kind, int count)
{
    EVP_PKEY *key = strcmp(kind, "RSA") == 0 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    FILE *out = fopen(path, "w");

    must(key && out, path);
    for (int i = 0; i < count; i++) {
        X509 *cert = ca_make(key, i);

        must(PEM_write_X509(out, cert), path);
        X509_free(cert);
    }
    must(fclose(out) == 0, path);
    EVP_PKEY_free(key);
}

/* ---- loading them ---------------------------------------------------------------------- */

static cc_cas_t *cas_open(const char *path, apr_pool_t *p)
{
    cc_error_t err = {NULL, NULL, NULL, NULL};
    cc_ca_spec_t *spec = NULL;
    cc_cas_plan_t plan = {.specs = apr_array_make(p, 1, sizeof(cc_ca_spec_t *)), .root = "/"};
    cc_cas_t *cas = NULL;

    if (cc_ca_spec_parse(&spec, path, p, &err) == APR_SUCCESS) {
        APR_ARRAY_PUSH((apr_array_header_t *)plan.specs, cc_ca_spec_t *) = spec;
    }
    if (!spec || cc_cas_open(&cas, &plan, p, &err) != APR_SUCCESS) {
        must(0, cc_error_text(&err, p));
    }
    return cas;
}

static long resident_octets(void)
{
    FILE *in = fopen("/proc/self/statm", "r");
    long pages = 0;

    must(in && fscanf(in, "%*d %ld", &pages) == 1, "/proc/self/statm");
    fclose(in);
    return pages * sysconf(_SC_PAGESIZE);
}

/* Prints the growth of the process by a load after the first one; then the times of all others. */
static void load(const char *path, int times)
{
    apr_pool_t *first = NULL;
    long before = 0;

    apr_pool_create(&first, NULL);
    cas_open(path, first); /* with it, OpenSSL prepares what it needs once */
    before = resident_octets();
    for (int i = 0; i < times; i++) {
        apr_pool_t *p = NULL;
        clock_t start = 0, end = 0;

        apr_pool_create(&p, NULL);
        start = clock();
        cas_open(path, p);
        end = clock();
        if (i == 0) {
            printf("%ld", resident_octets() - before);
        }
        printf(" %.6f", (double)(end - start) / CLOCKS_PER_SEC);
        apr_pool_destroy(p);
    }
    printf("\n");
}

/* ---- selecting some of them ------------------------------------------------------------ */

/* Selects the CAs for a certificate, which the first CA issued: one. */
static void ask(const char *path, int times)
{
    apr_pool_t *p = NULL;
    unsigned side = 0;
    const cc_ca_group_t *group = NULL;
    X509 *leaf = NULL;
    int found = 0;

    apr_pool_create(&p, NULL);
    group = cc_ca_group_at(cc_cas_enter(cas_open(path, p), &side), 0);
    leaf = X509_dup(cc_ca_cert(cc_ca_at(group, 0)));
    must(leaf != NULL, "a certificate");
    for (int i = 0; i < times; i++) {
        STACK_OF(X509) *certs = cc_ca_group_candidates(group, leaf, NULL);

        found += sk_X509_num(certs);
        sk_X509_free(certs);
    }
    printf("%d found\n", found);
    X509_free(leaf);
    apr_pool_destroy(p);
}

static int usage(void)
{
    fprintf(stderr, "usage: cas make FILE RSA|EC COUNT\n"
                    "       cas load FILE TIMES\n"
                    "       cas ask FILE TIMES\n");
    return 2;
}

int main(int argc, char **argv)
{
    if (argc < 4 || apr_initialize() != APR_SUCCESS) {
        return usage();
    }
    if (strcmp(argv[1], "make") == 0 && argc == 5) {
        make(argv[2], argv[3], atoi(argv[4]));
    } else if (strcmp(argv[1], "load") == 0) {
        load(argv[2], atoi(argv[3]));
    } else if (strcmp(argv[1], "ask") == 0) {
        ask(argv[2], atoi(argv[3]));
    } else {
        return usage();
    }
    apr_terminate();
    return 0;
}
