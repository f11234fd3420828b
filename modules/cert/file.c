/* SPDX-License-Identifier: Apache-2.0 */
/* Reads certificates from files in PEM, DER and PKCS#12. */
#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/regular_file.h"
#include "cert/internal.h"

#define FILE_SIZE_MAX (16 * 1024 * 1024)

/* The certificates of a file: the one sought first, then the others. */
typedef struct {
    X509 *x509;
    STACK_OF(X509) * others;
} cc_file_certs_t;

/* State of reading a file: the source of the password, and a place for errors. */
typedef struct {
    const char *path; /* NULL: standard input */
    cc_password_fn *ask;
    void *baton;
    apr_pool_t *pool;
    cc_error_t *err;
} cert_reader_t;

/* ---- octets of the file --------------------------------------------------------------------- */

static apr_status_t bio_fill(BIO *bio, apr_file_t *file)
{
    apr_status_t status = APR_SUCCESS;
    apr_size_t total = 0;

    while (status == APR_SUCCESS && total <= FILE_SIZE_MAX) {
        char chunk[8192];
        apr_size_t len = sizeof(chunk);

        status = apr_file_read(file, chunk, &len);
        if (status == APR_SUCCESS) {
            total += len;
            status = BIO_write(bio, chunk, (int)len) == (int)len ? APR_SUCCESS : APR_ENOMEM;
        }
    }
    return status == APR_EOF ? APR_SUCCESS : total > FILE_SIZE_MAX ? APR_ENOSPC : status;
}

static apr_status_t file_open(apr_file_t **file, const char **reason, const cert_reader_t *r)
{
    if (r->path) {
        return cc_regular_file_open(file, reason, r->path, r->pool);
    }
    *reason = "standard input is closed";
    return apr_file_open_stdin(file, r->pool);
}

static apr_status_t file_fill(BIO *bio, const cert_reader_t *r)
{
    apr_file_t *file = NULL;
    const char *reason = NULL;
    apr_status_t status = file_open(&file, &reason, r);
    char text[120];

    if (status != APR_SUCCESS) {
        return cc_error_set(r->err, r->pool, "CC0302", r->path, "the file cannot be read: %s",
                            reason);
    }
    status = bio_fill(bio, file);
    apr_file_close(file);
    if (status == APR_SUCCESS) {
        return APR_SUCCESS;
    }
    return cc_error_set(r->err, r->pool, "CC0302", r->path, "the file cannot be read: %s",
                        status == APR_ENOSPC ? "it is larger than 16 MiB"
                                             : apr_strerror(status, text, sizeof(text)));
}

/* ---- PEM ------------------------------------------------------------------------------------ */

/* Encrypted blocks are not read: there is no password, and there must be no prompt. */
static int no_password(char *buf, int size, int writing, void *baton)
{
    (void)buf, (void)size, (void)writing, (void)baton;
    return -1;
}

static void read_pem(cc_file_certs_t *found, BIO *bio)
{
    X509 *x509 = NULL;

    found->x509 = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    found->others = sk_X509_new_null();
    while (found->x509 && found->others &&
           (x509 = PEM_read_bio_X509(bio, NULL, no_password, NULL))) {
        if (!sk_X509_push(found->others, x509)) {
            X509_free(x509);
            return;
        }
    }
}

/* ---- PKCS#12 -------------------------------------------------------------------------------- */

/* "No password" can mean the empty one or none (RFC 7292 B.1); PKCS12_parse tries both, too. */
static const char *password_meant(PKCS12 *p12, const char *password)
{
    if (!*password && (!PKCS12_mac_present(p12) || PKCS12_verify_mac(p12, NULL, 0))) {
        return NULL;
    }
    return password;
}

static apr_status_t too_much(const char *excess, const cert_reader_t *r)
{
    return cc_error_set(r->err, r->pool, "CC0540", r->path, "%s", excess);
}

/*
 * The certificate of the private key; without a key, the first one. APR_EACCES: the password does
 * not open the file.
 */
static apr_status_t open_pkcs12(cc_file_certs_t *found, PKCS12 *p12, const char *password,
                                const cert_reader_t *r)
{
    const char *meant = password_meant(p12, password);
    const char *excess;
    EVP_PKEY *key = NULL;

    if (PKCS12_mac_present(p12) && !PKCS12_verify_mac(p12, meant, meant ? -1 : 0)) {
        ERR_raise(ERR_LIB_PKCS12, PKCS12_R_MAC_VERIFY_FAILURE);
        return APR_EACCES;
    }
    excess = cc_pkcs12_excess_inside(p12, meant, r->pool);
    if (excess) {
        return too_much(excess, r);
    }
    if (PKCS12_parse(p12, password, &key, &found->x509, &found->others) != 1) {
        return APR_EACCES;
    }
    EVP_PKEY_free(key);
    if (!found->x509) {
        found->x509 = sk_X509_shift(found->others);
    }
    return APR_SUCCESS;
}

static apr_status_t not_opened(const cert_reader_t *r)
{
    unsigned long error = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(error);

    if (ERR_GET_LIB(error) == ERR_LIB_PKCS12 &&
        ERR_GET_REASON(error) == PKCS12_R_MAC_VERIFY_FAILURE) {
        reason = "the password is wrong, or the file is damaged";
    }
    return cc_error_set(r->err, r->pool, "CC0305", r->path,
                        "this PKCS#12 file cannot be opened: %s",
                        reason ? reason : "it is damaged");
}

static apr_status_t ask_and_open(cc_file_certs_t *found, PKCS12 *p12, const cert_reader_t *r)
{
    char password[1024];
    int len = r->ask ? r->ask(password, sizeof(password), r->baton) : -1;
    apr_status_t status;

    if (len < 0) {
        return cc_error_set(r->err, r->pool, "CC0304", r->path,
                            "this PKCS#12 file needs a password, and none was given");
    }
    status = open_pkcs12(found, p12, password, r);
    OPENSSL_cleanse(password, sizeof(password));
    return status == APR_EACCES ? not_opened(r) : status;
}

