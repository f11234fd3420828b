/* SPDX-License-Identifier: Apache-2.0 */
/* Answers queries about certificates and about the loaded CRLs, in any thread. */
#include <openssl/err.h>

#include "cert/cert.h"
#include "crl/internal.h"

apr_uint64_t cc_crls_generation(cc_crls_t *crls)
{
    return cc_snapshot_number(&crls->versions);
}

/* The generation is read first, so that an answer is never kept longer than its version. */
static cc_crl_check_t check_begin(cc_crl_answer_t *answer, cc_crls_t *crls, unsigned *side)
{
    cc_crl_check_t check = {.grace = crls->spec->grace};

    *answer = (cc_crl_answer_t){.stale_at = APR_INT64_MAX};
    answer->generation = cc_crls_generation(crls);
    check.version = cc_snapshot_enter(&crls->versions, side);
    return check;
}

void cc_crls_check(cc_crl_answer_t *answer, cc_crls_t *crls, X509 *cert,
                   const unsigned char *ca_spki_sha256, apr_time_t now)
{
    unsigned side = 0;
    cc_crl_check_t check = check_begin(answer, crls, &side);

    check.cert = cert;
    check.ca_spki_sha256 = ca_spki_sha256;
    check.now = now;
    cc_crl_check_one(answer, &check);
    cc_snapshot_leave(&crls->versions, side);
}

/* Ends a check. An unknown certificate of a CA whose CRL may not be loaded yet is not accepted. */
static void check_end(cc_crl_answer_t *answer, const cc_crl_check_t *check, const cc_seal_t *seal)
{
    if (answer->state == CC_CRL_UNKNOWN &&
        cc_crl_authorities_lack(check->version->read_for, seal)) {
        answer->incomplete = true;
        answer->cause = "its CA has been added, and not all files of CRLs have been read since";
    }
}

void cc_crls_check_leaf(cc_crl_answer_t *answer, cc_crls_t *crls, X509 *cert, const cc_seal_t *seal,
                        apr_time_t now)
{
    unsigned side = 0;
    cc_crl_check_t check = check_begin(answer, crls, &side);

    check.cert = cert;
    check.ca_spki_sha256 = seal->ca_known ? seal->ca_spki_sha256 : NULL;
    check.now = now;
    cc_crl_check_one(answer, &check);
    check_end(answer, &check, seal);
    cc_snapshot_leave(&crls->versions, side);
}

void cc_crls_check_chain(cc_crl_answer_t *answer, cc_crls_t *crls, X509 *cert,
                         const cc_seal_t *seal, apr_time_t now)
{
    unsigned side = 0;
    cc_crl_check_t check = check_begin(answer, crls, &side);

    check.cert = cert;
    check.ca_spki_sha256 = seal->ca_known ? seal->ca_spki_sha256 : NULL;
    check.now = now;
    cc_crl_check_one(answer, &check);
    if (seal->ca_known) {
        cc_crl_check_chain(answer, &check, seal->ca_sha256);
    }
    check_end(answer, &check, seal);
    cc_snapshot_leave(&crls->versions, side);
}

static bool has_issued(const cc_authority_t *ca, X509 *cert)
{
    return X509_NAME_cmp(X509_get_subject_name(ca->cert), X509_get_issuer_name(cert)) == 0 &&
           X509_verify(cert, X509_get0_pubkey(ca->cert)) == 1;
}

/* True if a CRL lists a certificate of a CA that is known here. */
static bool is_revoked_by_any(cc_crls_t *crls, X509 *cert, apr_time_t now)
{
    unsigned side = 0;
    cc_crl_answer_t ignored;
    cc_crl_check_t check = check_begin(&ignored, crls, &side);
    const apr_array_header_t *all = check.version->authorities;
    bool revoked = false;

    ERR_set_mark();
    check.cert = cert;
    check.now = now;
    for (int i = 0; !revoked && i < all->nelts; i++) {
        const cc_authority_t *ca = APR_ARRAY_IDX(all, i, const cc_authority_t *);
        cc_crl_answer_t answer = {.stale_at = APR_INT64_MAX};

        if (has_issued(ca, cert)) {
            check.ca_spki_sha256 = ca->spki_sha256;
            cc_crl_check_one(&answer, &check);
            revoked = answer.state == CC_CRL_REVOKED;
        }
    }
    ERR_pop_to_mark();
    cc_snapshot_leave(&crls->versions, side);
    return revoked;
}

bool cc_crls_revoke(void *crls, X509 *cert, X509 *issuer, apr_time_t now)
{
    unsigned char sha256[32], spki_sha256[32];
    cc_crl_answer_t answer = {.state = CC_CRL_UNKNOWN};
    apr_pool_t *scratch = NULL;

    if (!issuer) {
        return is_revoked_by_any(crls, cert, now);
    }
    if (apr_pool_create(&scratch, NULL) == APR_SUCCESS) {
        cc_cert_digests(cc_cert_wrap(issuer, scratch), sha256, spki_sha256);
        cc_crls_check(&answer, crls, cert, spki_sha256, now);
        apr_pool_destroy(scratch);
    }
    return answer.state == CC_CRL_REVOKED;
}

/* When this CRL begins or ceases to be current, if that is after `now` and before `next`. */
static apr_time_t change_of(const cc_crl_t *crl, const cc_crls_t *crls, apr_time_t now,
                            apr_time_t next)
{
    apr_time_t end = crl ? crl->next_update + crls->spec->grace + 1 : APR_INT64_MAX;
    apr_time_t begin = crl ? crl->this_update : APR_INT64_MAX;

    next = begin > now && begin < next ? begin : next;
    return end > now && end < next ? end : next;
}

apr_time_t cc_crls_next_change(cc_crls_t *crls, apr_time_t now)
{
    unsigned side = 0;
    const cc_crl_version_t *version = cc_snapshot_enter(&crls->versions, &side);
    apr_time_t next = APR_INT64_MAX;

    for (int i = 0; i < version->pairs->nelts; i++) {
        const cc_crl_pair_t *pair = &APR_ARRAY_IDX(version->pairs, i, cc_crl_pair_t);

        next = change_of(pair->complete, crls, now, next);
        next = change_of(pair->delta, crls, now, next);
    }
    cc_snapshot_leave(&crls->versions, side);
    return next;
}

void cc_crls_each(cc_crls_t *crls, cc_crls_each_fn *each, void *baton)
{
    unsigned side = 0;
    const cc_crl_version_t *version = cc_snapshot_enter(&crls->versions, &side);

    for (int i = 0; i < version->held->nelts; i++) {
        const cc_crl_held_t *held = &APR_ARRAY_IDX(version->held, i, cc_crl_held_t);
        const cc_crl_t *crl = held->crl;
        cc_crl_info_t info = {.path = held->path,
                              .issuer = crl->issuer_text,
                              .number = crl->number_text,
                              .entries = cc_serials_count(crl->serials),
                              .delta = crl->delta,
                              .indirect = crl->idp.indirect,
                              .this_update = crl->this_update,
                              .next_update = crl->next_update,
                              .loaded_at = crl->loaded_at,
                              .use = held->use};

        each(&info, baton);
    }
    for (int i = 0; i < version->foreign->nelts; i++) {
        each(&APR_ARRAY_IDX(version->foreign, i, const cc_crl_info_t), baton);
    }
    cc_snapshot_leave(&crls->versions, side);
}
