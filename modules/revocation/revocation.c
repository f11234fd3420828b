/* SPDX-License-Identifier: Apache-2.0 */
/* Combines the answers of CRLs and OCSP responders about a certificate. */
#include "revocation/revocation.h"

#include <string.h>

#include <apr_strings.h>

#include "base/moment.h"

/*
 * Each source gives its own verdict. A setting of the source decides whether an unknown status is
 * waived: `missing` for CRLs, `failure` and `missing` for OCSP. Then one of the two verdicts
 * counts:
 *
 *               OCSP:  good     revoked  waived   unknown
 *   CRLs:
 *   unchecked          OCSP     OCSP     OCSP     OCSP
 *   good               CRLs     OCSP     CRLs     OCSP
 *   revoked            CRLs     OCSP     CRLs     CRLs
 *   waived             OCSP     OCSP     CRLs     OCSP
 *   unknown            CRLs     OCSP     CRLs     CRLs
 *
 * A source that revokes the certificate takes precedence over one that does not. If both revoke it,
 * the responder counts, since it learns of revocations first. If CRLs refuse a certificate, no
 * responder is asked at all, except by the tool, which shows the answer of each source.
 */
static const bool ocsp_counts[5][5] = {
    [CC_REVOCATION_UNCHECKED] = {false, true, true, true, true},
    [CC_REVOCATION_GOOD] = {false, false, true, false, true},
    [CC_REVOCATION_REVOKED] = {false, false, true, false, false},
    [CC_REVOCATION_WAIVED] = {false, true, true, false, true},
    [CC_REVOCATION_UNKNOWN] = {false, false, true, false, false},
};

/* Texts for clients. Details are only logged, since they contain names, addresses and files. */
static const char not_known[] = "this server could not find out whether it was revoked";

const char *cc_revocation_word(cc_revocation_verdict_t verdict)
{
    static const char *const words[] = {
        [CC_REVOCATION_UNCHECKED] = "unchecked", [CC_REVOCATION_GOOD] = "good",
        [CC_REVOCATION_REVOKED] = "revoked",     [CC_REVOCATION_WAIVED] = "unknown",
        [CC_REVOCATION_UNKNOWN] = "unknown",
    };

    return words[verdict];
}

cc_revocation_status_t cc_revocation_unchecked(void)
{
    return (cc_revocation_status_t){.stale_at = APR_INT64_MAX};
}

static void verdict_set(cc_revocation_status_t *status, cc_revocation_verdict_t verdict)
{
    status->verdict = verdict;
    status->reason = NULL;
    status->revoked_at = 0;
    status->problem = status->public_problem = NULL;
    status->fault = (cc_fault_t){CC_CAUSE_NONE, 0, 0};
}

/* The certificate at this depth of the chain, as the subject of a sentence. */
static const char *subject_text(int depth, apr_pool_t *p)
{
    if (depth == 0) {
        return "it";
    }
    return depth == 1 ? "the CA one level above it"
                      : apr_psprintf(p, "the CA %d levels above it", depth);
}

/* `depth` is that of the certificate. */
static void revoked_set(cc_revocation_status_t *status, int depth, const char *reason,
                        apr_time_t at, apr_pool_t *p)
{
    verdict_set(status, CC_REVOCATION_REVOKED);
    status->fault = (cc_fault_t){CC_CAUSE_REVOKED, depth, 0};
    status->reason = reason;
    status->revoked_at = at;
    status->problem = apr_psprintf(p, "%s was revoked on %s (%s)", subject_text(depth, p),
                                   cc_moment_text(at, p), reason ? reason : "no reason given");
    status->public_problem = status->problem;
}

static void unknown_set(cc_revocation_status_t *status, cc_fault_t fault, const char *problem)
{
    verdict_set(status, CC_REVOCATION_UNKNOWN);
    status->fault = fault;
    status->problem = problem;
    status->public_problem = not_known;
}

/* ---- CRLs ---------------------------------------------------------------------------------- */

