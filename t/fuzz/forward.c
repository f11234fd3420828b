/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the headers by which proxies pass on certificates. The first octet of the input chooses
 * the format (bits 0 to 2), and whether the chain counts (bit 3). The rest is the value, after a
 * NUL that of the chain. The octets 1 to 6 are replaced by parts of values with certificates, so
 * that the corpus contains none. What is read is written, and read again as the same certificates.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/text.h"
#include "forward/internal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int done)
{
    if (!done) {
        abort();
    }
}

static const char *const formats[] = {"rfc9440", "xfcc", "pem-url", "pem-bare",
                                      "der",     "alb",  "rfc9440", "der"};

#define PARTS 7

/* What the octets are replaced by: base64, URL-encoded PEM, folded PEM, and the digest of the one
 * certificate; base64 and URL-encoded PEM of the other. */
static const char *parts[PARTS];
static apr_pool_t *pool;

/* ---- parts ----------------------------------------------------------------------------------- */

static cc_cert_der_t cert_make(const char *cn)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    cc_cert_der_t der = {NULL, 0};

    must(key && cert && X509_set_version(cert, X509_VERSION_3));
    must(X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                                    (const unsigned char *)cn, -1, -1, 0));
    must(X509_gmtime_adj(X509_getm_notBefore(cert), 0) != NULL);
    must(X509_gmtime_adj(X509_getm_notAfter(cert), 86400) != NULL);
    must(X509_set_pubkey(cert, key) && X509_sign(cert, key, EVP_sha256()));
    must(cc_cert_der_make(&der, cert, pool));
    X509_free(cert);
    EVP_PKEY_free(key);
    return der;
}

static const char *base64_of(const cc_cert_der_t *der)
{
    char *text = apr_palloc(pool, cc_base64_length(der->len) + 1);

    cc_base64_write(text, der);
    return text;
}

static const char *folded(const char *pem)
{
    char *text = apr_pstrdup(pool, pem);

    for (char *at = text; (at = strchr(at, '\n'));) {
        *at = ' ';
    }
    return text;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    cc_cert_der_t one, other;

    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS && atexit(apr_terminate) == 0);
    must(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    one = cert_make("one \"quoted\"; name, \\");
    other = cert_make("other");
    parts[1] = base64_of(&one);
    parts[2] = cc_percent_write(cc_pem_write(&one, 1, pool), pool);
    parts[3] = folded(cc_pem_write(&one, 1, pool));
    parts[4] = cc_cert_der_sha256(&one, pool);
    parts[5] = base64_of(&other);
    parts[6] = cc_percent_write(cc_pem_write(&other, 1, pool), pool);
    return 0;
}

/* The text with its parts in place; *end is where it stops: at a NUL or at the end. */
static const char *text_make(const uint8_t **at, const uint8_t *end, apr_pool_t *p)
{
    size_t len = 1;
    char *text = NULL, *to = NULL;

    for (const uint8_t *octet = *at; octet < end && *octet; octet++) {
        len += *octet < PARTS ? strlen(parts[*octet]) : 1;
    }
    to = text = apr_palloc(p, len);
    for (; *at < end && **at; ++*at) {
        if (**at < PARTS) {
            to = stpcpy(to, parts[**at]);
        } else {
            *to++ = (char)**at;
        }
    }
    *to = '\0';
    return text;
}

/* ---- claims ---------------------------------------------------------------------------------- */

static void printable(const char *text)
{
    for (; text && *text; text++) {
        must(*text >= 0x20 && *text <= 0x7E);
    }
}

static void same(X509 *a, X509 *b, apr_pool_t *p)
{
    cc_cert_der_t one, other;

    must(cc_cert_der_make(&one, a, p) && cc_cert_der_make(&other, b, p));
    must(one.len == other.len && memcmp(one.octets, other.octets, one.len) == 0);
}

/* Writes the certificates in a format, and reads them again. */
static void round_trip(const cc_forwarded_certs_t *certs, const char *name, apr_pool_t *p)
{
    const cc_forward_format_t *format = cc_forward_format_find(name);
    cc_forward_values_t values = {NULL, NULL};
    cc_forwarded_certs_t again = {NULL, NULL};

    must(cc_forward_write(&values, format, certs->leaf, certs->chain, p, NULL) == APR_SUCCESS);
    printable(values.value);
    printable(values.chain_value);
    if (strlen(values.value) > CC_FORWARD_VALUE_MAX ||
        (values.chain_value && strlen(values.chain_value) > CC_FORWARD_VALUE_MAX)) {
        return;
    }
    must(cc_forward_read(&again, format, values.value, values.chain_value, true, p, NULL) ==
         APR_SUCCESS);
    same(certs->leaf, again.leaf, p);
    must(sk_X509_num(certs->chain) == sk_X509_num(again.chain));
    for (int i = 0; i < sk_X509_num(certs->chain); i++) {
        same(sk_X509_value(certs->chain, i), sk_X509_value(again.chain, i), p);
    }
}

static void read_check(const cc_forward_format_t *format, const char *value,
                       const char *chain_value, bool reads_chain, apr_pool_t *p)
{
    cc_error_t err = {NULL, NULL, NULL, NULL};
    cc_forwarded_certs_t certs = {NULL, NULL};
    apr_status_t status = cc_forward_read(&certs, format, value, chain_value, reads_chain, p, &err);

    must((status == APR_SUCCESS) == (err.tag == NULL) && ERR_peek_error() == 0);
    if (status != APR_SUCCESS) {
        const char *text = cc_error_text(&err, p);

        must(!cc_text_unusable(text, strlen(text)));
        return;
    }
    must(sk_X509_num(certs.chain) <= CC_FORWARD_CHAIN_MAX);
    must(reads_chain || format->chain == CC_FORWARD_CHAIN_APART || !sk_X509_num(certs.chain));
    for (int i = 0; i < 5; i++) {
        round_trip(&certs, formats[i], p);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *at = data + 1, *end = data + size;
    apr_pool_t *p = NULL;
    const char *value = NULL;

    if (size == 0) {
        return 0;
    }
    must(apr_pool_create(&p, NULL) == APR_SUCCESS);
    value = text_make(&at, end, p);
    at += at < end;
    read_check(cc_forward_format_find(formats[data[0] & 7]), value,
               at < end ? text_make(&at, end, p) : NULL, data[0] & 8, p);
    apr_pool_destroy(p);
    return 0;
}
