/* SPDX-License-Identifier: Apache-2.0 */
/* Tests reading certificates from DER, PEM and PKCS#12, and the errors for files without one. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "certs.h"
#include "pki.h"
#include "suite.h"

static apr_pool_t *pool;
static char path[] = "/tmp/cert_files.XXXXXX";
static pki_t ca, client;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    strcpy(path + sizeof(path) - 7, "XXXXXX");
    ck_assert_int_ge(close(mkstemp(path)), 0);
    ca = pki_ca("CA", NULL);
    client = pki_client("alice", &ca);
}

static void teardown(void)
{
    pki_free(&client);
    pki_free(&ca);
    unlink(path);
    apr_pool_destroy(pool);
}

/* ---- writing ----------------------------------------------------------------------------- */

static BIO *file_open(void)
{
    BIO *bio = BIO_new_file(path, "wb");

    ck_assert_ptr_nonnull(bio);
    return bio;
}

static void write_text(const char *text, int len)
{
    BIO *bio = file_open();

    BIO_write(bio, text, len);
    BIO_free(bio);
}

static void write_pkcs12(const char *password, EVP_PKEY *key, X509 *with_ca)
{
    STACK_OF(X509) *others = sk_X509_new_null();
    PKCS12 *p12;
    BIO *bio = file_open();

    if (with_ca)
        sk_X509_push(others, with_ca);
    p12 = PKCS12_create(password, "alice", key, client.cert, others, 0, 0, 0, 0, 0);
    ck_assert_ptr_nonnull(p12);
    ck_assert_int_eq(i2d_PKCS12_bio(bio, p12), 1);
    PKCS12_free(p12);
    BIO_free(bio);
    sk_X509_free(others);
}

/* ---- reading ----------------------------------------------------------------------------- */

typedef struct {
    const char *password; /* NULL: gives none */
    int asked;
} asker_t;

static int ask(char *buf, int size, void *baton)
{
    asker_t *asker = baton;

    asker->asked++;
    if (!asker->password)
        return -1;
    apr_cpystrn(buf, asker->password, (apr_size_t)size);
    return (int)strlen(buf);
}

static cc_cert_t *read_ok(const cc_path_t **above, asker_t *asker)
{
    cc_cert_t *cert = NULL;
    cc_error_t err = {0};

    ck_assert_msg(cc_cert_read(&cert, above, path, ask, asker, pool, &err) == APR_SUCCESS, "%s",
                  err.message);
    certs_has(cert, "subject", "CN=alice");
    ck_assert_uint_eq(ERR_peek_error(), 0);
    return cert;
}

static void read_fails(const char *tag, const char *message, cc_password_fn *asks, asker_t *asker)
{
    const cc_path_t *above;
    cc_cert_t *cert;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_cert_read(&cert, &above, path, asks, asker, pool, &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, tag);
    ck_assert_str_eq(err.word, path);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
    ck_assert_uint_eq(ERR_peek_error(), 0);
}

TEST(pem_gives_the_first_certificate_and_its_issuer)
{
    BIO *bio = file_open();
    asker_t asker = {0};
    const cc_path_t *above = NULL;

    PEM_write_bio_PrivateKey(bio, client.key, EVP_aes_128_cbc(), NULL, 0, NULL, "secret");
    BIO_puts(bio, "words between\n");
    PEM_write_bio_X509(bio, client.cert);
    PEM_write_bio_X509(bio, client.cert);
    PEM_write_bio_X509(bio, ca.cert);
    BIO_free(bio);
    read_ok(&above, &asker);
    ck_assert_ptr_nonnull(above);
    certs_has(above->at[0].cert, "subject", "CN=CA");
    read_ok(NULL, &asker);
    ck_assert_int_eq(asker.asked, 0);
}

TEST(pem_without_the_issuer_gives_none)
{
    BIO *bio = file_open();
    asker_t asker = {0};
    const cc_path_t *above = (const cc_path_t *)path;

    PEM_write_bio_X509(bio, client.cert);
    BIO_free(bio);
    read_ok(&above, &asker);
    ck_assert_ptr_null(above);
}

