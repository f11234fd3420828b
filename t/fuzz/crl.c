/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes files of CRLs: OpenSSL accepts what is accepted here, with the same content, and every
 * accepted signature was made by its key.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "crl/internal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static EVP_PKEY *keys[2];
static X509 *cert; /* with a distribution point of each kind */

static void must(int done)
{
    if (!done) {
        abort();
    }
}

static void made_free(void)
{
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
    X509_free(cert);
}

/* A certificate as after a handshake: parsed. */
static X509 *cert_make(EVP_PKEY *key)
{
    X509 *made = X509_new(), *parsed = NULL;
    X509_EXTENSION *points =
        X509V3_EXT_conf(NULL, NULL, "crlDistributionPoints", "URI:http://crl.example/a");

    must(made && points && X509_set_version(made, X509_VERSION_3) &&
         X509_add_ext(made, points, -1) &&
         X509_NAME_add_entry_by_txt(X509_get_issuer_name(made), "CN", MBSTRING_UTF8,
                                    (const unsigned char *)"CA", -1, -1, 0));
    must(X509_set_pubkey(made, key) && X509_gmtime_adj(X509_getm_notBefore(made), 0) &&
         X509_gmtime_adj(X509_getm_notAfter(made), 60) && X509_sign(made, key, EVP_sha256()));
    parsed = X509_dup(made);
    X509_EXTENSION_free(points);
    X509_free(made);
    must(parsed != NULL);
    return parsed;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS);
    keys[0] = EVP_EC_gen("P-256");
    keys[1] = EVP_RSA_gen(1024);
    must(keys[0] && keys[1]);
    cert = cert_make(keys[0]);
    must(atexit(apr_terminate) == 0 && atexit(made_free) == 0);
    return 0;
}

/* ---- comparison with OpenSSL ----------------------------------------------------------- */

static void key_take(cc_serial_t *key, const X509_REVOKED *revoked)
{
    unsigned char *der = NULL;
    int len = i2d_ASN1_INTEGER(X509_REVOKED_get0_serialNumber(revoked), &der);

    must(len > 2 && len <= 2 + CC_SERIAL_MAX);
    key->len = (unsigned char)(len - 2);
    memcpy(key->octets, der + 2, key->len);
    OPENSSL_free(der);
}

static void entries_compare(const cc_crl_t *crl, X509_CRL *other)
{
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(other);
    int count = entries ? sk_X509_REVOKED_num(entries) : 0;

    must(cc_serials_count(crl->serials) == (apr_uint32_t)count);
    for (int i = 0; i < count && !crl->idp.indirect; i++) {
        cc_revoked_t revoked = {0, 0};
        cc_serial_t key;

        key_take(&key, sk_X509_REVOKED_value(entries, i));
        must(cc_serials_find(crl->serials, &key, &revoked));
    }
}

static void crl_compare(const cc_crl_t *crl, cc_der_span_t der)
{
    const unsigned char *at = der.at;
    X509_CRL *other = d2i_X509_CRL(NULL, &at, (long)cc_der_span_len(der));

    if (other) { /* OpenSSL is stricter with algorithms, which are checked with the signature */
        must(X509_NAME_cmp(crl->issuer, X509_CRL_get_issuer(other)) == 0);
        entries_compare(crl, other);
    }
    X509_CRL_free(other);
}

/* ---- one CRL --------------------------------------------------------------------------- */

static void crl_ask(const cc_crl_t *crl)
{
    bool named = false;

    must((cc_crl_reasons(crl, cert) & ~CC_REASONS_ALL) == 0);
    must((cc_crl_reasons_indirect(crl, cert, &named) & ~CC_REASONS_ALL) == 0);
    must(cc_crl_number_text(&crl->number, crl->pool) && cc_name_text(crl->issuer, crl->pool));
}

static void crl_read(cc_crl_t *crl, const cc_crl_tbs_t *tbs, cc_der_span_t der)
{
    const unsigned char *at = tbs->issuer.at;
    const char *error = NULL;

    crl->issuer = d2i_X509_NAME(NULL, &at, (long)cc_der_span_len(tbs->issuer));
    if (!crl->issuer) {
        return;
    }
    must(!cc_crl_signed_by(tbs, keys[0], &error) && error);
    must(!cc_crl_signed_by(tbs, keys[1], &error) && error);
    if (!cc_crl_extensions_read(crl, tbs) && !cc_crl_entries_read(crl, tbs->revoked)) {
        crl_compare(crl, der);
        crl_ask(crl);
    }
}

static void block_read(cc_der_span_t der, apr_pool_t *p)
{
    cc_crl_t crl = {.holders = 1, .idp = {.reasons = CC_REASONS_ALL}};
    cc_crl_tbs_t tbs;

    if (!cc_crl_tbs_read(&tbs, der)) {
        apr_pool_create(&crl.pool, p);
        crl_read(&crl, &tbs, der);
        apr_pool_destroy(crl.pool);
        X509_NAME_free(crl.issuer);
    }
}

/* Reads the same octets as entries and as extensions, without the CRL around them. */
static void inside_read(cc_der_span_t octets, apr_pool_t *p)
{
    cc_crl_t crl = {.holders = 1, .delta = true, .idp = {.indirect = true}};
    cc_crl_tbs_t tbs = {.v2 = true, .extensions = octets};

    apr_pool_create(&crl.pool, p);
    crl.issuer = X509_get_issuer_name(cert);
    cc_crl_entries_read(&crl, octets);
    cc_crl_extensions_read(&crl, &tbs);
    apr_pool_destroy(crl.pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cc_octets_t octets = {.at = malloc(size + 1), .len = size};
    apr_array_header_t *blocks = NULL;
    const char *error = NULL;
    apr_pool_t *p = NULL;

    must(octets.at && apr_pool_create(&p, NULL) == APR_SUCCESS);
    memcpy(octets.at, data, size);
    blocks = apr_array_make(p, 1, sizeof(cc_block_t));
    must((cc_blocks_find(blocks, &octets, &error, p) == APR_SUCCESS) == !error);
    for (int i = 0; i < blocks->nelts; i++) {
        block_read(APR_ARRAY_IDX(blocks, i, cc_block_t).der, p);
    }
    inside_read((cc_der_span_t){data, data + size}, p);
    apr_pool_destroy(p);
    free(octets.at);
    ERR_clear_error();
    return 0;
}
