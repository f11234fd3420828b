/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a file of CAs, and finds the certificates in it: PEM, or a SPIFFE bundle document. */
#include <string.h>

#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/regular_file.h"
#include "base/text.h"
#include "ca/internal.h"

/* A file that is being read. */
typedef struct {
    const char *path;
    apr_pool_t *pool;
    cc_error_t *err;
} reading_t;

/* ---- errors of paths ------------------------------------------------------------------------- */

apr_status_t cc_ca_unreadable(const char *path, apr_status_t status, const char *reason,
                              apr_pool_t *p, cc_error_t *err)
{
    char text[120];

    cc_error_set(err, p, "CC0463", path, "this file or directory cannot be read: %s",
                 reason ? reason : apr_strerror(status, text, sizeof(text)));
    return status;
}

void cc_ca_without(const char *path, const char *what, apr_pool_t *p, cc_error_t *err)
{
    cc_error_set(err, p, "CC0466", path, "%s", what);
}

/* ---- text ------------------------------------------------------------------------------------ */

static apr_status_t unreadable(const reading_t *r, apr_status_t status, const char *reason)
{
    return cc_ca_unreadable(r->path, status, reason, r->pool, r->err);
}

static apr_status_t too_large(const reading_t *r)
{
    return cc_error_set(r->err, r->pool, "CC0467", r->path,
                        "the file is too large: at most 16 MiB and %d certificates are allowed",
                        CC_CA_COUNT_MAX);
}

/* APR_EBUSY: the file changed while it was read. */
static apr_status_t text_fill(const reading_t *r, char **text, apr_size_t *len,
                              cc_file_stamp_t *stamp, apr_file_t *file)
{
    apr_finfo_t info;
    cc_file_stamp_t after;
    apr_status_t status = apr_file_info_get(&info, CC_FILE_STAMP_WANTED, file);

    if (status != APR_SUCCESS) {
        return unreadable(r, status, NULL);
    }
    *stamp = cc_file_stamp_of(&info);
    if (info.size > CC_CA_FILE_MAX) {
        return too_large(r);
    }
    *text = apr_palloc(r->pool, (apr_size_t)info.size + 1);
    status = apr_file_read_full(file, *text, (apr_size_t)info.size, len);
    if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status)) {
        return unreadable(r, status, NULL);
    }
    (*text)[*len] = '\0';
    status = apr_file_info_get(&info, CC_FILE_STAMP_WANTED, file);
    after = cc_file_stamp_of(&info);
    return status == APR_SUCCESS && cc_file_stamp_same(stamp, &after)
               ? APR_SUCCESS
               : unreadable(r, APR_EBUSY, "it is being written");
}

static apr_status_t text_read(const reading_t *r, char **text, apr_size_t *len,
                              cc_file_stamp_t *stamp)
{
    apr_file_t *file = NULL;
    const char *reason = NULL;
    apr_status_t status = cc_regular_file_open(&file, &reason, r->path, r->pool);

    if (status != APR_SUCCESS) {
        return unreadable(r, status, reason);
    }
    status = text_fill(r, text, len, stamp, file);
    apr_file_close(file);
    return status;
}

/* ---- PEM ------------------------------------------------------------------------------------- */

#define BEGIN "-----BEGIN "
#define LEGAL "only blocks CERTIFICATE, X509 CERTIFICATE and TRUSTED CERTIFICATE are allowed"
#define LABEL_MAX 60 /* characters of a label, in a message */

/* The number of places where a block may begin: OpenSSL passes over lines that it does not know. */
static int blocks_count(const char *text, apr_size_t len)
{
    const char *at = text, *end = text + len;
    int count = 0;

    while ((at = memchr(at, '-', (apr_size_t)(end - at)))) {
        bool begins =
            (apr_size_t)(end - at) >= strlen(BEGIN) && memcmp(at, BEGIN, strlen(BEGIN)) == 0;

        count += begins;
        at += begins ? strlen(BEGIN) : 1;
    }
    return count;
}

/* True if the last line, which has no end, may be the first part of one that begins a block. */
static bool is_cut_off(const char *text, apr_size_t len)
{
    apr_size_t tail = 0;

    while (tail < len && text[len - tail - 1] != '\n') {
        tail++;
    }
    return tail > 0 && tail < strlen(BEGIN) && memcmp(text + len - tail, BEGIN, tail) == 0;
}

static apr_status_t damaged(const reading_t *r, int number)
{
    return cc_error_set(r->err, r->pool, "CC0464", r->path,
                        "block %d of the file is damaged or cut off: it must have a line BEGIN "
                        "CERTIFICATE, base64, and a line END CERTIFICATE",
                        number);
}

static bool is_trusted(const char *label)
{
    return strcmp(label, PEM_STRING_X509_TRUSTED) == 0;
}

