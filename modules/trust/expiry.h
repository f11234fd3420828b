/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the CAs of a trust that expire soon, or have expired. */
#ifndef CC_TRUST_EXPIRY_H
#define CC_TRUST_EXPIRY_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "trust/trust.h"

/** How soon a CA expires. Each stage follows the one before it. */
typedef enum {
    CC_CA_EXPIRES_LATER,
    CC_CA_EXPIRES_MONTH, /* within 30 days */
    CC_CA_EXPIRES_WEEK,  /* within 7 days */
    CC_CA_EXPIRES_DAY,   /* within 24 hours */
    CC_CA_EXPIRED        /* its notAfter has passed */
} cc_ca_stage_t;

/** A CA that expires soon, or has expired. */
typedef struct cc_ca_expiry_t {
    cc_ca_stage_t stage; /* not CC_CA_EXPIRES_LATER */
    unsigned char sha256[32];
    const char *subject; /* in the form of RFC 4514, escaped for a log */
    const char *path;    /* of its file; NULL: it is of the store */
    apr_time_t not_after;
    apr_time_t renewed_until; /* the notAfter of a CA with the same name and key that is valid when
                                 this one expires; 0: there is none */
} cc_ca_expiry_t;

/**
 * The CAs of a trust that expire soon or have expired (of cc_ca_expiry_t), in `p`, the first to
 * expire first. A stage is left out if it is longer than a third of the life of a CA. *next becomes
 * the time when a CA reaches its next stage, if that is sooner. A folder of SSLCACertificatePath is
 * not read. Takes time in proportion to the number of CAs. Leaves nothing in OpenSSL's error queue.
 * Any thread.
 */
apr_array_header_t *cc_trust_expiring(const cc_trust_t *trust, apr_time_t now, apr_time_t *next,
                                      apr_pool_t *p);

#endif