static apr_status_t read_pkcs12(cc_file_certs_t *found, PKCS12 *p12, const cert_reader_t *r)
{
    const char *excess = cc_pkcs12_excess(p12, r->pool);
    apr_status_t status;

    if (excess) {
        return too_much(excess, r);
    }
    status = open_pkcs12(found, p12, "", r);
    return status == APR_EACCES ? ask_and_open(found, p12, r) : status;
}

/* ---- any of them ---------------------------------------------------------------------------- */

static apr_status_t read_binary(cc_file_certs_t *found, const unsigned char *data, long len,
                                const cert_reader_t *r)
{
    const unsigned char *at = data;
    PKCS12 *p12 = NULL;
    apr_status_t status = APR_SUCCESS;

    found->x509 = d2i_X509(NULL, &at, len);
    if (found->x509) {
        return APR_SUCCESS;
    }
    at = data;
    p12 = d2i_PKCS12(NULL, &at, len);
    if (p12) {
        status = read_pkcs12(found, p12, r);
    }
    PKCS12_free(p12);
    return status;
}

static apr_status_t read_any(cc_file_certs_t *found, BIO *bio, const cert_reader_t *r)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    apr_status_t status = APR_SUCCESS;

    if (len > 0 && *data == 0x30) { /* a SEQUENCE: no PEM begins with a "0" */
        status = read_binary(found, (const unsigned char *)data, len, r);
    } else {
        read_pem(found, bio);
    }
    if (status == APR_SUCCESS && !found->x509) {
        return cc_error_set(r->err, r->pool, "CC0303", r->path,
                            "the file contains no certificate%s; give a PEM, DER or PKCS#12 file "
                            "with one",
                            cc_file_kind(data, len, r->pool));
    }
    return status;
}

static X509 *issuer_of(X509 *below, const cc_file_certs_t *found)
{
    for (int i = 0; i < sk_X509_num(found->others); i++) {
        X509 *other = sk_X509_value(found->others, i);

        if (other != below && X509_check_issued(other, below) == X509_V_OK) {
            return other;
        }
    }
    return NULL;
}

/* Certificates that issued each other form no path, so its length is limited. */
static const cc_path_t *path_of(const cc_file_certs_t *found, apr_pool_t *p)
{
    cc_path_t *path = apr_pcalloc(p, sizeof(*path));
    int most = sk_X509_num(found->others);
    cc_path_ca_t *at = apr_pcalloc(p, sizeof(*at) * (apr_size_t)(most > 0 ? most : 1));
    X509 *top = found->x509, *above;

    path->at = at;
    while (path->count < most && X509_self_signed(top, 0) != 1 &&
           (above = issuer_of(top, found)) != NULL) {
        cc_path_ca_t *ca = &at[path->count++];

        ca->cert = cc_cert_wrap(above, p);
        cc_cert_digests(ca->cert, ca->sha256, ca->spki_sha256);
        top = above;
    }
    path->whole = X509_self_signed(top, 0) == 1;
    return path->count > 0 ? path : NULL;
}

/* The caller must free `found`, whatever the result. */
static apr_status_t found_read(cc_file_certs_t *found, const cert_reader_t *r)
{
    BIO *bio = BIO_new(BIO_s_mem());
    apr_status_t status = bio ? file_fill(bio, r) : APR_ENOMEM;

    if (status == APR_SUCCESS) {
        status = read_any(found, bio, r);
    }
    BIO_free(bio);
    return status;
}

static void found_free(cc_file_certs_t *found)
{
    X509_free(found->x509);
    sk_X509_pop_free(found->others, X509_free);
}

apr_status_t cc_cert_read(cc_cert_t **cert, const cc_path_t **above, const char *path,
                          cc_password_fn *ask, void *baton, apr_pool_t *p, cc_error_t *err)
{
    cert_reader_t r = {path, ask, baton, p, err};
    cc_file_certs_t found = {NULL, NULL};
    apr_status_t status;

    ERR_set_mark();
    status = found_read(&found, &r);
    if (status == APR_SUCCESS) {
        *cert = cc_cert_wrap(found.x509, p);
        if (above) {
            *above = path_of(&found, p);
        }
    }
    found_free(&found);
    ERR_pop_to_mark();
    return status;
}

/* ---- as PEM --------------------------------------------------------------------------------- */

static apr_status_t pem_write(const char **pem, const cc_file_certs_t *found, apr_pool_t *p)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool written = bio && PEM_write_bio_X509(bio, found->x509);
    char *data = NULL;
    long len = 0;

    for (int i = 0; written && i < sk_X509_num(found->others); i++) {
        written = PEM_write_bio_X509(bio, sk_X509_value(found->others, i));
    }
    if (written) {
        len = BIO_get_mem_data(bio, &data);
        *pem = apr_pstrmemdup(p, data, (apr_size_t)len);
    }
    BIO_free(bio);
    return written ? APR_SUCCESS : APR_ENOMEM;
}

apr_status_t cc_cert_read_pem(const char **pem, const char *path, cc_password_fn *ask, void *baton,
                              apr_pool_t *p, cc_error_t *err)
{
    cert_reader_t r = {path, ask, baton, p, err};
    cc_file_certs_t found = {NULL, NULL};
    apr_status_t status;

    ERR_set_mark();
    status = found_read(&found, &r);
    if (status == APR_SUCCESS) {
        status = pem_write(pem, &found, p);
    }
    found_free(&found);
    ERR_pop_to_mark();
    return status;
}
