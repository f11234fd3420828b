/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what is known of a certificate that may be an issuer: its place in a chain. */
#ifndef CC_TRUST_AUTHORITY_H
#define CC_TRUST_AUTHORITY_H

#include <apr_tables.h>

#include "trust/trust.h"

/** A certificate that may be an issuer, and its place in the chain to what is trusted. */
typedef struct cc_authority_t {
    X509 *cert;
    unsigned char sha256[32];
    unsigned char spki_sha256[32];
    bool verified; /* else it stands in the store, but no chain leads from it: no parent, no root */
    bool anchor;   /* it is the end of its chain: no parent */
    unsigned char parent_sha256[32];
    unsigned char parent_spki_sha256[32];
    unsigned char root_sha256[32];
} cc_authority_t;

/** All of the store (of cc_authority_t *); they live as long as `p`. */
apr_array_header_t *cc_authorities_of_store(const cc_trust_t *trust, apr_pool_t *p);

/**
 * A certificate from elsewhere, with those that came along: NULL unless it verifies against the
 * store now. Takes a reference.
 */
cc_authority_t *cc_authority_make(const cc_trust_t *trust, X509 *cert, STACK_OF(X509) * along,
                                  apr_pool_t *p);

#endif