static bool is_certificate(const char *label)
{
    return strcmp(label, PEM_STRING_X509) == 0 || strcmp(label, PEM_STRING_X509_OLD) == 0 ||
           is_trusted(label);
}

/* True if there is nothing after the certificate, unless there may be trust settings. */
static bool is_whole(const char *label, const unsigned char *der, long len)
{
    const unsigned char *at = der;
    long head = 0;
    int tag = 0, class = 0;
    int form = ASN1_get_object(&at, &head, &tag, &class, len);

    return is_trusted(label) || form != V_ASN1_CONSTRUCTED || at - der + head == len;
}

static apr_status_t block_take(const reading_t *r, apr_array_header_t *ders, const char *label,
                               const unsigned char *der, long len)
{
    int number = ders->nelts + 1;

    if (!is_certificate(label)) {
        return cc_error_set(r->err, r->pool, "CC0464", r->path,
                            "block %d of the file is \"%s\"; " LEGAL, number,
                            cc_text_escape(label, strnlen(label, LABEL_MAX), r->pool));
    }
    if (!is_whole(label, der, len)) {
        return cc_error_set(r->err, r->pool, "CC0464", r->path,
                            "block %d of the file has octets after the certificate; a block is "
                            "one certificate",
                            number);
    }
    if (ders->nelts == CC_CA_COUNT_MAX) {
        return too_large(r);
    }
    APR_ARRAY_PUSH(ders, cc_ca_der_t) =
        (cc_ca_der_t){apr_pmemdup(r->pool, der, (apr_size_t)len), (apr_size_t)len};
    return APR_SUCCESS;
}

/* Blocks are not decrypted, so that nothing asks for a password. */
static apr_status_t blocks_take(const reading_t *r, apr_array_header_t *ders, BIO *bio, int count)
{
    apr_status_t status = APR_SUCCESS;
    char *label = NULL, *header = NULL;
    unsigned char *der = NULL;
    long len = 0;

    while (status == APR_SUCCESS && PEM_read_bio(bio, &label, &header, &der, &len)) {
        status = is_certificate(label) && *header ? damaged(r, ders->nelts + 1)
                                                  : block_take(r, ders, label, der, len);
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    return status == APR_SUCCESS && ders->nelts < count ? damaged(r, ders->nelts + 1) : status;
}

static apr_status_t pem_find(const reading_t *r, apr_array_header_t *ders, const char *text,
                             apr_size_t len)
{
    int count = blocks_count(text, len);
    apr_status_t status = APR_ENOMEM;
    BIO *bio = NULL;

    if (count == 0) {
        cc_ca_without(r->path,
                      "the file contains no certificate; it must be PEM or a SPIFFE bundle",
                      r->pool, r->err);
        return APR_ENOTIMPL;
    }
    ERR_set_mark();
    bio = BIO_new_mem_buf(text, (int)len);
    if (bio) {
        status = blocks_take(r, ders, bio, count);
    }
    BIO_free(bio);
    ERR_pop_to_mark();
    return status == APR_SUCCESS && is_cut_off(text, len) ? damaged(r, count + 1) : status;
}

bool cc_ca_bundle_is(const char *text, apr_size_t len)
{
    apr_size_t at = 0;

    while (at < len && apr_isspace(text[at])) {
        at++;
    }
    return at < len && text[at] == '{';
}

apr_status_t cc_ca_ders_find(apr_array_header_t *ders, const char *text, apr_size_t len,
                             const char *path, apr_pool_t *p, cc_error_t *err)
{
    reading_t r = {path, p, err};
    apr_status_t status = APR_SUCCESS;

    if (!cc_ca_bundle_is(text, len)) {
        return pem_find(&r, ders, text, len);
    }
    status = cc_ca_bundle_read(ders, text, len, path, p, err);
    return status == APR_SUCCESS && ders->nelts > CC_CA_COUNT_MAX ? too_large(&r) : status;
}

/* ---- both ------------------------------------------------------------------------------------ */

apr_status_t cc_ca_content_load(cc_ca_content_t **content, cc_file_stamp_t *stamp, const char *path,
                                apr_pool_t *p, cc_error_t *err)
{
    reading_t r = {path, NULL, err};
    apr_array_header_t *ders = NULL;
    apr_size_t len = 0;
    char *text = NULL;
    apr_status_t status = APR_SUCCESS;

    /* Errors are in `p`; the text of the file and its certificates are not needed for as long. */
    r.pool = p;
    ders = apr_array_make(p, 4, sizeof(cc_ca_der_t));
    status = text_read(&r, &text, &len, stamp);
    if (status == APR_SUCCESS) {
        status = cc_ca_ders_find(ders, text, len, path, p, err);
    }
    if (status == APR_SUCCESS) {
        status = cc_ca_content_make(content, ders, path, p, err);
    }
    return APR_STATUS_IS_ENOENT(status) ? APR_EBUSY : status;
}
