/* SPDX-License-Identifier: Apache-2.0 */
/* The public header for what is inside a DER value, such as that of an extension. */
#ifndef CC_CERT_INSIDE_H
#define CC_CERT_INSIDE_H

#include "cert/cert.h"

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