TEST(der_gives_the_first_certificate)
{
    BIO *bio = file_open();
    asker_t asker = {0};
    const cc_path_t *above = (const cc_path_t *)path;

    i2d_X509_bio(bio, client.cert);
    i2d_X509_bio(bio, ca.cert);
    BIO_free(bio);
    read_ok(&above, &asker);
    ck_assert_ptr_null(above);
}

TEST(pkcs12_gives_the_certificate_of_its_key_and_the_issuer)
{
    asker_t asker = {"secret", 0};
    const cc_path_t *above = NULL;

    write_pkcs12("secret", client.key, ca.cert);
    read_ok(&above, &asker);
    certs_has(above->at[0].cert, "subject", "CN=CA");
    ck_assert_int_eq(asker.asked, 1);
}

TEST(pkcs12_with_an_empty_password_asks_for_none)
{
    asker_t asker = {"secret", 0};

    write_pkcs12("", client.key, NULL);
    read_ok(NULL, &asker);
    write_pkcs12(NULL, client.key, NULL);
    read_ok(NULL, &asker);
    ck_assert_int_eq(asker.asked, 0);
}

TEST(pkcs12_without_a_key_gives_its_certificate)
{
    asker_t asker = {"secret", 0};

    write_pkcs12("secret", NULL, NULL);
    read_ok(NULL, &asker);
}

TEST(a_wrong_password_is_asked_for_once_and_named)
{
    asker_t wrong = {"guess", 0}, none = {NULL, 0};

    write_pkcs12("secret", client.key, NULL);
    read_fails("CC0305", "cannot be opened: the password is wrong, or the file is damaged", ask,
               &wrong);
    ck_assert_int_eq(wrong.asked, 1);
    read_fails("CC0304", "needs a password", ask, &none);
    read_fails("CC0304", "needs a password", NULL, NULL);
}

/* ---- files without a certificate ---------------------------------------------------------- */

/* The client's certificate as PEM. */
static const char *pem_text(void)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    const char *text;
    long len;

    PEM_write_bio_X509(bio, client.cert);
    len = BIO_get_mem_data(bio, &data);
    text = apr_pstrmemdup(pool, data, (apr_size_t)len);
    BIO_free(bio);
    return text;
}

static void check_kind(const char *wanted)
{
    read_fails("CC0303", apr_pstrcat(pool, "the file contains no certificate", wanted, NULL), ask,
               NULL);
}

static void check_text(const char *text, const char *wanted)
{
    write_text(text, (int)strlen(text));
    check_kind(wanted);
}

TEST(a_file_without_a_certificate_is_an_error)
{
    check_text("", ": it is empty; give");
    check_text(" \r\n", ": it is empty; give");
    check_text("hello", "; give");
    check_text("-----BEGIN NONSENSE-----\nAAAA\n-----END NONSENSE-----\n", "; give");
    check_text("\x30\x03\x02\x01\x01", "; give");
    write_text("\x30\x00\xff", 3);
    check_kind("; give");
}

TEST(a_text_that_is_not_a_certificate_is_named)
{
    check_text("\n<!DOCTYPE html>\n<html>", ", but a web page (HTML);");
    check_text("<HTML><body>", ", but a web page (HTML);");
    check_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 alice", ", but a public key of SSH;");
    check_text("-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n", ", but PKCS#7, which");
    check_text("-----BEGIN OPENSSH " PEM_STRING_PKCS8INF "-----\nMAA=\n", ", but a private key;");
    check_text("-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n", ", but a certificate request (CSR);");
}

TEST(a_certificate_that_cannot_be_read_is_named)
{
    const char *pem = pem_text();
    const char *body = strchr(pem, '\n') + 1;
    apr_size_t len = (apr_size_t)(strstr(body, "-----END") - body);

    check_text(apr_pstrmemdup(pool, pem, 200), ", but a damaged one;");
    check_text(apr_pstrcat(pool, "    ", pem, NULL), ", because its line");
    check_text(apr_pstrmemdup(pool, body, len), ", because it is in base64 without the lines");
    check_text(apr_pstrmemdup(pool, body, len - 70), "; give");
    write_text("\xff\xfe-\0-\0", 6);
    check_kind(", because its text is in UTF-16;");
}

