/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the format xfcc, in which nothing of a certificate can end a value or an element. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include <openssl/x509v3.h>

#include "forward/internal.h"

/* ---- Subject --------------------------------------------------------------------------------- */

/*
 * Receivers disagree on whether a backslash in quotes escapes a quote only, or any character. So
 * what RFC 2253 escapes is written as \HH, which RFC 4514 allows as well: there is no quote in the
 * text, and no backslash in front of one.
 */
static const char *name_escape(const char *text, apr_size_t len, apr_pool_t *p)
{
    static const char digits[] = "0123456789ABCDEF";
    char *escaped = apr_palloc(p, 3 * len + 1), *to = escaped;

    for (apr_size_t i = 0; i < len; i++) {
        bool is_pair = text[i] == '\\' && i + 1 < len;
        char c = text[i += is_pair];

        if (is_pair && apr_isxdigit(c)) {
            *to++ = '\\';
            *to++ = c;
        } else if (is_pair || c == '"' || c == '\\') {
            *to++ = '\\';
            *to++ = digits[(unsigned char)c >> 4];
            *to++ = digits[c & 15];
        } else {
            *to++ = c;
        }
    }
    *to = '\0';
    return escaped;
}

/* The subject as ASCII text; NULL: OpenSSL failed. */
static const char *subject_text(X509 *cert, apr_pool_t *p)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const char *text = NULL;
    char *octets = NULL;

    if (bio && X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253) >= 0) {
        long len = BIO_get_mem_data(bio, &octets);
        text = name_escape(octets, (apr_size_t)len, p);
    }
    BIO_free(bio);
    return text;
}

/* ---- URI ------------------------------------------------------------------------------------- */

/* True if the octets are all of those that a URI may have (RFC 3986 2). */
static bool is_uri(const char *text, apr_size_t len)
{
    for (apr_size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~' || strchr("\"\\<>^`{|}", text[i])) {
            return false;
        }
    }
    return len > 0;
}

/* ";URI=..." for each URI among the alternative names; one that is not a URI is left out. */
static const char *uris_text(X509 *cert, apr_pool_t *p)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    apr_array_header_t *parts = apr_array_make(p, 4, sizeof(const char *));

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const ASN1_STRING *uri = name->type == GEN_URI ? name->d.uniformResourceIdentifier : NULL;
        const char *octets = uri ? (const char *)ASN1_STRING_get0_data(uri) : NULL;

        if (uri && is_uri(octets, (apr_size_t)ASN1_STRING_length(uri))) {
            const char *text = apr_pstrmemdup(p, octets, (apr_size_t)ASN1_STRING_length(uri));
            const char *quote = strpbrk(text, ",;=") ? "\"" : "";

            APR_ARRAY_PUSH(parts, const char *) = apr_pstrcat(p, ";URI=", quote, text, quote, NULL);
        }
    }
    GENERAL_NAMES_free(names);
    return apr_array_pstrcat(p, parts, '\0');
}

/* ---- the element ----------------------------------------------------------------------------- */

static const char *pem_text(const cc_cert_der_t *ders, int count, apr_pool_t *p)
{
    return cc_percent_write(cc_pem_write(ders, count, p), p);
}

const char *cc_xfcc_write(const cc_cert_der_t *ders, int count, X509 *leaf, apr_pool_t *p)
{
    const char *hash = cc_cert_der_sha256(ders, p), *subject = subject_text(leaf, p);

    return hash && subject ? apr_pstrcat(p, "Hash=", hash, ";Cert=\"", pem_text(ders, 1, p),
                                         count > 1 ? "\";Chain=\"" : "",
                                         count > 1 ? pem_text(ders, count, p) : "", "\";Subject=\"",
                                         subject, "\"", uris_text(leaf, p), NULL)
                           : NULL;
}
