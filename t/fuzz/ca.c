/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes files of CAs: of what is accepted, nothing is left out that OpenSSL finds in PEM, and
 * every certificate is a CA, with the digests that OpenSSL computes. The octets 1 to 8 of the input
 * are replaced by parts of PEM and by certificates, so that the corpus contains none.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "ca/internal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int done)
{
    if (!done) {
        abort();
    }
}

/* ---- inputs ---------------------------------------------------------------------------- */

static const char *parts[9]; /* by octet */

static char *base64_of(unsigned char *der, int len)
{
    EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
    char *text = calloc(1, (size_t)len * 2 + 100);
    int size = 0, rest = 0;

    must(ctx && text && len > 0);
    EVP_EncodeInit(ctx);
    must(EVP_EncodeUpdate(ctx, (unsigned char *)text, &size, der, len));
    EVP_EncodeFinal(ctx, (unsigned char *)text + size, &rest);
    EVP_ENCODE_CTX_free(ctx);
    OPENSSL_free(der);
    return text;
}

static void extend(X509 *cert, const char *name, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf(NULL, NULL, name, value);

    must(extension && X509_add_ext(cert, extension, -1));
    X509_EXTENSION_free(extension);
}

static X509 *cert_make(const char *constraints, const char *usage)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();

    must(key && cert && X509_set_version(cert, X509_VERSION_3) &&
         X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                                    (const unsigned char *)"CA", -1, -1, 0) &&
         X509_gmtime_adj(X509_getm_notBefore(cert), 0) &&
         X509_gmtime_adj(X509_getm_notAfter(cert), 60) && X509_set_pubkey(cert, key));
    extend(cert, "basicConstraints", constraints);
    extend(cert, "keyUsage", usage);
    must(X509_sign(cert, key, EVP_sha256()));
    EVP_PKEY_free(key);
    return cert;
}

static void parts_free(void)
{
    for (int i = 5; i < 9; i++) {
        free((char *)parts[i]);
    }
}

static void parts_make(void)
{
    X509 *ca = cert_make("critical,CA:TRUE", "keyCertSign");
    X509 *client = cert_make("CA:FALSE", "digitalSignature");
    X509 *odd = cert_make("CA:TRUE", "digitalSignature");
    unsigned char *der = NULL;
    int len = i2d_X509(ca, &der);

    parts[1] = "-----BEGIN ";
    parts[2] = "CERTIFICATE-----\n";
    parts[3] = "-----END ";
    parts[4] = "TRUSTED ";
    parts[5] = base64_of(der, len);
    der = NULL;
    len = i2d_X509(client, &der);
    parts[6] = base64_of(der, len);
    der = NULL;
    len = i2d_X509(odd, &der);
    parts[7] = base64_of(der, len);
    must(X509_add1_trust_object(ca, OBJ_nid2obj(NID_client_auth)));
    der = NULL;
    len = i2d_X509_AUX(ca, &der);
    parts[8] = base64_of(der, len);
    X509_free(ca);
    X509_free(client);
    X509_free(odd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS && atexit(apr_terminate) == 0);
    parts_make();
    must(atexit(parts_free) == 0);
    return 0;
}

/* The text of a file, with its parts in place. */
static char *text_make(size_t *len, const uint8_t *data, size_t size)
{
    char *text = NULL, *to = NULL;

    *len = 0;
    for (size_t i = 0; i < size; i++) {
        *len += data[i] > 0 && data[i] < 9 ? strlen(parts[data[i]]) : 1;
    }
    to = text = malloc(*len + 1);
    must(text != NULL);
    for (size_t i = 0; i < size; i++) {
        bool is_part = data[i] > 0 && data[i] < 9;

        to = is_part ? stpcpy(to, parts[data[i]]) : to + 1;
        if (!is_part) {
            to[-1] = (char)data[i];
        }
    }
    *to = '\0';
    return text;
}

/* ---- claims ---------------------------------------------------------------------------- */

/* The certificates that OpenSSL finds are those of the content, in the same order. */
static void compare_with_openssl(const cc_ca_content_t *content, const char *text, size_t size)
{
    BIO *bio = BIO_new_mem_buf(text, (int)size);
    X509 *cert = NULL;
    int count = 0;

    must(bio != NULL);
    while ((cert = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL))) {
        unsigned char sha256[EVP_MAX_MD_SIZE];

        must(count < content->count && X509_digest(cert, EVP_sha256(), sha256, NULL) &&
             memcmp(sha256, content->entries[count].sha256, 32) == 0);
        X509_free(cert);
        count++;
    }
    must(count == content->count);
    BIO_free(bio);
}

static void check(const cc_ca_content_t *content)
{
    must(content->count > 0);
    for (int i = 0; i < content->count; i++) {
        cc_ca_entry_t *entry = &content->entries[i];
        X509 *cert = cc_ca_entry_cert(entry);

        must(cert && X509_check_ca(cert) != 0 && cc_ca_entry_text(entry, content->pool));
        must(X509_NAME_cmp(entry->subject, X509_get_subject_name(cert)) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cc_error_t err = {NULL, NULL, NULL, NULL};
    cc_ca_content_t *content = NULL;
    apr_array_header_t *ders = NULL;
    apr_pool_t *p = NULL;
    size_t len = 0;
    char *text = text_make(&len, data, size);
    apr_status_t status;

    must(apr_pool_create(&p, NULL) == APR_SUCCESS);
    ders = apr_array_make(p, 1, sizeof(cc_ca_der_t));
    status = cc_ca_ders_find(ders, text, len, "file", p, &err);
    if (status == APR_SUCCESS) {
        status = cc_ca_content_make(&content, ders, "file", p, &err);
    }
    must((status == APR_SUCCESS) == (err.tag == NULL) && ERR_peek_error() == 0);
    if (content) {
        check(content);
        if (!cc_ca_bundle_is(text, len)) {
            compare_with_openssl(content, text, len);
        }
    }
    cc_ca_content_release(content);
    apr_pool_destroy(p);
    free(text);
    ERR_clear_error();
    return 0;
}
