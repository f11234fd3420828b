/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which files of CAs are read, and why others are refused. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "caset.h"
#include "ca/internal.h"
#include "cert/cert.h"
#include "suite.h"

static caset_t set;
static pki_t a, b, client;

static void setup(void)
{
    caset_begin(&set);
    a = pki_ca("A", NULL);
    b = pki_ca("B", NULL);
    client = pki_client("bob", &a);
}

static void teardown(void)
{
    ck_assert_int_eq((int)ERR_peek_error(), 0);
    pki_free(&a);
    pki_free(&b);
    pki_free(&client);
    caset_end(&set);
}

static const char *join(const char *one, const char *two, const char *three)
{
    return apr_pstrcat(set.pool, one, two, three, NULL);
}

/* The certificates of A and B in PEM. */
static const char *pem_a(void)
{
    return caset_pem(&set, &a, "CERTIFICATE");
}

static const char *pem_b(void)
{
    return caset_pem(&set, &b, "CERTIFICATE");
}

static void expect(const char *text, const char *names)
{
    caset_write(&set, "a.pem", text);
    caset_open(&set, "a.pem");
    ck_assert_str_eq(caset_names(&set, 0), names);
}

/* The error of opening a.pem has this beginning and this text. */
static void refused(const char *tag, const char *text)
{
    const char *error = caset_try(&set, "a.pem");
    const char *begin = apr_pstrcat(set.pool, tag, ": site.conf:1: \"", set.folder, NULL);

    if (strncmp(error, begin, strlen(begin)) != 0 || !strstr(error, text)) {
        ck_abort_msg("\"%s\" has no \"%s\" or no \"%s\"", error, tag, text);
    }
}

static void expect_refused(const char *content, const char *tag, const char *text)
{
    caset_write(&set, "a.pem", content);
    refused(tag, text);
}

/* ---- what is read ---------------------------------------------------------------------- */

TEST(blocks_have_one_of_three_labels)
{
    expect(pem_a(), "A");
    expect(join(caset_pem(&set, &a, "X509 CERTIFICATE"), caset_pem(&set, &b, "TRUSTED CERTIFICATE"),
                ""),
           "A B");
}

TEST(text_around_blocks_is_ignored)
{
    expect(join("Bag Attributes\n  friendlyName: A\n", pem_a(), "\n# - the end -\n"), "A");
    expect(join("# -- A ---\n\n", pem_a(), join("--- B --\n", pem_b(), "no newline at the end")),
           "A B");
}

TEST(lines_may_end_with_carriage_returns)
{
    const char *text = "";
    char *last = NULL;

    for (char *line = apr_strtok(apr_pstrdup(set.pool, pem_a()), "\n", &last); line;
         line = apr_strtok(NULL, "\n", &last)) {
        text = join(text, line, "\r\n");
    }
    expect(text, "A");
}

TEST(an_expired_ca_is_read)
{
    pki_t old = pki_make("old", NULL, pki_is_ca, -7200, -3600);

    CASET_PUT(&set, "a.pem", &old, &a);
    caset_open(&set, "a.pem");
    ck_assert_str_eq(caset_names(&set, 0), "A old");
    pki_free(&old);
}

TEST(trust_settings_are_part_of_the_mark_and_of_the_certificate)
{
    unsigned side = 0;
    const cc_ca_t *ca;
    unsigned char sha256[EVP_MAX_MD_SIZE];

    ck_assert(X509_digest(a.cert, EVP_sha256(), sha256, NULL));
    X509_add1_reject_object(a.cert, OBJ_nid2obj(NID_client_auth));
    expect(caset_pem(&set, &a, "TRUSTED CERTIFICATE"), "A");
    ca = cc_ca_at(cc_ca_group_at(cc_cas_enter(set.cas, &side), 0), 0);
    ck_assert_mem_eq(ca->sha256, sha256, 32);
    ck_assert_mem_ne(ca->mark, sha256, CC_CA_MARK_LEN);
    ck_assert_int_eq(X509_check_trust(cc_ca_cert(ca), X509_TRUST_SSL_CLIENT, 0),
                     X509_TRUST_REJECTED);
    expect(pem_a(), "A");
    ca = cc_ca_at(cc_ca_group_at(cc_cas_enter(set.cas, &side), 0), 0);
    ck_assert_mem_eq(ca->mark, sha256, CC_CA_MARK_LEN);
    ck_assert_int_ne(X509_check_trust(cc_ca_cert(ca), X509_TRUST_SSL_CLIENT, 0),
                     X509_TRUST_REJECTED);
}

/* ---- folders --------------------------------------------------------------------------- */

