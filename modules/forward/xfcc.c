/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the format xfcc, which Envoy defines: elements with "," between them, one for each proxy,
 * of which each proxy appends its own. So only the last one counts; those before it may be the
 * client's. They must be well-formed nevertheless: otherwise it would not be certain where the last
 * element begins. An element consists of KEY=VALUE with ";" between them. A value may be quoted.
 *
 * Envoy writes no space after ",". httpd joins several headers of one name by ", ", and so do other
 * servers. The last of these may be the client's, if the proxy adds a header of its own before it.
 */
#include <string.h>
#include <strings.h>

#include "forward/internal.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* A value as it is in the header, without its quotes; NULL: there is none. */
typedef struct {
    const char *text;
    apr_size_t len;
    bool is_quoted;
} value_t;

typedef struct {
    value_t hash, cert, chain;
} element_t;

/* ---- elements -------------------------------------------------------------------------------- */

static apr_status_t bad(const cc_forward_reading_t *r, const char *at, const char *reason)
{
    return cc_forward_bad(r, "CC0476", at, reason);
}

/* The quote that ends what begins after a quote; NULL: there is none. */
static const char *quote_end(const char *at)
{
    while (*at && *at != '"') {
        at += *at == '\\' && at[1] ? 2 : 1;
    }
    return *at ? at : NULL;
}

/* Reads the value at *at, and moves on to the ";" or "," behind it, or to the end. */
static apr_status_t value_read(const cc_forward_reading_t *r, value_t *value, const char **at)
{
    const char *begin = *at, *end = NULL;

    value->is_quoted = *begin == '"';
    value->text = begin + value->is_quoted;
    end = value->is_quoted ? quote_end(value->text) : begin + strcspn(begin, "\",;");
    if (!end) {
        return bad(r, begin, "the quote that begins here does not end");
    }
    value->len = (apr_size_t)(end - value->text);
    *at = end + value->is_quoted;
    if (**at && !strchr(",;", **at)) {
        return bad(r, *at, "a value must be quoted as a whole, or have no quote");
    }
    return APR_SUCCESS;
}

/* Where the value of a key belongs; NULL: it is not needed. */
static value_t *place_of(element_t *element, const char *key, apr_size_t len)
{
    static const char *const keys[] = {"Hash", "Cert", "Chain"};
    value_t *const places[] = {&element->hash, &element->cert, &element->chain};

    for (int i = 0; i < 3; i++) {
        if (strlen(keys[i]) == len && strncasecmp(keys[i], key, len) == 0) {
            return places[i];
        }
    }
    return NULL;
}

static apr_status_t pair_read(const cc_forward_reading_t *r, element_t *element, const char **at)
{
    const char *key = *at;
    apr_size_t len = strspn(key, LETTERS);
    value_t other = {NULL, 0, false}, *place = place_of(element, key, len);

    if (len == 0 || key[len] != '=') {
        return bad(r, key, "a key and \"=\" must be here");
    }
    if (place && place->text) {
        return bad(r, key, "an element has this key twice");
    }
    *at += len + 1;
    return value_read(r, place ? place : &other, at);
}

static apr_status_t element_read(const cc_forward_reading_t *r, element_t *element, const char **at)
{
    apr_status_t status = APR_SUCCESS;

    memset(element, 0, sizeof(*element));
    status = pair_read(r, element, at);
    while (status == APR_SUCCESS && **at == ';') {
        ++*at;
        status = pair_read(r, element, at);
    }
    return status;
}

/* ---- the certificates of an element ---------------------------------------------------------- */

static char *unquoted(const value_t *value, apr_pool_t *p)
{
    char *text = apr_palloc(p, value->len + 1), *to = text;

    for (apr_size_t i = 0; i < value->len; i++) {
        i += value->is_quoted && value->text[i] == '\\';
        *to++ = value->text[i];
    }
    *to = '\0';
    return text;
}

static bool is_same(X509 *a, X509 *b, apr_pool_t *p)
{
    cc_cert_der_t one = {NULL, 0}, other = {NULL, 0};

    return cc_cert_der_make(&one, a, p) && cc_cert_der_make(&other, b, p) && one.len == other.len &&
           memcmp(one.octets, other.octets, one.len) == 0;
}

static apr_status_t cert_read(cc_forward_reading_t *r, const value_t *value)
{
    apr_status_t status = cc_pem_url_read(r, unquoted(value, r->pool));

    return status == APR_SUCCESS && sk_X509_num(r->certs) != 1
               ? cc_forward_bad(r, "CC0478", NULL, "Cert has several certificates")
               : status;
}

/* Chain begins with the client's certificate, which Cert repeats. */
static apr_status_t chain_read(cc_forward_reading_t *r, const element_t *element)
{
    cc_forward_reading_t own = cc_reading_make(r->format, r->pool, r->err);
    apr_status_t status = cc_pem_url_read(r, unquoted(&element->chain, r->pool));

    if (status == APR_SUCCESS && element->cert.text) {
        status = cert_read(&own, &element->cert);
    }
    if (status == APR_SUCCESS && element->cert.text &&
        !is_same(sk_X509_value(own.certs, 0), sk_X509_value(r->certs, 0), r->pool)) {
        return cc_forward_bad(r, "CC0478", NULL,
                              "the first certificate of Chain is not that of Cert");
    }
    return status;
}

static bool is_hash_of(X509 *cert, const char *hash, apr_pool_t *p)
{
    cc_cert_der_t der = {NULL, 0};
    const char *sha256 = cc_cert_der_make(&der, cert, p) ? cc_cert_der_sha256(&der, p) : NULL;

    return sha256 && strcasecmp(sha256, hash) == 0;
}

static apr_status_t certs_read(cc_forward_reading_t *r, const element_t *element)
{
    apr_status_t status = APR_SUCCESS;
    const char *hash = NULL;

    if (!element->cert.text && !element->chain.text) {
        return cc_forward_bad(r, "CC0477", NULL,
                              "the last element has no Cert and no Chain; the proxy must be "
                              "configured to send Cert (Envoy: set_current_client_cert_details "
                              "with cert: true)");
    }
    status = element->chain.text ? chain_read(r, element) : cert_read(r, &element->cert);
    if (status != APR_SUCCESS || !element->hash.text) {
        return status;
    }
    hash = unquoted(&element->hash, r->pool);
    return is_hash_of(sk_X509_value(r->certs, 0), hash, r->pool)
               ? APR_SUCCESS
               : cc_forward_bad(r, "CC0478", hash,
                                "Hash is not the SHA-256 digest of the certificate");
}

static apr_status_t xfcc_read(cc_forward_reading_t *r, const char *value)
{
    element_t element;
    const char *at = value;
    apr_status_t status = element_read(r, &element, &at);

    while (status == APR_SUCCESS && *at) { /* at a "," */
        at++;
        status =
            strchr(" \t", *at) && *at
                ? bad(r, at,
                      "there are several headers of this name, which httpd joins by \", \"; the "
                      "proxy must replace the header of the client, or append to its value")
                : element_read(r, &element, &at);
    }
    return status == APR_SUCCESS ? certs_read(r, &element) : status;
}

const cc_forward_codec_t cc_codec_xfcc = {
    "what Envoy sends, \"Hash=...;Cert=\\\"URL-encoded PEM\\\";Subject=\\\"...\\\"\"", xfcc_read,
    cc_xfcc_write};
