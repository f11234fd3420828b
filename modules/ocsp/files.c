/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the files of certificates that ClientCertOCSP names: PEM, or one certificate in DER. */
#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/regular_file.h"
#include "base/text.h"
#include "ocsp/internal.h"

#define FILE_MAX (1024 * 1024)
#define LABEL_MAX 60 /* characters of a label, in a message */
#define BEGIN "-----BEGIN "

/* ---- octets ---------------------------------------------------------------------------------- */

static apr_status_t unreadable(const cc_ocsp_reading_t *r, const char *reason)
{
    return cc_error_set(r->err, r->pool, r->tag, r->path, "the file cannot be read: %s", reason);
}

static apr_status_t octets_fill(char **octets, apr_size_t *len, apr_file_t *file,
                                const cc_ocsp_reading_t *r)
{
    apr_finfo_t info = {0};
    char text[120];
    apr_status_t status = apr_file_info_get(&info, APR_FINFO_SIZE, file);

    if (status == APR_SUCCESS && info.size > FILE_MAX) {
        return unreadable(r, "it is larger than 1 MiB");
    }
    if (status == APR_SUCCESS) {
        *octets = apr_pcalloc(r->pool, (apr_size_t)info.size + 1);
        status = apr_file_read_full(file, *octets, (apr_size_t)info.size, len);
    }
    return status == APR_SUCCESS || APR_STATUS_IS_EOF(status)
               ? APR_SUCCESS
               : unreadable(r, apr_strerror(status, text, sizeof(text)));
}

static apr_status_t octets_read(char **octets, apr_size_t *len, const cc_ocsp_reading_t *r)
{
    apr_file_t *file = NULL;
    const char *reason = NULL;
    apr_status_t status = cc_regular_file_open(&file, &reason, r->path, r->pool);

    if (status != APR_SUCCESS) {
        return unreadable(r, reason);
    }
    status = octets_fill(octets, len, file, r);
    apr_file_close(file);
    return status;
}

/* ---- certificates ---------------------------------------------------------------------------- */

static apr_status_t certs_free(void *certs)
{
    sk_X509_pop_free(certs, X509_free);
    return APR_SUCCESS;
}

/* Takes one certificate, with a key that OpenSSL knows, and nothing after it. */
static bool cert_take(STACK_OF(X509) * certs, const unsigned char *der, long len)
{
    const unsigned char *at = der;
    X509 *cert = d2i_X509(NULL, &at, len);
    bool taken = cert && at == der + len && X509_get0_pubkey(cert) && sk_X509_push(certs, cert);

    if (!taken) {
        X509_free(cert);
    }
    return taken;
}

/* ---- PEM and DER ----------------------------------------------------------------------------- */

static apr_status_t damaged(const cc_ocsp_reading_t *r, int number)
{
    return cc_error_set(r->err, r->pool, r->tag, r->path,
                        "certificate %d of the file is damaged or cut off, or OpenSSL does not "
                        "know the type of its key",
                        number);
}

static apr_status_t block_take(STACK_OF(X509) * certs, const char *label, const unsigned char *der,
                               long len, const cc_ocsp_reading_t *r)
{
    if (strcmp(label, PEM_STRING_X509) == 0) {
        return cert_take(certs, der, len) ? APR_SUCCESS : damaged(r, sk_X509_num(certs) + 1);
    }
    return cc_error_set(r->err, r->pool, r->tag, r->path,
                        "block %d of the file is \"%s\"; only CERTIFICATE is allowed",
                        sk_X509_num(certs) + 1,
                        cc_text_escape(label, strnlen(label, LABEL_MAX), r->pool));
}

/* The number of places where a block may begin: OpenSSL passes over lines that it does not know. */
static int blocks_count(const char *octets)
{
    int count = 0;

    for (const char *at = strstr(octets, BEGIN); at; at = strstr(at + strlen(BEGIN), BEGIN)) {
        count++;
    }
    return count;
}

static apr_status_t blocks_take(STACK_OF(X509) * certs, BIO *bio, int count,
                                const cc_ocsp_reading_t *r)
{
    apr_status_t status = APR_SUCCESS;
    char *label = NULL, *header = NULL;
    unsigned char *der = NULL;
    long len = 0;

    while (status == APR_SUCCESS && PEM_read_bio(bio, &label, &header, &der, &len)) {
        status = block_take(certs, label, der, len, r);
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    return status == APR_SUCCESS && sk_X509_num(certs) < count ? damaged(r, sk_X509_num(certs) + 1)
                                                               : status;
}

static apr_status_t pem_take(STACK_OF(X509) * certs, const char *content, apr_size_t len, int count,
                             const cc_ocsp_reading_t *r)
{
    BIO *bio = BIO_new_mem_buf(content, (int)len);
    apr_status_t status = bio ? blocks_take(certs, bio, count, r) : APR_ENOMEM;

    BIO_free(bio);
    return status;
}

static apr_status_t der_take(STACK_OF(X509) * certs, const char *content, apr_size_t len,
                             const cc_ocsp_reading_t *r)
{
    return cert_take(certs, (const unsigned char *)content, (long)len)
               ? APR_SUCCESS
               : cc_error_set(r->err, r->pool, r->tag, r->path,
                              "the file contains no certificate in PEM or DER");
}

apr_status_t cc_ocsp_certs_find(STACK_OF(X509) * *certs, const char *content, apr_size_t len,
                                const cc_ocsp_reading_t *r)
{
    int count = memchr(content, '\0', len) ? 0 : blocks_count(content);
    apr_status_t status;

    *certs = sk_X509_new_null();
    if (!*certs) {
        return unreadable(r, "out of memory");
    }
    apr_pool_cleanup_register(r->pool, *certs, certs_free, apr_pool_cleanup_null);
    ERR_set_mark();
    status =
        count > 0 ? pem_take(*certs, content, len, count, r) : der_take(*certs, content, len, r);
    ERR_pop_to_mark();
    return status;
}

apr_status_t cc_ocsp_certs_read(STACK_OF(X509) * *certs, const char **content, apr_size_t *len,
                                const cc_ocsp_reading_t *r)
{
    char *octets = NULL;
    apr_status_t status = octets_read(&octets, len, r);

    if (status != APR_SUCCESS) {
        return status;
    }
    *content = octets;
    return cc_ocsp_certs_find(certs, octets, *len, r);
}