TEST(in_a_folder_other_files_are_ignored)
{
    ck_assert_int_eq(mkdir(caset_path(&set, "cas"), 0755), 0);
    ck_assert_int_eq(mkdir(caset_path(&set, "cas/more.pem"), 0755), 0);
    CASET_PUT(&set, "cas/a.pem", &a);
    caset_write(&set, "cas/README", "Our CAs.\n");
    caset_write(&set, "cas/empty.pem", "");
    caset_write(&set, "cas/.hidden", pem_b());
    caset_write(&set, "cas/a.pem~", pem_b());
    caset_write(&set, "cas/a.tmp", pem_b());
    ck_assert_int_eq(mkfifo(caset_path(&set, "cas/fifo"), 0600), 0);
    caset_open(&set, "cas");
    ck_assert_str_eq(caset_names(&set, 0), "A");
}

TEST(a_folder_without_certificates_is_refused)
{
    ck_assert_int_eq(mkdir(caset_path(&set, "a.pem"), 0755), 0);
    refused("CC0466", "a.pem\": the directory contains no file with a certificate");
}

TEST(a_bad_file_in_a_folder_is_refused)
{
    ck_assert_int_eq(mkdir(caset_path(&set, "a.pem"), 0755), 0);
    CASET_PUT(&set, "a.pem/good", &a);
    CASET_PUT(&set, "a.pem/bad", &client);
    refused("CC0465", "a.pem/bad\": certificate 1");
}

/* ---- many certificates, which are decoded without their keys ----------------------------- */

static const char *const kinds[][5] = {
    {"basicConstraints", "critical,CA:TRUE", NULL},
    {"basicConstraints", "CA:TRUE,pathlen:0", "keyUsage", "critical,keyCertSign", NULL},
    {"basicConstraints", "critical,CA:TRUE", "keyUsage", "critical,digitalSignature", NULL},
    {"basicConstraints", "critical,CA:TRUE", "keyUsage", "DER:0500", NULL},
    {"basicConstraints", "DER:0500", NULL},
    {"basicConstraints", "critical,CA:TRUE", "extendedKeyUsage", "DER:0500", NULL},
    {"basicConstraints", "critical,CA:FALSE", "keyUsage", "critical,keyCertSign", NULL},
    {"keyUsage", "critical,keyCertSign", NULL},
    {"keyUsage", "critical,digitalSignature", NULL},
    {"nsCertType", "sslCA", NULL},
    {NULL},
};

/* What OpenSSL says about a certificate that it has read. */
static bool is_ca(const pki_t *pki)
{
    X509 *read = X509_dup(pki->cert);
    bool is = X509_check_ca(read) != 0;

    X509_free(read);
    ERR_clear_error();
    return is;
}

TEST_LOOP(certificates_are_cas_as_openssl_says, 0, COUNT(kinds) + 1)
{
    pki_t c = pki_ca("C", NULL);
    bool old = _i == COUNT(kinds);
    pki_t kind = pki_make("kind", NULL, kinds[old ? COUNT(kinds) - 1 : _i], -60, 3600);
    const char *error;

    if (old) {
        X509_set_version(kind.cert, X509_VERSION_1);
        X509_sign(kind.cert, kind.key, EVP_sha256());
    }
    CASET_PUT(&set, "a.pem", &a, &b, &c, &kind);
    error = caset_try(&set, "a.pem");
    ck_assert_msg((*error == '\0') == is_ca(&kind), "kind %d: %s", _i, error);
    pki_free(&c);
    pki_free(&kind);
}

TEST(their_digests_dates_and_certificates_are_the_same)
{
    pki_t c = pki_ca("C", NULL), d = pki_ca("D", NULL);
    unsigned side = 0;
    const cc_ca_group_t *group;

    CASET_PUT(&set, "a.pem", &a, &b, &c, &d);
    caset_open(&set, "a.pem");
    group = cc_ca_group_at(cc_cas_enter(set.cas, &side), 0);
    for (int i = 0; i < 4; i++) {
        const cc_ca_t *ca = cc_ca_at(group, i);
        cc_cert_t *cert = cc_cert_wrap(cc_ca_cert(ca), set.pool);
        unsigned char sha256[32], spki_sha256[32];
        apr_time_t begin, end;

        cc_cert_digests(cert, sha256, spki_sha256);
        cc_cert_validity(cert, &begin, &end);
        ck_assert_mem_eq(ca->sha256, sha256, 32);
        ck_assert_mem_eq(ca->spki_sha256, spki_sha256, 32);
        ck_assert(ca->not_after == end);
        ck_assert_ptr_nonnull(X509_get0_pubkey(cc_ca_cert(ca)));
    }
    pki_free(&c);
    pki_free(&d);
}

/* ---- what is refused ------------------------------------------------------------------- */

TEST(a_certificate_that_is_not_a_ca_is_refused)
{
    expect_refused(join(pem_a(), caset_pem(&set, &client, "CERTIFICATE"), ""), "CC0465",
                   "certificate 2 of the file, \"CN=bob\", is not a CA certificate");
}

