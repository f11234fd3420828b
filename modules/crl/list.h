/* SPDX-License-Identifier: Apache-2.0 */
/* Declares a CRL with its fields, extensions, entries and signature, and texts for messages. */
#ifndef CC_CRL_LIST_H
#define CC_CRL_LIST_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include <openssl/x509v3.h>

#include "crl/der.h"
#include "trust/trust.h"

/* ---- revoked certificates (serials.c) ---------------------------------------------------- */

#define CC_SERIAL_MAX 120  /* octets; RFC 5280 allows 20, and CAs have written 40 */
#define CC_SERIAL_ISSUER 4 /* octets before it that identify the issuer, in an indirect CRL */

/** A serial number as the content octets of its INTEGER. */
typedef struct cc_serial_t {
    unsigned char len;
    unsigned char octets[CC_SERIAL_ISSUER + CC_SERIAL_MAX];
} cc_serial_t;

/** An entry of a CRL. */
typedef struct cc_revoked_t {
    apr_uint32_t at;      /* seconds since 1970; dates after 2106 become the last possible value */
    unsigned char reason; /* RFC 5280 5.3.1 */
} cc_revoked_t;

enum { CC_REASON_UNSPECIFIED = 0, CC_REASON_REMOVE = 8 };

/** A set of serial numbers. Filled by one thread; then constant, and any thread may read it. */
typedef struct cc_serials_t cc_serials_t;

/** An empty set for entries of this size in DER; NULL: out of memory. */
cc_serials_t *cc_serials_create(apr_size_t der_size);
void cc_serials_free(cc_serials_t *serials); /* NULL is allowed */
void cc_serials_add(cc_serials_t *serials, const cc_serial_t *key, const cc_revoked_t *revoked);

/** Completes the set for cc_serials_find; false: out of memory. */
bool cc_serials_finish(cc_serials_t *serials);
bool cc_serials_find(const cc_serials_t *serials, const cc_serial_t *key, cc_revoked_t *revoked);
apr_uint32_t cc_serials_count(const cc_serials_t *serials);

/* ---- the fields of a CRL (tbs.c) --------------------------------------------------------- */

/** The parts of a CRL: its tbsCertList and the signature; all spans are of the octets read. */
typedef struct cc_crl_tbs_t {
    cc_der_span_t octets;    /* the signed octets: the tbsCertList, an element */
    cc_der_span_t algorithm; /* an element; the same inside and outside */
    cc_der_span_t signature; /* the octets of the bit string */
    cc_der_span_t issuer;    /* an element */
    cc_der_span_t revoked;   /* the entries */
    cc_der_span_t extensions;
    bool v2;
    apr_time_t this_update;
    apr_time_t next_update;
} cc_crl_tbs_t;

/** Splits a CRL into its parts (RFC 5280 5.1): NULL, or what is wrong, a literal. */
const char *cc_crl_tbs_read(cc_crl_tbs_t *tbs, cc_der_span_t der);

/* ---- the scope of a CRL (extensions.c, idp.c) -------------------------------------------- */

/* A bit for each of the ReasonFlags (RFC 5280 4.2.1.13), keyCompromise to aACompromise. */
#define CC_REASONS_ALL 0x1FEu

/** The issuing distribution point (RFC 5280 5.2.5). */
typedef struct cc_crl_idp_t {
    ISSUING_DIST_POINT *extension; /* NULL: none; owned by the CRL */
    bool indirect;
    bool only_user, only_ca, only_attribute;
    unsigned reasons;
} cc_crl_idp_t;

/* Octets of the key of a stream (stream.c): a digest, and whether it is a stream of deltas. */
#define CC_STREAM_KEY 33

/** A CRL number: the larger one is the later one. */
typedef struct cc_crl_number_t {
    unsigned char len; /* 0: no number */
    unsigned char octets[20];
} cc_crl_number_t;

/** A CRL whose signature is valid. Constant, except for the members of the polling thread. */
typedef struct cc_crl_t {
    apr_pool_t *pool;
    int holders;
    X509_NAME *issuer;
    const char *issuer_text;
    unsigned char signer_spki_sha256[32]; /* of the key that signed it */
    unsigned char stream_key[CC_STREAM_KEY];
    cc_der_span_t signature;
    apr_size_t size; /* of the signed octets */
    cc_crl_number_t number;
    const char *number_text;
    bool delta;
    cc_crl_number_t base; /* of a delta */
    apr_time_t this_update;
    apr_time_t next_update;
    apr_time_t loaded_at;
    cc_crl_idp_t idp;
    AUTHORITY_KEYID *akid;       /* NULL: none */
    apr_array_header_t *issuers; /* of X509_NAME *: the issuers of the entries of an indirect CRL */
    cc_serials_t *serials;
    bool reported_stale; /* for the polling thread: what it has reported about the CRL */
    bool reported_signer;
    bool reported_alone;
} cc_crl_t;

/** -1, 0 or 1: `a` is lower than, equal to or higher than `b`. */
int cc_crl_number_compare(const cc_crl_number_t *a, const cc_crl_number_t *b);

/** Reads the extensions of a CRL into it: NULL, or what is wrong. */
const char *cc_crl_extensions_read(cc_crl_t *crl, const cc_crl_tbs_t *tbs);

/** ReasonFlags as a mask; NULL: all. */
unsigned cc_reasons_of(const ASN1_BIT_STRING *bits);

/** The reasons that this CRL of the certificate's own issuer covers, if it does not list it. */
unsigned cc_crl_reasons(const cc_crl_t *crl, X509 *cert);

/**
 * The same for an indirect CRL of another issuer: 0 unless the certificate names that issuer.
 * *named: whether it does, regardless of the scope of the CRL.
 */
unsigned cc_crl_reasons_indirect(const cc_crl_t *crl, X509 *cert, bool *named);

/* ---- texts for messages (text.c) --------------------------------------------------------- */

/** A name in the form of RFC 4514, safe for a log. */
const char *cc_name_text(const X509_NAME *name, apr_pool_t *p);

/** The OID of an extension, with its name if it has one. */
const char *cc_extension_text(const cc_extension_t *extension, apr_pool_t *p);

/** The number in decimal, or "none". */
const char *cc_crl_number_text(const cc_crl_number_t *number, apr_pool_t *p);

/** 'the CRL of "CN=Staff CA", number 12,': the start of a sentence. */
const char *cc_crl_text(const cc_crl_t *crl, apr_pool_t *p);

/* ---- entries (entries.c), signatures (signature.c) ----------------------------------- */

/** Reads the entries into crl->serials and crl->issuers: NULL, or what is wrong. */
const char *cc_crl_entries_read(cc_crl_t *crl, cc_der_span_t entries);

/** True if the key signed it. Otherwise *error is the reason, a literal. */
bool cc_crl_signed_by(const cc_crl_tbs_t *tbs, EVP_PKEY *key, const char **error);

#endif
