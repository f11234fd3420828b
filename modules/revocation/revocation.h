/* SPDX-License-Identifier: Apache-2.0 */
/* The door of revocation: what CRLs and OCSP responders together say of a certificate. */
#ifndef CC_REVOCATION_REVOCATION_H
#define CC_REVOCATION_REVOCATION_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_time.h>

#include "crl/crl.h"
#include "ocsp/ocsp.h"
#include "trust/trust.h"

/** The sources that one virtual host asks, all borrowed. Constant; any thread may use it. */
typedef struct cc_revocation_t {
    cc_crls_t *crls; /* NULL: none */
    cc_ocsp_t *ocsp; /* NULL: off */
    const cc_trust_t *trust;
    bool leaf_alone; /* CRLs are asked about the client's certificate, not about its chain */
} cc_revocation_t;

/** A certificate that has verified; all borrowed. */
typedef struct cc_verified_t {
    X509 *x509;
    const cc_seal_t *seal; /* the verdict on it */
    STACK_OF(X509) * sent; /* what the client sent along with it; NULL in a resumed session */
} cc_verified_t;

/** What the sources come to. */
typedef enum {
    CC_REVOCATION_UNCHECKED, /* no source was asked */
    CC_REVOCATION_GOOD,
    CC_REVOCATION_REVOKED,
    CC_REVOCATION_WAIVED, /* not known, which the settings allow: missing=allow, failure=allow */
    CC_REVOCATION_UNKNOWN /* not known, and no identity without knowing */
} cc_revocation_verdict_t;

/** What is known of the revocation of a certificate. */
typedef struct cc_revocation_status_t {
    cc_revocation_verdict_t verdict;
    const char *reason;         /* CC_REVOCATION_REVOKED: as cc_reason_text has it; else NULL */
    apr_time_t revoked_at;      /* 0: not known, or the very beginning of time */
    const char *problem;        /* NULL, or why it gives no identity, in plain words: for the log */
    const char *public_problem; /* the same for the client: it names no file, host or address */
    apr_uint64_t generation;    /* it holds while cc_revocation_generation gives this number, */
    apr_time_t stale_at;        /* and until then */
} cc_revocation_status_t;

/** A word of the field `revocation`, a literal; NULL where no source was asked. */
const char *cc_revocation_word(cc_revocation_verdict_t verdict);

/**
 * Asks the sources: first the CRLs, then, where these do not refuse the certificate already, the
 * OCSP responder. May take as long as the responder's timeout. Texts are in `p`. Any thread.
 */
void cc_revocation_check(cc_revocation_status_t *status, const cc_revocation_t *revocation,
                         const cc_verified_t *cert, apr_time_t now, apr_pool_t *p);

/** The same of CRLs alone, for a handshake: never waits. */
void cc_revocation_check_crls(cc_revocation_status_t *status, const cc_revocation_t *revocation,
                              const cc_verified_t *cert, apr_time_t now, apr_pool_t *p);

/** Copies the texts of a status to `p`, where they outlive what they were asked with. */
void cc_revocation_status_keep(cc_revocation_status_t *status, apr_pool_t *p);

/** True if both say the same of the certificate, however long they hold. */
bool cc_revocation_status_same(const cc_revocation_status_t *a, const cc_revocation_status_t *b);

/** Of the CRLs that are held; grows when one changes. A few instructions; any thread. */
apr_uint64_t cc_revocation_generation(const cc_revocation_t *revocation);

/* ---- one source at a time ------------------------------------------------------------------ */

/** The status before any source was asked: it holds for ever. */
cc_revocation_status_t cc_revocation_unchecked(void);

/** What the CRLs say; there must be some. Never waits. */
void cc_revocation_crl_answer(cc_crl_answer_t *answer, const cc_revocation_t *revocation,
                              const cc_verified_t *cert, apr_time_t now);

/** What the responder says; there must be one. Texts are in `p`. */
void cc_revocation_ocsp_answer(cc_ocsp_answer_t *answer, const cc_revocation_t *revocation,
                               const cc_verified_t *cert, apr_time_t now, apr_pool_t *p);

/**
 * Puts an answer into a status, which begins as cc_revocation_unchecked: that of the CRLs first.
 * Texts are in `p` or borrowed from the answer.
 */
void cc_revocation_add_crls(cc_revocation_status_t *status, const cc_revocation_t *revocation,
                            const cc_crl_answer_t *answer, apr_pool_t *p);
void cc_revocation_add_ocsp(cc_revocation_status_t *status, const cc_revocation_t *revocation,
                            const cc_ocsp_answer_t *answer, apr_pool_t *p);

/** Where the signers of a responder's answers are looked up: in these CRLs; NULL: nowhere. */
cc_ocsp_lists_t cc_revocation_lists(cc_crls_t *crls);

/* ---- a handshake --------------------------------------------------------------------------- */

/**
 * What CRLs have against a certificate that has verified: X509_V_ERR_CERT_REVOKED, or
 * X509_V_ERR_UNABLE_TO_GET_CRL where they do not know it and must; *depth is that of the
 * certificate at fault, 0 the client's. X509_V_OK: nothing. Never waits.
 */
int cc_revocation_objection(const cc_revocation_t *revocation, const cc_verified_t *cert,
                            apr_time_t now, int *depth);

/**
 * True if a session with this certificate is not to be resumed: CRLs have something against it, or
 * OCSP could not be asked then, for want of its issuer. Never waits.
 */
bool cc_revocation_blocks_resumption(const cc_revocation_t *revocation, const cc_verified_t *cert,
                                     apr_time_t now);

#endif
