/* SPDX-License-Identifier: Apache-2.0 */
/* Values of certificates: their types, and functions on names and IP addresses. */
#ifndef CC_CERT_VALUE_H
#define CC_CERT_VALUE_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>

#include "base/error.h"

/** The type of a value, which decides which operators work on it. */
typedef enum {
    CC_TYPE_TEXT,   /* UTF-8 */
    CC_TYPE_DN,     /* a distinguished name, compared as a structure (RFC 5280 7.1) */
    CC_TYPE_NUMBER, /* a signed 64 bit integer */
    CC_TYPE_TIME,   /* a moment, to the second, UTC */
    CC_TYPE_OCTETS, /* bytes, written in hex; case and colons do not matter */
    CC_TYPE_DER     /* an ASN.1 value in DER (X.690): written and compared as octets */
} cc_type_t;

/**
 * One value. If `unusable` is NULL, `text` is valid UTF-8 without NUL, control or bidirectional
 * control characters (cc_text_unusable), and is NUL-terminated too. Otherwise `unusable` is a
 * literal: the reason why nothing may be decided by this value. Then text/len hold the raw octets
 * for a log (never to be printed without cc_text_escape), and the other members mean nothing.
 */
typedef struct cc_value_t {
    const char *text; /* in its usual form: RFC 4514 for a DN, hex, ISO 8601, decimal */
    apr_size_t len;
    const char *key; /* two values are equal if and only if their keys are (octet by octet) */
    apr_size_t key_len;
    apr_int64_t number;   /* CC_TYPE_NUMBER: the number; CC_TYPE_TIME: seconds since 1970 */
    const char *unusable; /* NULL, or the reason */
    const void *dn;       /* CC_TYPE_DN: private to cert, for the functions on names */
    bool unknown;         /* it is unusable, and may be any number of values, or none */
} cc_value_t;

/** A number, of CC_TYPE_NUMBER. Its text lives as long as `p`. */
cc_value_t cc_value_number(apr_int64_t number, apr_pool_t *p);

/** Octets in lower-case hex, of CC_TYPE_OCTETS. The text lives as long as `p`. */
cc_value_t cc_value_octets(const unsigned char *octets, apr_size_t len, apr_pool_t *p);

/**
 * The SHA-2 digest of octets with this many bits: 256, 384 or 512. Unusable if OpenSSL fails. Lives
 * as long as `p`.
 */
cc_value_t cc_value_digest(const unsigned char *octets, apr_size_t len, int bits, apr_pool_t *p);

/** The values of one field, in the order of the certificate; count is 0 if there are none. */
typedef struct cc_values_t {
    int count;
    const cc_value_t *at;
} cc_values_t;

/**
 * Parses the operand of an operator for values of this type that are not those of a field
 * (cc_field_operand): text, a DN, a number, a date, hex. APR_EINVAL: the error (CC02xx) says what
 * is legal. Lives as long as `p`.
 */
apr_status_t cc_type_operand(cc_value_t *value, cc_type_t type, const char *text, apr_pool_t *p,
                             cc_error_t *err);

/* ---- distinguished names ----------------------------------------------------------------- */

/**
 * True if DN `v` is `base` or is below it: its RDNs begin with all RDNs of `base`. Names are equal,
 * here and by their keys, as RFC 5280 7.1 defines it: types by OID, an RDN as a set, string types
 * ignored, and values as cc_fold_prepare (base/fold.h) prepares them: case and surplus spaces are
 * ignored. A value that is not a character string is compared by its DER.
 */
bool cc_value_under(const cc_value_t *v, const cc_value_t *base);

/**
 * A DN value with its RDNs in reverse order, as some programs write it. Unusable if `v` is unusable
 * or not a DN.
 */
cc_value_t cc_value_reversed(const cc_value_t *v, apr_pool_t *p);

/**
 * The slash form of a DN value (/C=DE/O=Example/CN=host/x), as in grid-mapfiles: a text value. "/"
 * and "+" in a value are written as they are. Unusable if another name could have the same text (a
 * value that contains "/CN=" or "\x41"), or if a value is not a character string.
 */
cc_value_t cc_value_oneline(const cc_value_t *v, apr_pool_t *p);

