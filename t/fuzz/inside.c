/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes paths into DER: they lead to elements of the input, and what is accepted as DER is also
 * read by OpenSSL.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>

#include "cert/cert.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int done)
{
    if (!done)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(apr_initialize() == APR_SUCCESS);
    return 0;
}

/* The elements to which a legal path leads. */
static apr_array_header_t *follow(const cc_value_t *der, const char *text, apr_pool_t *p)
{
    apr_array_header_t *out = apr_array_make(p, 4, sizeof(cc_value_t));
    const cc_der_path_t *path = NULL;

    must(cc_der_path_read(&path, text, p, NULL) == APR_SUCCESS);
    cc_der_path_follow(out, der, path, p);
    return out;
}

static const cc_value_t *value_at(const apr_array_header_t *values, int i)
{
    return &APR_ARRAY_IDX(values, i, cc_value_t);
}

static void usable_check(const cc_value_t *value)
{
    must(strlen(value->text) == value->len);
    must(!cc_text_unusable(value->text, value->len));
    must(value->key_len > 0 || value->len == 0);
}

typedef cc_value_t read_fn(const cc_value_t *der, apr_pool_t *p);

/* What an element is, does not depend on when it is read. At most one type reads it. */
static void types_check(const cc_value_t *der, apr_pool_t *p)
{
    static read_fn *const reads[] = {cc_der_as_text, cc_der_as_oid, cc_der_as_integer,
                                     cc_der_as_boolean, cc_der_as_time};
    int read = 0;

    for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
        cc_value_t first = reads[i](der, p), second = reads[i](der, p);

        must(!first.unusable == !second.unusable);
        must(strcmp(first.unusable ? first.unusable : first.text,
                    second.unusable ? second.unusable : second.text) == 0);
        if (!first.unusable) {
            usable_check(&first);
            read++;
        }
    }
    must(read <= 1);
}

/* The elements inside are parts of the contents, in their order; the steps 1, 2 ... lead to them.
 */
static void inside_check(const cc_value_t *der, apr_pool_t *p)
{
    cc_value_t content = cc_der_content(der, p);
    apr_array_header_t *every = follow(der, "*", p);
    const char *rest = content.text;

    must(!content.unusable &&
         strncmp(der->text + der->len - content.len, content.text, content.len) == 0);
    for (int i = 0; i < every->nelts; i++) {
        const cc_value_t *element = value_at(every, i);
        const apr_array_header_t *one;

        if (element->unusable)
            return; /* too many elements, in a string of octets */
        usable_check(element);
        rest = strstr(rest, element->text);
        must(rest != NULL);
        rest += element->len;
        one = follow(der, apr_psprintf(p, "%d", i + 1), p);
        must(one->nelts == 1 && strcmp(value_at(one, 0)->text, element->text) == 0);
    }
    must(every->nelts == 0 || *rest == '\0');
    must(follow(der, apr_psprintf(p, "%d", every->nelts + 1), p)->nelts == 0);
}

/* OpenSSL reads BER, so it reads all DER. */
static void openssl_check(const uint8_t *der, size_t len)
{
    BIO *nowhere = BIO_new(BIO_s_null());

    must(nowhere && ASN1_parse(nowhere, der, (long)len, 0) == 1);
    BIO_free(nowhere);
    ERR_clear_error();
}

static void found_check(const apr_array_header_t *found, const cc_value_t *root, apr_pool_t *p)
{
    must(found->nelts <= 1000);
    for (int i = 0; i < found->nelts; i++) {
        const cc_value_t *value = value_at(found, i);

        if (value->unusable) {
            must(found->nelts == 1);
            continue;
        }
        usable_check(value);
        must(strstr(root->text, value->text) != NULL);
        types_check(value, p);
        inside_check(value, p);
    }
}

/* The hex digits of the rest of the input, which people can read; anything else is skipped. */
static uint8_t *from_hex(const uint8_t *data, size_t size, size_t *len, apr_pool_t *p)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *der = apr_pcalloc(p, size + 1);
    size_t count = 0;

    for (size_t i = 0; i < size; i++) {
        const char *digit = data[i] ? strchr(digits, data[i]) : NULL;

        if (digit) {
            der[count / 2] = (uint8_t)(der[count / 2] << 4 | (digit - digits));
            count++;
        }
    }
    *len = count / 2;
    return der;
}

static cc_value_t value_of(const uint8_t *der, size_t len, apr_pool_t *p)
{
    char *hex = apr_palloc(p, 2 * len + 1);

    for (size_t i = 0; i < len; i++)
        apr_snprintf(hex + 2 * i, 3, "%02x", der[i]);
    hex[2 * len] = '\0';
    return (cc_value_t){.text = hex, .len = 2 * len, .key = hex, .key_len = 2 * len};
}

/* The first line is a path; then DER, in hex, or in octets after a line that is empty. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line = memchr(data, '\n', size);
    const cc_der_path_t *path = NULL;
    const uint8_t *der;
    const char *text;
    cc_error_t err = {0};
    cc_value_t value;
    apr_pool_t *p;
    size_t len;

    if (!line)
        return 0;
    must(apr_pool_create(&p, NULL) == APR_SUCCESS);
    text = apr_pstrmemdup(p, (const char *)data, (size_t)(line - data));
    der = line + 1;
    len = size - (size_t)(der - data);
    if (len > 0 && *der == '\n')
        der++, len--;
    else
        der = from_hex(der, len, &len, p);
    value = value_of(der, len, p);
    if (!cc_der_content(&value, p).unusable) {
        openssl_check(der, len);
        types_check(&value, p);
        inside_check(&value, p);
    }
    if (cc_der_path_read(&path, text, p, &err) == APR_SUCCESS)
        found_check(follow(&value, text, p), &value, p);
    else
        must(err.tag && err.message && err.word);
    apr_pool_destroy(p);
    return 0;
}