TEST(other_structures_are_named_in_pem_and_der)
{
    X509_CRL *crl = pki_crl(&ca, NULL);
    X509_REQ *request = X509_to_X509_REQ(client.cert, client.key, EVP_sha256());

    for (int der = 0; der < 2; der++) {
        BIO *bio = file_open();

        ck_assert(der ? i2d_X509_CRL_bio(bio, crl) : PEM_write_bio_X509_CRL(bio, crl));
        BIO_free(bio);
        check_kind(", but a CRL;");
        bio = file_open();
        ck_assert(der ? i2d_X509_REQ_bio(bio, request) : PEM_write_bio_X509_REQ(bio, request));
        BIO_free(bio);
        check_kind(", but a certificate request (CSR);");
        bio = file_open();
        ck_assert(der ? i2d_PrivateKey_bio(bio, client.key)
                      : PEM_write_bio_PrivateKey(bio, client.key, NULL, NULL, 0, NULL, NULL));
        BIO_free(bio);
        check_kind(", but a private key;");
        bio = file_open();
        ck_assert(der ? i2d_PUBKEY_bio(bio, client.key) : PEM_write_bio_PUBKEY(bio, client.key));
        BIO_free(bio);
        check_kind(", but a public key;");
    }
    X509_REQ_free(request);
    X509_CRL_free(crl);
}

TEST(a_file_that_cannot_be_read_is_named)
{
    unlink(path);
    read_fails("CC0302", "No such file", ask, NULL);
    write_text("", 0);
    ck_assert_int_eq(truncate(path, 16 * 1024 * 1024 + 1), 0);
    read_fails("CC0302", "larger than 16 MiB", ask, NULL);
}

TEST(what_is_no_regular_file_is_named_and_not_waited_for)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    read_fails("CC0302", "it is a FIFO, not a regular file", ask, NULL);
    unlink(path);
    ck_assert_int_eq(symlink("/dev/zero", path), 0);
    read_fails("CC0302", "it is a device, not a regular file", ask, NULL);
    unlink(path);
    apr_cpystrn(address.sun_path, path, sizeof(address.sun_path));
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    read_fails("CC0302", "it is a socket, not a regular file", ask, NULL);
    close(fd);
    unlink(path);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    read_fails("CC0302", "it is a directory, not a regular file", ask, NULL);
    rmdir(path);
}

TEST(der_is_parsed_only_where_all_of_it_is_the_certificate)
{
    unsigned char *der = NULL;
    int len = i2d_X509(client.cert, &der);
    char *more = apr_pcalloc(pool, (apr_size_t)len + 1);
    cc_cert_t *cert = NULL;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_cert_parse(&cert, der, (apr_size_t)len, pool, &err), APR_SUCCESS);
    certs_has(cert, "subject", "CN=alice");
    for (apr_size_t cut = 0; cut < (apr_size_t)len; cut += 7)
        ck_assert_int_eq(cc_cert_parse(&cert, der, cut, pool, &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0301");
    memcpy(more, der, (size_t)len);
    ck_assert_int_eq(cc_cert_parse(&cert, more, (apr_size_t)len + 1, pool, &err), APR_EINVAL);
    ck_assert_str_eq(err.message, "there are bytes after the certificate");
    ck_assert_uint_eq(ERR_peek_error(), 0);
    OPENSSL_free(der);
}

TEST(a_certificate_outlives_the_x509_it_was_made_of)
{
    X509 *x509 = certs_x509(&certs_rich);
    cc_cert_t *cert = cc_cert_wrap(x509, pool);

    X509_free(x509);
    certs_has(cert, "key.bits", "256");
}

SUITE("files", .setup = setup, .teardown = teardown);
