/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the CA component share. */
#ifndef CC_CA_INTERNAL_H
#define CC_CA_INTERNAL_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>

#include <openssl/x509.h>

#include "base/error.h"
#include "ca/ca.h"

/** The DER encoding of a certificate, which may have trust settings after it (X509_AUX). */
typedef struct cc_ca_der_t {
    const unsigned char *at;
    apr_size_t len;
} cc_ca_der_t;

/* ---- SPIFFE (bundle.c, spiffe.c) ------------------------------------------------------------- */

/** True if the text of a file can only be a JSON document: it begins with "{", after spaces. */
bool cc_ca_bundle_is(const char *text, apr_size_t len);

/**
 * Adds the certificates of a SPIFFE bundle document (of cc_ca_der_t, in `p`): the `x5c` of the keys
 * whose `use` is x509-svid. Errors (CC0470 to CC0472) name `path`. It may be from anyone: every
 * length is bounded by `len`.
 */
apr_status_t cc_ca_bundle_read(apr_array_header_t *ders, const char *text, apr_size_t len,
                               const char *path, apr_pool_t *p, cc_error_t *err);

/** The longest trust domain (SPIFFE ID 2.1), and the size of its text. */
#define CC_SPIFFE_DOMAIN_MAX 255
#define CC_SPIFFE_DOMAIN_SIZE (CC_SPIFFE_DOMAIN_MAX + 1)

/** True if a text is a trust domain, which is in lower case (SPIFFE ID 2.1). */
bool cc_spiffe_domain_is(const char *text);

/** What the SPIFFE ID of a client's certificate says. */
typedef enum {
    CC_SPIFFE_NONE, /* it has no URI with the scheme spiffe */
    CC_SPIFFE_ID,   /* it is an X509-SVID, and `domain` is filled in */
    CC_SPIFFE_BAD   /* it has such a URI, but violates X509-SVID; *problem is why, a literal */
} cc_spiffe_kind_t;

/**
 * Reads the SPIFFE ID of a leaf (X509-SVID 2, 4 and 5.2; SPIFFE ID 2). Leaves nothing in OpenSSL's
 * error queue. Any thread.
 */
cc_spiffe_kind_t cc_spiffe_read(char domain[CC_SPIFFE_DOMAIN_SIZE], const char **problem,
                                const X509 *leaf);

#endif
