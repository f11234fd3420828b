/* SPDX-License-Identifier: Apache-2.0 */
/* The public header of revocation: the status of a certificate by CRLs and OCSP together. */
#ifndef CC_REVOCATION_REVOCATION_H
#define CC_REVOCATION_REVOCATION_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_time.h>

#include "crl/crl.h"
#include "ocsp/ocsp.h"
#include "trust/trust.h"

/** The sources of one virtual host, all borrowed. Constant; any thread may use it. */
typedef struct cc_revocation_t {
    cc_crls_t *crls; /* NULL: none */
    cc_ocsp_t *ocsp; /* NULL: off */
    const cc_trust_t *trust;
    bool leaf_alone; /* CRLs are consulted only for the client's certificate, not for its chain */
} cc_revocation_t;

/** A certificate that has verified; all borrowed. */
typedef struct cc_verified_t {
    X509 *x509;
    const cc_seal_t *seal; /* the verdict on it */
    STACK_OF(X509) * sent; /* the other certificates that the client sent; NULL if resumed */
} cc_verified_t;

/** The combined result of the sources. */
typedef enum {
    CC_REVOCATION_UNCHECKED, /* no source was consulted */
    CC_REVOCATION_GOOD,
    CC_REVOCATION_REVOKED,
    CC_REVOCATION_WAIVED, /* unknown, which the settings allow: missing=allow, failure=allow */
    CC_REVOCATION_UNKNOWN /* unknown, so no identity */
} cc_revocation_verdict_t;

/** The revocation status of a certificate. */
typedef struct cc_revocation_status_t {
    cc_revocation_verdict_t verdict;
    const char *reason;         /* CC_REVOCATION_REVOKED: from cc_reason_text; otherwise NULL */
    apr_time_t revoked_at;      /* 0: not known, or 1970-01-01 */
    const char *problem;        /* NULL, or why it gives no identity, in plain words: for the log */
    const char *public_problem; /* the same for the client: it names no file, host or address */
    cc_fault_t fault;           /* the same, for code: CC_CAUSE_REVOKED, _NO_CRL, _OCSP, or _NONE */
    apr_uint64_t generation;    /* valid while cc_revocation_generation returns this number, */
    apr_time_t stale_at;        /* and until this time */
} cc_revocation_status_t;

/** The value of the field `revocation`, a literal. */
const char *cc_revocation_word(cc_revocation_verdict_t verdict);

/**
 * Consults the sources: first the CRLs, and if these do not refuse the certificate, the OCSP
 * responder. This may take as long as the responder's timeout. Texts are in `p`. Any thread may
 * call.
 */
void cc_revocation_check(cc_revocation_status_t *status, const cc_revocation_t *revocation,
                         const cc_verified_t *cert, apr_time_t now, apr_pool_t *p);

/** The same with CRLs alone, for a handshake: never waits. */
void cc_revocation_check_crls(cc_revocation_status_t *status, const cc_revocation_t *revocation,
                              const cc_verified_t *cert, apr_time_t now, apr_pool_t *p);

/** Copies the texts of a status to `p`, so that they outlive the pool of the check. */
void cc_revocation_status_keep(cc_revocation_status_t *status, apr_pool_t *p);

/** True if both describe the same status, however long each is valid. */
bool cc_revocation_status_same(const cc_revocation_status_t *a, const cc_revocation_status_t *b);

/**
 * The generation of the loaded CRLs, which grows when one changes. This costs a few instructions.
 * Any thread may call.
 */
apr_uint64_t cc_revocation_generation(const cc_revocation_t *revocation);

/* ---- one source at a time ------------------------------------------------------------------ */

/** The status before any source is consulted, which is valid for ever. */
cc_revocation_status_t cc_revocation_unchecked(void);

/** The answer of the CRLs, which must exist. Never waits. */
void cc_revocation_crl_answer(cc_crl_answer_t *answer, const cc_revocation_t *revocation,
                              const cc_verified_t *cert, apr_time_t now);

/** The answer of the responder, which must exist. Texts are in `p`. */
void cc_revocation_ocsp_answer(cc_ocsp_answer_t *answer, const cc_revocation_t *revocation,
                               const cc_verified_t *cert, apr_time_t now, apr_pool_t *p);

/** The same if it needs no responder; otherwise false. Never waits. */
bool cc_revocation_ocsp_foresee(cc_ocsp_answer_t *answer, const cc_revocation_t *revocation,
                                const cc_verified_t *cert, apr_pool_t *p);

/**
 * Merges an answer into a status, which begins as cc_revocation_unchecked. The answer of the CRLs
 * comes first. Texts are in `p` or borrowed from the answer.
 */
void cc_revocation_add_crls(cc_revocation_status_t *status, const cc_revocation_t *revocation,
                            const cc_crl_answer_t *answer, apr_pool_t *p);
void cc_revocation_add_ocsp(cc_revocation_status_t *status, const cc_ocsp_answer_t *answer,
                            apr_pool_t *p);

/** The lists in which signers of OCSP answers are looked up: these CRLs; NULL: none. */
cc_ocsp_lists_t cc_revocation_lists(cc_crls_t *crls);

/* ---- a handshake --------------------------------------------------------------------------- */

/**
 * The objection of CRLs to a certificate that has verified: X509_V_ERR_CERT_REVOKED, or
 * X509_V_ERR_UNABLE_TO_GET_CRL if they must cover the certificate and do not; *depth is that of the
 * certificate at fault, 0 the client's. X509_V_OK: no objection. Never waits.
 */
int cc_revocation_objection(const cc_revocation_t *revocation, const cc_verified_t *cert,
                            apr_time_t now, int *depth);

/**
 * True if a session with this certificate must not be resumed: CRLs object to it, or OCSP could not
 * be asked because its issuer's certificate is missing. Never waits.
 */
bool cc_revocation_blocks_resumption(const cc_revocation_t *revocation, const cc_verified_t *cert,
                                     apr_time_t now);

#endif