TEST(other_blocks_are_refused)
{
    expect_refused(join(pem_a(), pem_b(), caset_pem(&set, &a, "X509 CRL")), "CC0464",
                   "block 3 of the file is \"X509 CRL\"; only blocks CERTIFICATE, X509 "
                   "CERTIFICATE and TRUSTED CERTIFICATE are allowed");
    expect_refused(caset_pem(&set, &a, "\x1b[31mKEY"), "CC0464", "\"\\x1B[31mKEY\"");
}

/* Reading it must not wait for a password. */
TEST(an_encrypted_private_key_is_refused)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    long len;

    ck_assert(PEM_write_bio_PrivateKey_traditional(bio, a.key, EVP_aes_128_cbc(),
                                                   (const unsigned char *)"secret", 6, NULL, NULL));
    len = BIO_get_mem_data(bio, &data);
    expect_refused(join(pem_a(), apr_pstrmemdup(set.pool, data, (apr_size_t)len), ""), "CC0464",
                   "block 2 of the file is \"EC PRIVATE KEY\"");
    BIO_free(bio);
}

TEST(an_encrypted_certificate_is_refused)
{
    const char *pem = pem_a();
    const char *body = strchr(pem, '\n') + 1;

    expect_refused(join("-----BEGIN CERTIFICATE"
                        "-----\nProc-Type: 4,ENCRYPTED\n"
                        "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n",
                        body, ""),
                   "CC0464", "block 1 of the file is damaged");
}

TEST(octets_after_a_certificate_are_refused)
{
    unsigned char *der = NULL;
    int len = i2d_X509(a.cert, &der);
    unsigned char *longer = apr_pcalloc(set.pool, (apr_size_t)len + 2);
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;

    memcpy(longer, der, (apr_size_t)len);
    longer[len] = 5; /* NULL */
    ck_assert(PEM_write_bio(bio, "CERTIFICATE", "", longer, len + 2));
    len = (int)BIO_get_mem_data(bio, &data);
    expect_refused(apr_pstrmemdup(set.pool, data, (apr_size_t)len), "CC0464",
                   "block 1 of the file has octets after the certificate");
    OPENSSL_free(der);
    BIO_free(bio);
}

TEST(damaged_blocks_are_refused)
{
    const char *pem = pem_b();
    char *wrong = apr_pstrdup(set.pool, pem);

    wrong[strlen(pem) / 2] = '!';
    expect_refused(join(pem_a(), wrong, ""), "CC0464", "block 2 of the file is damaged");
    expect_refused(join(pem_a(), "-----BEGIN CERTIFICATE\n", ""), "CC0464", "block 2");
    expect_refused(join("  ", pem, pem_a()), "CC0464", "block 2");
    expect_refused("-----BEGIN CERTIFICATE"
                   "-----\nMAA=\n-----END CERTIFICATE-----\n",
                   "CC0465", "certificate 1 of the file cannot be decoded");
}

/* Reads the first octets of a text as a file: the tag of its error, or "". */
static const char *tag_of(const char *text, apr_size_t len)
{
    apr_array_header_t *ders = apr_array_make(set.pool, 2, sizeof(cc_ca_der_t));
    cc_error_t err = {NULL, NULL, NULL, NULL};
    const char *whole = apr_pstrmemdup(set.pool, text, len);
    apr_status_t status = cc_ca_ders_find(ders, whole, len, "a.pem", set.pool, &err);

    return status == APR_SUCCESS ? "" : err.tag;
}

TEST(a_file_that_is_cut_off_anywhere_is_refused)
{
    const char *whole = join(pem_a(), pem_b(), "");
    apr_size_t first = strlen(pem_a()), len = strlen(whole);

    for (apr_size_t left = 0; left < len - 1; left++) {
        bool between = left == first - 1 || left == first; /* that alone cannot be seen */

        ck_assert_str_eq(tag_of(whole, left), between ? "" : left < 11 ? "CC0466" : "CC0464");
    }
    ck_assert_str_eq(tag_of(whole, len - 1), "");
}

TEST(a_file_without_certificates_is_refused)
{
    expect_refused("", "CC0466", "the file contains no certificate; it must be PEM or a SPIFFE");
    expect_refused("Our CAs are elsewhere.\n", "CC0466", "contains no certificate");
}

TEST(what_is_not_a_regular_file_is_not_read)
{
    refused("CC0463", "cannot be read: No such file");
    ck_assert_int_eq(mkfifo(caset_path(&set, "a.pem"), 0600), 0);
    refused("CC0463", "cannot be read: it is neither a file nor a directory");
}

TEST(a_file_that_is_too_large_is_refused)
{
    CASET_PUT(&set, "a.pem", &a);
    ck_assert_int_eq(truncate(caset_path(&set, "a.pem"), (off_t)16 * 1024 * 1024), 0);
    caset_open(&set, "a.pem");
    ck_assert_int_eq(truncate(caset_path(&set, "a.pem"), (off_t)16 * 1024 * 1024 + 1), 0);
    refused("CC0467", "the file is too large: at most 16 MiB and 20000 certificates");
}

SUITE("files of CAs", .setup = setup, .teardown = teardown, .timeout = 120);