/**
 * The text of a DN value of a certificate that mod_ssl has in SSL_CLIENT_S_DN, byte for byte:
 * X509_NAME_print_ex with XN_FLAG_RFC2253. Different names have different texts. Unusable for the
 * value of an operand, whose string types are not known.
 */
cc_value_t cc_value_rfc2253(const cc_value_t *v, apr_pool_t *p);

/**
 * The same with "SSLOptions +LegacyDNStringFormat": X509_NAME_oneline. Unusable if another name has
 * the same text. For the value of an operand: the text of a certificate in UTF-8.
 */
cc_value_t cc_value_legacy(const cc_value_t *v, apr_pool_t *p);

/**
 * Reads a name in the slash form of grid-mapfiles (/C=DE/O=Example/CN=host/srv), from the root
 * down: *name is the DN value, which lives as long as `p`. An attribute begins at a "/", or at a
 * "+" if it belongs to the same RDN, but only where a type and "=" follow. `\/`, `\+`, `\*`, `\"`
 * and `\\` are these characters in a value, and `\xHH` is an octet of its UTF-8. NULL, or why the
 * text is not exactly one name (a literal, or in `p`).
 */
const char *cc_name_slashes_read(cc_value_t *name, const char *text, apr_size_t len, apr_pool_t *p);

/* ---- networks ---------------------------------------------------------------------------- */

/**
 * Reads a network for cc_value_within: an address with the length of its prefix (10.0.0.0/8,
 * 2001:db8::/32; RFC 4632, RFC 4291 2.3), or a single address. APR_EINVAL (CC0237): the error has
 * what is legal, for instance if bits after the prefix are set. Lives as long as `p`.
 */
apr_status_t cc_network_read(cc_value_t *network, const char *text, apr_pool_t *p, cc_error_t *err);

/**
 * True if a value of a field of addresses is in the network. An IPv6 address that has an IPv4
 * address in it (::ffff:192.0.2.1) is an IPv6 address. False for other text ("unix").
 */
bool cc_value_within(const cc_value_t *v, const cc_value_t *network);

/* ---- inside DER ---------------------------------------------------------------------------- */

/*
 * These functions look inside a usable value of CC_TYPE_DER, and copy what they find into `p`. It
 * must be one element of valid DER, with at most 1,000 elements, 16 levels and 65,536 octets.
 * Otherwise, and if it is something else, the result is unusable. Any thread may call, each with
 * its own pool.
 */

/** A path from an element to elements inside it: "1/[0]/string". Constant. */
typedef struct cc_der_path_t cc_der_path_t;

/** Reads a path, which lives as long as `p`. APR_EINVAL: CC0247 or CC0248, with what is legal. */
apr_status_t cc_der_path_read(const cc_der_path_t **path, const char *text, apr_pool_t *p,
                              cc_error_t *err);

/** Whether the path leads to at most one element: all steps are numbers. */
bool cc_der_path_single(const cc_der_path_t *path);

/**
 * Pushes (cc_value_t, DER) the elements to which the path leads, in their order: none, or any
 * number; or one unusable value.
 */
void cc_der_path_follow(apr_array_header_t *out, const cc_value_t *der, const cc_der_path_t *path,
                        apr_pool_t *p);

/**
 * The value of a primitive element: a character string; an object identifier, as dotted text; an
 * INTEGER or ENUMERATED of at most 64 bits, as a number; a BOOLEAN, as the text true or false; a
 * time in the form of RFC 5280 4.1.2.5. It may be the element itself, or wrapped in any number of
 * elements that have exactly one element inside: sequences, sets, explicit tags, OCTET STRINGs.
 */
cc_value_t cc_der_as_text(const cc_value_t *der, apr_pool_t *p);
cc_value_t cc_der_as_oid(const cc_value_t *der, apr_pool_t *p);
cc_value_t cc_der_as_integer(const cc_value_t *der, apr_pool_t *p);
cc_value_t cc_der_as_boolean(const cc_value_t *der, apr_pool_t *p);
cc_value_t cc_der_as_time(const cc_value_t *der, apr_pool_t *p);

/** The content octets of the element itself, without tag and length: a value of octets. */
cc_value_t cc_der_content(const cc_value_t *der, apr_pool_t *p);

/** The octets of a DER or octets value, read as UTF-8: a text. They need not be valid DER. */
cc_value_t cc_octets_utf8(const cc_value_t *octets, apr_pool_t *p);

#endif
