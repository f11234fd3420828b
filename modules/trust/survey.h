/* SPDX-License-Identifier: Apache-2.0 */
/* Public header of surveys: what the CAs of a trust are good for. */
#ifndef CC_TRUST_SURVEY_H
#define CC_TRUST_SURVEY_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "trust/trust.h"

/** Whether a certificate of the store can be above a client's certificate. */
typedef enum {
    CC_SURVEYED_CA,        /* it can */
    CC_SURVEYED_NOT_CA,    /* it is not a CA certificate, and not trusted itself */
    CC_SURVEYED_EXPIRED,   /* no certificate of the store with this name is valid now */
    CC_SURVEYED_NOT_YET,   /* likewise */
    CC_SURVEYED_NO_ISSUER, /* the store does not have its issuer, and it is not trusted itself */
    CC_SURVEYED_OTHER      /* it cannot for another reason, or is trusted itself and is not a CA */
} cc_surveyed_state_t;

/** The CRLs of a CA in the store, where mod_ssl looks for them. */
typedef enum { CC_SURVEYED_NO_CRL, CC_SURVEYED_CRL_EXPIRED, CC_SURVEYED_CRL } cc_surveyed_crl_t;

/** A certificate of the store. Texts are in the form of RFC 4514, and escaped for a log. */
typedef struct cc_surveyed_t {
    const char *name;
    const char *issuer;
    const char *subject; /* the name as in a rule, which is not escaped; NULL: none, or unusable */
    const char *file, *domain; /* ClientCertCA: where it is from (cc_ca_t); file NULL: not set */
    int limit;                 /* depth= of its group; -1: SSLVerifyDepth counts */
    cc_surveyed_state_t state;
    apr_time_t date;        /* _NOT_YET: its notBefore; otherwise its notAfter */
    bool ends_soon;         /* _CA: and no CA of its name ends later (cc_ca_ends_soon) */
    int depth;              /* _CA: the SSLVerifyDepth that certificates issued by it need */
    bool root;              /* _CA: its chain ends with it */
    bool like_client;       /* _CA: it signed itself, may be a client, and is for clients by its
                             * extended key usage, or has an email address or DNS name */
    bool issues_cas;        /* _CA: it has issued another CA of the store */
    cc_surveyed_crl_t crl;  /* _CA */
    apr_time_t next_update; /* CC_SURVEYED_CRL_EXPIRED: of the last one to expire */
} cc_surveyed_t;

/**
 * All certificates of the store (of cc_surveyed_t), in `p`. Takes time in proportion to their
 * number. Leaves nothing in OpenSSL's error queue. One thread.
 */
apr_array_header_t *cc_trust_survey(const cc_trust_t *trust, apr_time_t now, apr_pool_t *p);

/**
 * True if at least one certificate of a PEM file has the name of one in the store, or can be
 * verified by it apart from its dates, with the help of the others of the file; also if the file
 * contains none. Takes time in proportion to their number. Leaves nothing in OpenSSL's error queue.
 * One thread.
 */
bool cc_trust_knows_any(const cc_trust_t *trust, const char *path, apr_pool_t *p);

#endif