void cc_revocation_crl_answer(cc_crl_answer_t *answer, const cc_revocation_t *revocation,
                              const cc_verified_t *cert, apr_time_t now)
{
    if (revocation->leaf_alone) {
        cc_crls_check_leaf(answer, revocation->crls, cert->x509, cert->seal, now);
    } else {
        cc_crls_check_chain(answer, revocation->crls, cert->x509, cert->seal, now);
    }
}

static cc_revocation_verdict_t crl_verdict(const cc_revocation_t *revocation,
                                           const cc_crl_answer_t *answer)
{
    switch (answer->state) {
    case CC_CRL_GOOD:
        return CC_REVOCATION_GOOD;
    case CC_CRL_REVOKED:
        return CC_REVOCATION_REVOKED;
    default:
        return !answer->no_issuer && !answer->incomplete &&
                       cc_crls_spec(revocation->crls)->missing_allow
                   ? CC_REVOCATION_WAIVED
                   : CC_REVOCATION_UNKNOWN;
    }
}

void cc_revocation_add_crls(cc_revocation_status_t *status, const cc_revocation_t *revocation,
                            const cc_crl_answer_t *answer, apr_pool_t *p)
{
    cc_revocation_verdict_t verdict = crl_verdict(revocation, answer);

    status->generation = answer->generation;
    status->stale_at = answer->stale_at;
    if (verdict == CC_REVOCATION_REVOKED) {
        revoked_set(status, answer->depth, cc_reason_text(answer->reason), answer->revoked_at, p);
    } else if (verdict == CC_REVOCATION_UNKNOWN) {
        unknown_set(status, (cc_fault_t){CC_CAUSE_NO_CRL, answer->depth, 0},
                    apr_psprintf(p, "no current CRL covers %s: %s", subject_text(answer->depth, p),
                                 answer->cause));
    } else {
        verdict_set(status, verdict);
    }
}

/* ---- OCSP ---------------------------------------------------------------------------------- */

void cc_revocation_ocsp_answer(cc_ocsp_answer_t *answer, const cc_revocation_t *revocation,
                               const cc_verified_t *cert, apr_time_t now, apr_pool_t *p)
{
    X509 *issuer = cc_trust_issuer(revocation->trust, cert->seal, cert->x509, cert->sent);
    cc_ocsp_subject_t subject = {cert->x509, issuer};

    cc_ocsp_status(answer, revocation->ocsp, &subject, now, p);
    X509_free(issuer);
}

bool cc_revocation_ocsp_foresee(cc_ocsp_answer_t *answer, const cc_revocation_t *revocation,
                                const cc_verified_t *cert, apr_pool_t *p)
{
    X509 *issuer = cc_trust_issuer(revocation->trust, cert->seal, cert->x509, cert->sent);
    cc_ocsp_subject_t subject = {cert->x509, issuer};
    bool known = issuer && cc_ocsp_foresee(answer, revocation->ocsp, &subject, p);

    X509_free(issuer);
    return known;
}

static cc_revocation_verdict_t ocsp_verdict(const cc_ocsp_answer_t *answer)
{
    switch (answer->status) {
    case CC_OCSP_GOOD:
        return CC_REVOCATION_GOOD;
    case CC_OCSP_REVOKED:
        return CC_REVOCATION_REVOKED;
    default:
        return answer->waived ? CC_REVOCATION_WAIVED : CC_REVOCATION_UNKNOWN;
    }
}

static const char *ocsp_problem(const cc_ocsp_answer_t *answer, apr_pool_t *p)
{
    if (answer->status == CC_OCSP_UNKNOWN) {
        return "the OCSP responder does not know it";
    }
    return apr_psprintf(p, "there is no valid OCSP answer for it: %s",
                        answer->error ? answer->error : "no answer");
}

