/* SPDX-License-Identifier: Apache-2.0 */
/* Makes values of headers with certificates, for the unit tests, and reads them. */
#include "forwardset.h"

#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "suite.h"

pki_t forward_ca, forward_alice, forward_bob;
apr_pool_t *forward_pool;

void forwardset_begin(void)
{
    apr_initialize();
    apr_pool_create(&forward_pool, NULL);
    forward_ca = pki_ca("CA", NULL);
    forward_alice = pki_client("alice", &forward_ca);
    forward_bob = pki_client("bob", &forward_ca);
}

void forwardset_end(void)
{
    pki_free(&forward_alice);
    pki_free(&forward_bob);
    pki_free(&forward_ca);
    apr_pool_destroy(forward_pool);
}

static X509 *cert_of(char letter)
{
    ck_assert(letter && strchr("abc", letter));
    return letter == 'a' ? forward_alice.cert : letter == 'b' ? forward_bob.cert : forward_ca.cert;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Base64 of the certificates of these letters, and of a NUL for each 0, one after the other. */
static const char *base64_of(const char *letters)
{
    unsigned char *ders = apr_palloc(forward_pool, strlen(letters) * 4096), *end = ders;
    char *text = NULL;

    for (; *letters; letters++) {
        if (*letters == '0')
            *end++ = 0;
        else
            ck_assert_int_gt(i2d_X509(cert_of(*letters), &end), 0);
    }
    text = apr_palloc(forward_pool, (apr_size_t)(end - ders) * 2);
    EVP_EncodeBlock((unsigned char *)text, ders, (int)(end - ders));
    return text;
}

static const char *pem_of(char letter)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *octets = NULL, *text = NULL;

    PEM_write_bio_X509(bio, cert_of(letter));
    text = apr_pstrmemdup(forward_pool, octets, (apr_size_t)BIO_get_mem_data(bio, &octets));
    BIO_free(bio);
    return text;
}

/* The text, in which each character of a list is replaced. */
static const char *replaced(const char *text, const char *list, const char *const *by)
{
    char *out = apr_palloc(forward_pool, 6 * strlen(text) + 1), *to = out;

    for (; *text; text++) {
        const char *at = strchr(list, *text);

        *to = *text;
        to = at ? stpcpy(to, by[at - list]) : to + 1;
    }
    *to = '\0';
    return out;
}

static const char *pem_text(char letter, const char *way)
{
    static const char *const url[] = {"%0A", "%20", "%2B", "%2F", "%3D"};
    static const char *const lower[] = {"%0a", "%20", "%2b", "%2f", "%3d"};
    static const char *const crlf[] = {"%0D%0A", "%20", "%2B", "%2F", "%3D"};
    const char *pem = pem_of(letter);

    if (!strcmp(way, "folded") || !strcmp(way, "tabs"))
        return replaced(pem, "\n", (const char *const[]){way[0] == 'f' ? " " : "\t"});
    if (!strcmp(way, "aws"))
        return replaced(pem, "\n ", url);
    return replaced(pem, "\n +/=",
                    !strcmp(way, "url")     ? url
                    : !strcmp(way, "lower") ? lower
                                            : crlf);
}

static const char *sha256_of(char letter)
{
    unsigned char digest[32];
    char *hex = apr_pcalloc(forward_pool, 65);

    X509_digest(cert_of(letter), EVP_sha256(), digest, NULL);
    for (int i = 0; i < 32; i++)
        sprintf(hex + 2 * i, "%02x", digest[i]);
    return hex;
}

/* The text for what is between braces. */
static const char *named(const char *name)
{
    const char *way = strchr(name, ':'), *times = strchr(name, '*');

    if (times) {
        char *letters = apr_pcalloc(forward_pool, 100);

        memset(letters, name[0], (size_t)atoi(times + 1));
        return base64_of(letters);
    }
    if (!way)
        return base64_of(name);
    return strcmp(way, ":sha256") ? pem_text(name[0], way + 1) : sha256_of(name[0]);
}

const char *forwardset_text(const char *pattern)
{
    const char *text = "", *begin;

    while ((begin = strchr(pattern, '{')) && begin[1] != 'h') {
        const char *end = strchr(begin, '}');

        ck_assert(end != NULL);
        text = apr_pstrcat(
            forward_pool, text,
            apr_pstrmemdup(forward_pool, pattern, (apr_size_t)(begin - pattern)),
            named(apr_pstrmemdup(forward_pool, begin + 1, (apr_size_t)(end - begin - 1))), NULL);
        pattern = end + 1;
    }
    return apr_pstrcat(forward_pool, text, pattern, NULL);
}

/* ---- reading --------------------------------------------------------------------------------- */

static const char *letter_of(X509 *cert)
{
    return !X509_cmp(cert, forward_alice.cert) ? "a"
           : !X509_cmp(cert, forward_bob.cert) ? "b"
                                               : "c";
}

static const char *result_of(const cc_forwarded_certs_t *certs)
{
    const char *text = letter_of(certs->leaf);

    for (int i = 0; i < sk_X509_num(certs->chain); i++)
        text = apr_pstrcat(forward_pool, text, i ? "" : "+",
                           letter_of(sk_X509_value(certs->chain, i)), NULL);
    return text;
}

void forwardset_check(const char *format, const forwardset_case_t *it)
{
    cc_forwarded_certs_t certs = {NULL, NULL};
    cc_error_t err = {0};
    /* not in a pool, so that AddressSanitizer finds what is read behind it */
    char *value = strdup(forwardset_text(it->value));
    apr_status_t status = cc_forward_read(&certs, cc_forward_format_find(format), value,
                                          it->chain ? forwardset_text(it->chain) : NULL,
                                          !it->is_off, forward_pool, &err);
    const char *message = status ? cc_error_text(&err, forward_pool) : "";

    free(value);
    ck_assert_msg(ERR_peek_error() == 0, "%s: OpenSSL's queue has an error", it->value);
    if (status == APR_SUCCESS) {
        ck_assert_msg(!err.tag, "%s: %s", it->value, message);
        ck_assert_msg(!strcmp(result_of(&certs), it->result), "%s: %s", it->value,
                      result_of(&certs));
        return;
    }
    ck_assert_msg(err.tag && !strcmp(err.tag, it->result), "%s: %s", it->value, message);
    ck_assert_msg(!it->part || strstr(message, it->part), "%s: %s", it->value, message);
    ck_assert_msg(strstr(message, apr_pstrcat(forward_pool, "; the format ", format, " is ", NULL)),
                  "%s: %s", it->value, message);
    ck_assert_msg(strlen(message) < 600, "%s: %s", it->value, message);
    ck_assert(!err.word || strlen(err.word) <= 23);
}
