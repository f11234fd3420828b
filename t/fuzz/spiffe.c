/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the names of certificates (GeneralNames): an X509-SVID has one URI, that of its trust
 * domain, and no other certificate has a URI that begins like a SPIFFE ID.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <apr_general.h>
#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "ca/internal.h"
#include "cert/cert.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static EVP_PKEY *key;

static void must(int done)
{
    if (!done) {
        abort();
    }
}

static void key_free(void)
{
    EVP_PKEY_free(key);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS);
    key = EVP_EC_gen("P-256");
    must(key && atexit(apr_terminate) == 0 && atexit(key_free) == 0);
    return 0;
}

static void names_add(X509 *cert, const uint8_t *data, size_t size)
{
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    X509_EXTENSION *names = NULL;

    must(octets && ASN1_OCTET_STRING_set(octets, data, (int)size));
    names = X509_EXTENSION_create_by_NID(NULL, NID_subject_alt_name, 0, octets);
    must(names && X509_add_ext(cert, names, -1));
    X509_EXTENSION_free(names);
    ASN1_OCTET_STRING_free(octets);
}

/* A certificate as after a handshake: parsed. */
static X509 *cert_make(const uint8_t *data, size_t size)
{
    X509 *made = X509_new(), *parsed;
    X509_EXTENSION *usage = X509V3_EXT_conf(NULL, NULL, "keyUsage", "digitalSignature");

    must(made && usage && X509_set_version(made, X509_VERSION_3) && X509_add_ext(made, usage, -1));
    names_add(made, data, size);
    must(X509_set_pubkey(made, key) && X509_gmtime_adj(X509_getm_notBefore(made), 0) &&
         X509_gmtime_adj(X509_getm_notAfter(made), 60) && X509_sign(made, key, EVP_sha256()));
    parsed = X509_dup(made);
    X509_EXTENSION_free(usage);
    X509_free(made);
    must(parsed != NULL);
    return parsed;
}

/* OpenSSL decodes these names as well. */
static void id_check(const cc_values_t *uris, const char *domain, X509 *cert, apr_pool_t *p)
{
    const char *start = apr_pstrcat(p, "spiffe://", domain, "/", NULL);
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

    must(names != NULL);
    must(cc_spiffe_domain_is(domain) && uris->count == 1 && !uris->at[0].unusable);
    must(strncmp(uris->at[0].text, start, strlen(start)) == 0);
    must(uris->at[0].len > strlen(start) && uris->at[0].len <= 2048);
    GENERAL_NAMES_free(names);
}

static void none_check(const cc_values_t *uris)
{
    for (int i = 0; i < uris->count; i++) {
        must(strncasecmp(uris->at[i].text, "spiffe:", 7) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    X509 *cert = cert_make(data, size);
    char domain[CC_SPIFFE_DOMAIN_SIZE];
    const char *problem = NULL;
    apr_pool_t *p = NULL;
    cc_fieldref_t ref;
    cc_facts_t facts = {0};
    cc_values_t uris;
    cc_spiffe_kind_t kind = cc_spiffe_read(domain, &problem, cert);

    must(apr_pool_create(&p, NULL) == APR_SUCCESS && ERR_peek_error() == 0);
    must((kind == CC_SPIFFE_BAD) == (problem != NULL));
    must(cc_field_find(&ref, "san.uri", p, NULL) == APR_SUCCESS);
    uris = cc_field_values(&ref, cc_cert_wrap(cert, p), &facts, p);
    if (kind == CC_SPIFFE_ID) {
        id_check(&uris, domain, cert, p);
    } else if (kind == CC_SPIFFE_NONE) {
        none_check(&uris);
    }
    apr_pool_destroy(p);
    X509_free(cert);
    return 0;
}