void cc_revocation_add_ocsp(cc_revocation_status_t *status, const cc_ocsp_answer_t *answer,
                            apr_pool_t *p)
{
    cc_revocation_verdict_t verdict = ocsp_verdict(answer);

    if (answer->status == CC_OCSP_UNCHECKED) {
        return;
    }
    if (answer->ask_at < status->stale_at) {
        status->stale_at = answer->ask_at;
    }
    if (!ocsp_counts[status->verdict][verdict]) {
        return;
    }
    if (verdict == CC_REVOCATION_REVOKED) {
        revoked_set(status, 0, answer->reason, answer->revoked_at, p);
    } else if (verdict == CC_REVOCATION_UNKNOWN) {
        unknown_set(status, (cc_fault_t){CC_CAUSE_OCSP, 0, 0}, ocsp_problem(answer, p));
    } else {
        verdict_set(status, verdict);
    }
}

cc_ocsp_lists_t cc_revocation_lists(cc_crls_t *crls)
{
    return crls ? (cc_ocsp_lists_t){cc_crls_revoke, crls, cc_crls_spec(crls)->where}
                : (cc_ocsp_lists_t){.revoked = NULL};
}

/* ---- both ---------------------------------------------------------------------------------- */

void cc_revocation_check_crls(cc_revocation_status_t *status, const cc_revocation_t *revocation,
                              const cc_verified_t *cert, apr_time_t now, apr_pool_t *p)
{
    cc_crl_answer_t answer;

    *status = cc_revocation_unchecked();
    if (revocation->crls) {
        cc_revocation_crl_answer(&answer, revocation, cert, now);
        cc_revocation_add_crls(status, revocation, &answer, p);
    }
}

void cc_revocation_check(cc_revocation_status_t *status, const cc_revocation_t *revocation,
                         const cc_verified_t *cert, apr_time_t now, apr_pool_t *p)
{
    cc_ocsp_answer_t answer;

    cc_revocation_check_crls(status, revocation, cert, now, p);
    if (revocation->ocsp && !status->problem) {
        cc_revocation_ocsp_answer(&answer, revocation, cert, now, p);
        cc_revocation_add_ocsp(status, &answer, p);
    }
}

void cc_revocation_status_keep(cc_revocation_status_t *status, apr_pool_t *p)
{
    const char *problem = status->problem;
    bool same = status->public_problem == problem; /* otherwise it is a literal, as is `reason` */

    status->problem = problem ? apr_pstrdup(p, problem) : NULL;
    status->public_problem = same ? status->problem : status->public_problem;
}

static bool text_same(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

bool cc_revocation_status_same(const cc_revocation_status_t *a, const cc_revocation_status_t *b)
{
    return a->verdict == b->verdict && text_same(a->reason, b->reason) &&
           text_same(a->problem, b->problem) && a->revoked_at == b->revoked_at;
}

apr_uint64_t cc_revocation_generation(const cc_revocation_t *revocation)
{
    return revocation->crls ? cc_crls_generation(revocation->crls) : 0;
}

/* ---- a handshake --------------------------------------------------------------------------- */

int cc_revocation_objection(const cc_revocation_t *revocation, const cc_verified_t *cert,
                            apr_time_t now, int *depth)
{
    cc_crl_answer_t answer;

    if (!revocation->crls) {
        return X509_V_OK;
    }
    cc_revocation_crl_answer(&answer, revocation, cert, now);
    *depth = answer.depth;
    switch (crl_verdict(revocation, &answer)) {
    case CC_REVOCATION_REVOKED:
        return X509_V_ERR_CERT_REVOKED;
    case CC_REVOCATION_UNKNOWN:
        return X509_V_ERR_UNABLE_TO_GET_CRL;
    default:
        return X509_V_OK;
    }
}

/* An OCSP request needs the issuer's certificate, which may be missing in a resumed session. */
static bool issuer_is_missing(const cc_revocation_t *revocation, const cc_verified_t *cert)
{
    X509 *issuer = cc_trust_issuer(revocation->trust, cert->seal, cert->x509, cert->sent);

    X509_free(issuer);
    return issuer == NULL;
}

bool cc_revocation_blocks_resumption(const cc_revocation_t *revocation, const cc_verified_t *cert,
                                     apr_time_t now)
{
    int depth;

    return cc_revocation_objection(revocation, cert, now, &depth) != X509_V_OK ||
           (revocation->ocsp && issuer_is_missing(revocation, cert));
}
