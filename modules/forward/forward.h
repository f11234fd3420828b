/* SPDX-License-Identifier: Apache-2.0 */
/* Public header of forward: the formats in which proxies pass on the certificate of a client. */
#ifndef CC_FORWARD_H
#define CC_FORWARD_H

#include <stdbool.h>

#include <apr_pools.h>

#include <openssl/x509.h>

#include "base/error.h"

/** Where the certificates above the client's are sent. */
typedef enum {
    CC_FORWARD_CHAIN_APART, /* in a header of their own */
    CC_FORWARD_CHAIN_WITHIN /* in the header of the client's certificate */
} cc_forward_chain_t;

/**
 * A format of a header. Constant; there is one record for each format.
 *
 * rfc9440: a byte sequence of structured fields (RFC 9440, RFC 8941 3.3.5); the chain is a list.
 * xfcc: Envoy's elements, of which only the last one counts; Cert or Chain is needed, and Hash must
 * be right.
 * pem-url: URL-encoded PEM, in which "+" is a plus; also PEM that is not encoded, whose line ends
 * are spaces or tabs.
 * pem-bare: base64, with "," between certificates.
 * der: base64 of DER; in the chain, of one certificate or several one after the other, or with ","
 * between them.
 * alb: URL-encoded PEM, of one certificate or several one after the other.
 */
typedef struct cc_forward_format_t {
    const char *name;   /* as directives write it: "rfc9440", "xfcc", "pem-url", "pem-bare", "der",
                           "alb" */
    const char *header; /* the usual name of the header */
    const char *chain_header; /* APART: the usual name of the header of the chain; NULL: none */
    cc_forward_chain_t chain;
    bool is_sent; /* ClientCertForward can send it; false: it can only be read (alb) */
    const struct cc_forward_codec_t *codec; /* private to forward */
} cc_forward_format_t;

/** The format with this name, in any case; NULL: there is none. */
const cc_forward_format_t *cc_forward_format_find(const char *name);

/** The names of all formats, or of those that can be sent: "rfc9440, xfcc, ... or der". In `p`. */
const char *cc_forward_format_names(bool sent, apr_pool_t *p);

/** The certificates of a client, as read from headers. */
typedef struct cc_forwarded_certs_t {
    X509 *leaf;
    STACK_OF(X509) * chain; /* the others, in their order, without the leaf; may be empty */
} cc_forwarded_certs_t;

/** The most certificates above the client's in a chain, and the most octets of a value. */
#define CC_FORWARD_CHAIN_MAX 16
#define CC_FORWARD_VALUE_MAX 65536

/**
 * Reads the value of a header strictly: what the format does not allow is an error, never guessed.
 * A certificate must be DER, so that it has one encoding. `chain_value` is the value of the header
 * of the chain, for CC_FORWARD_CHAIN_APART; NULL or "": there is none. `reads_chain`: for
 * CC_FORWARD_CHAIN_WITHIN, further certificates are the chain of the first; otherwise, a second
 * certificate is an error. The certificates are released with `p`. APR_EINVAL: CC0473 to CC0483,
 * with what is wrong and how the format looks; the word is a short part of the value, which
 * cc_error_text escapes. Nothing is left in OpenSSL's error queue. The time is linear in the length
 * of the values. Any thread, each with its own pool.
 */
apr_status_t cc_forward_read(cc_forwarded_certs_t *certs, const cc_forward_format_t *format,
                             const char *value, const char *chain_value, bool reads_chain,
                             apr_pool_t *p, cc_error_t *err);

/**
 * Reads the DER of one certificate, as the PROXY protocol passes it on: as strictly as
 * cc_forward_read, with the same rules for `certs`, which get no chain. APR_EINVAL: CC0482. Any
 * thread, each with its own pool.
 */
apr_status_t cc_forward_read_der(cc_forwarded_certs_t *certs, const unsigned char *der,
                                 apr_size_t len, apr_pool_t *p, cc_error_t *err);

/** Header values that carry certificates. In the pool of the call; no octet outside 0x20-0x7E. */
typedef struct cc_forward_values_t {
    const char *value;
    const char *chain_value; /* NULL: none, or the chain is in `value` */
} cc_forward_values_t;

/**
 * Writes a certificate as values of headers. `chain`: the certificates above it, from its issuer
 * up, to be sent too; NULL: none. APR_EINVAL (CC0484) if a certificate cannot be encoded, if there
 * are more than CC_FORWARD_CHAIN_MAX above it, or if the format cannot be sent. Nothing in a
 * certificate can end a value or add one. A value may be longer than CC_FORWARD_VALUE_MAX. Any
 * thread, each with its own pool.
 */
apr_status_t cc_forward_write(cc_forward_values_t *values, const cc_forward_format_t *format,
                              X509 *leaf, STACK_OF(X509) * chain, apr_pool_t *p, cc_error_t *err);

/* ---- names of headers (names.c) -------------------------------------------------------------- */

/**
 * The name of a header as a back end may fold it: letters in lower case and digits, without "-",
 * "_" and other signs. Names with the same folded form are the same for a CGI program. In `p`.
 */
const char *cc_header_folded(const char *name, apr_pool_t *p);

/** True if both names have the same folded form. Any thread. */
bool cc_header_same(const char *a, const char *b);

/**
 * True for the name of a header, in any spelling, by which some proxy passes on a certificate, or
 * what it found out about one: those of RFC 9440, Envoy, Traefik, ingress-nginx, AWS, Azure, Google
 * Cloud, Cloudflare, Akamai and WebLogic, the usual ones of nginx, HAProxy and httpd, and all that
 * begin with "ClientCert". Fast for other names: most are excluded by their first letter. Any
 * thread.
 */
bool cc_header_is_of_certificates(const char *name);

/** False if no name of these begins with this character. Any thread. */
bool cc_header_may_begin(char c);

/** The result of a proxy's own verification of its client's certificate (ssl-client-verify). */
typedef enum {
    CC_VETO_NONE,  /* not the name of such a header, or a value that does not object */
    CC_VETO_FAILED /* the proxy did not verify the certificate, or there was none */
} cc_veto_t;

/**
 * The veto of one header: those named ssl-client-verify, X-SSL-Client-Verify, X-Client-Verify, in
 * any spelling. Only three values do not object: SUCCESS (nginx, httpd), 0 (HAProxy), and an empty
 * one (HAProxy and nginx without TLS). A value that does not object never confirms anything. Any
 * thread.
 */
cc_veto_t cc_header_veto(const char *name, const char *value);

#endif
