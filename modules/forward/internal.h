/* SPDX-License-Identifier: Apache-2.0 */
/* Private header of forward: the parts of which the formats are made. */
#ifndef CC_FORWARD_INTERNAL_H
#define CC_FORWARD_INTERNAL_H

#include "forward/forward.h"

/** The value of a header that is being read, and the certificates found in it so far. */
typedef struct cc_forward_reading_t {
    const cc_forward_format_t *format; /* NULL: the value is DER itself */
    STACK_OF(X509) * certs;            /* owned by the pool */
    bool in_chain;                     /* the value is that of the header of the chain */
    apr_pool_t *pool;
    cc_error_t *err;
} cc_forward_reading_t;

/** The DER encoding of a certificate. */
typedef struct cc_cert_der_t {
    const unsigned char *octets;
    apr_size_t len;
} cc_cert_der_t;

/** How a format is read and written: the same for the header of the chain, if that is apart. */
typedef struct cc_forward_codec_t {
    const char *look; /* how a value looks, for messages */

    /** Adds the certificates of a value, which is not empty, to r->certs: one at least. */
    apr_status_t (*read)(cc_forward_reading_t *r, const char *value);

    /**
     * The value for one certificate or several. `leaf` is the first of them, or NULL in a header
     * of the chain. NULL: the format is only read. NULL as result: it cannot be encoded.
     */
    const char *(*write)(const cc_cert_der_t *ders, int count, X509 *leaf, apr_pool_t *p);
} cc_forward_codec_t;

extern const cc_forward_codec_t cc_codec_rfc9440, cc_codec_xfcc, cc_codec_pem_url;
extern const cc_forward_codec_t cc_codec_pem_bare, cc_codec_der, cc_codec_alb;

/** The writer of xfcc (xfcc_write.c). */
const char *cc_xfcc_write(const cc_cert_der_t *ders, int count, X509 *leaf, apr_pool_t *p);

/* ---- errors (bad.c) ---- */

/**
 * Fills r->err and returns APR_EINVAL. `at` points to the fault in a text, of which a short part
 * is quoted; NULL: nothing is. `reason` is what is wrong there.
 */
apr_status_t cc_forward_bad(const cc_forward_reading_t *r, const char *tag, const char *at,
                            const char *reason);

/** NULL, or what this text is that proxies send in place of a certificate. */
const char *cc_forward_placeholder(const char *value);

/** Adds to an error about the value what format it is in, if it is in another one. */
void cc_forward_hint(const cc_forward_reading_t *r, const char *value);

/* ---- certificates (certs.c) ---- */

/** A reading of its own, without certificates. */
cc_forward_reading_t cc_reading_make(const cc_forward_format_t *format, apr_pool_t *p,
                                     cc_error_t *err);

/**
 * Adds the certificate to r->certs: the octets are its DER, and nothing else. NULL: decoding has
 * failed, and has filled the error.
 */
apr_status_t cc_reading_add(cc_forward_reading_t *r, const unsigned char *der, apr_size_t len);

/** The same for one certificate or several, one after the other. */
apr_status_t cc_reading_add_all(cc_forward_reading_t *r, const unsigned char *ders, apr_size_t len);

/** The DER of a certificate, in `p`. False: it cannot be encoded. */
bool cc_cert_der_make(cc_cert_der_t *der, X509 *cert, apr_pool_t *p);

/** The SHA-256 digest of octets in hex, in lower case; NULL: OpenSSL failed. In `p`. */
const char *cc_cert_der_sha256(const cc_cert_der_t *der, apr_pool_t *p);

/* ---- base64, RFC 4648 4 (base64.c) ---- */

/**
 * Decodes `len` characters strictly: nothing but the alphabet, padded to a multiple of four
 * characters, and no bits left over that are not 0. NULL: CC0481. In the pool of the reading.
 */
const unsigned char *cc_base64_read(const cc_forward_reading_t *r, apr_size_t *size,
                                    const char *text, apr_size_t len);

/** The same without a reading. NULL: *bad is the place at fault, *reason what is wrong there. */
unsigned char *cc_base64_decode(apr_size_t *size, const char *text, apr_size_t len,
                                const char **bad, const char **reason, apr_pool_t *p);

/** The number of characters of so many octets. */
apr_size_t cc_base64_length(apr_size_t size);

/** Writes these characters and a NUL to `to`, and returns the place of the NUL. */
char *cc_base64_write(char *to, const cc_cert_der_t *der);

/* ---- URL encoding, RFC 3986 2.1 (percent.c) ---- */

/**
 * Decodes %HH; "+" is a plus. The text must be printable, without spaces, and without %00. NULL:
 * CC0479.
 */
char *cc_percent_read(const cc_forward_reading_t *r, const char *text);

/** The text in which all but unreserved characters are encoded. */
const char *cc_percent_write(const char *text, apr_pool_t *p);

/* ---- PEM, RFC 7468 (pem.c) ---- */

/** The first line of a certificate in PEM. */
#define CC_PEM_BEGIN                                                                               \
    "-----BEGIN "                                                                                  \
    "CERTIFICATE-----"

/**
 * Adds the certificates of a text to r->certs: blocks of CERTIFICATE, and nothing else. Lines end
 * with LF or CRLF; `folded`: with spaces or tabs instead. Changes the text.
 */
apr_status_t cc_pem_read(cc_forward_reading_t *r, char *text, bool folded);

/** Certificates as PEM. */
const char *cc_pem_write(const cc_cert_der_t *ders, int count, apr_pool_t *p);

/** Adds the certificates of URL-encoded PEM (pem_url.c). */
apr_status_t cc_pem_url_read(cc_forward_reading_t *r, const char *value);

#endif
