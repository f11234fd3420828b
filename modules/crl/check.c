/* SPDX-License-Identifier: Apache-2.0 */
/* Determines the status of a certificate from CRLs (RFC 5280 6.3.3). */
#include <string.h>

#include "crl/internal.h"

/*
 * A certificate is looked up in all CRLs that may cover it: those of its issuer's own key, those
 * that the issuer signs with another key, and indirect CRLs of others. The first entry found is the
 * answer, whether its CRL is current or not: a revoked certificate stays revoked.
 *
 * If no CRL lists it, it is good if current CRLs together cover it for all reasons; each CRL adds
 * the reasons that it covers (idp.c). A CRL that is signed with another key of the CA, or whose
 * signer is revoked, adds none. Otherwise the status is unknown, and the most specific cause is
 * reported.
 *
 * The CAs above it are looked up in the same way, one after the other, and the worst answer counts.
 */
#define CHAIN_MAX 100 /* certificates; OpenSSL allows as many */
#define HEADER 2      /* octets before a short INTEGER */

/* Why the status is unknown, the most specific cause last. */
typedef enum {
    CAUSE_NONE,
    CAUSE_ISSUER,
    CAUSE_NO_CRL,
    CAUSE_KEY,
    CAUSE_IDP,
    CAUSE_REASONS,
    CAUSE_NOT_YET,
    CAUSE_STALE,
    CAUSE_SIGNER,
    CAUSE_INCOMPLETE
} cause_t;

static const char *const cause_text[] = {
    [CAUSE_NONE] = NULL,
    [CAUSE_ISSUER] = "its issuer's certificate is not available",
    [CAUSE_NO_CRL] = "there is no CRL of its issuer",
    [CAUSE_KEY] = "the CRLs of its issuer are signed with a different key",
    [CAUSE_IDP] = "the CRLs of its issuer do not cover this kind of certificate",
    [CAUSE_REASONS] = "the CRLs of its issuer do not cover all reasons for revocation",
    [CAUSE_NOT_YET] = "the CRL of its issuer is not yet valid",
    [CAUSE_STALE] = "the CRL of its issuer has expired",
    [CAUSE_SIGNER] = "the certificate that signed the CRL is revoked",
    [CAUSE_INCOMPLETE] = "a file of CRLs could not be read when the server restarted",
};

/* The state of finding an answer. */
typedef struct {
    const cc_crl_check_t *check;
    cc_crl_answer_t *answer;
    cc_serial_t serial;
    unsigned reasons; /* covered: the certificate is not revoked for these */
    cause_t cause;
} finding_t;

/* ---- times ----------------------------------------------------------------------------------- */

static void cause_set(finding_t *f, cause_t cause)
{
    f->cause = cause > f->cause ? cause : f->cause;
}

/* True if the CRL is current; limits the answer to the time until that changes. */
static bool is_current(finding_t *f, const cc_crl_t *crl)
{
    apr_time_t end = crl->next_update + f->check->grace;
    apr_time_t now = f->check->now;
    apr_time_t change = now < crl->this_update ? crl->this_update : end + 1;

    if (now <= end && change < f->answer->stale_at) {
        f->answer->stale_at = change;
    }
    if (now < crl->this_update) {
        cause_set(f, CAUSE_NOT_YET);
    } else if (now > end) {
        cause_set(f, CAUSE_STALE);
    }
    return now >= crl->this_update && now <= end;
}

/* ---- one CRL, one pair ----------------------------------------------------------------------- */

/* A negative serial number, which RFC 5280 forbids, but some CAs have used. */
static bool negative_take(cc_serial_t *serial, const ASN1_INTEGER *number)
{
    unsigned char der[HEADER + CC_SERIAL_MAX];
    unsigned char *to = der;
    int len = i2d_ASN1_INTEGER(number, NULL);

    if (len <= HEADER || len > (int)sizeof(der)) {
        return false;
    }
    i2d_ASN1_INTEGER(number, &to);
    serial->len = (unsigned char)(len - HEADER);
    memcpy(serial->octets, der + HEADER, serial->len);
    return true;
}

/*
 * Makes the content octets of the INTEGER, since OpenSSL stores the absolute value. False if the
 * number is longer than any in a CRL.
 */
static bool serial_take(cc_serial_t *serial, const X509 *cert)
{
    const ASN1_INTEGER *number = X509_get0_serialNumber(cert);
    const unsigned char *octets = ASN1_STRING_get0_data(number);
    int len = ASN1_STRING_length(number);
    int zero = len > 0 && octets[0] >= 0x80;

    if (ASN1_STRING_type(number) == V_ASN1_NEG_INTEGER) {
        return negative_take(serial, number);
    }
    if (len < 1 || len + zero > CC_SERIAL_MAX) {
        return false;
    }
    serial->octets[0] = 0;
    memcpy(serial->octets + zero, octets, (apr_size_t)len);
    serial->len = (unsigned char)(len + zero);
    return true;
}

/* The entries of an indirect CRL have keys with the numbers of their issuers. */
static bool indirect_lists(const cc_crl_t *crl, const finding_t *f, cc_revoked_t *revoked)
{
    const X509_NAME *issuer = X509_get_issuer_name(f->check->cert);
    cc_serial_t key;

    memcpy(key.octets + CC_SERIAL_ISSUER, f->serial.octets, f->serial.len);
    key.len = CC_SERIAL_ISSUER + f->serial.len;
    for (apr_uint32_t i = 0; i < (apr_uint32_t)crl->issuers->nelts; i++) {
        memcpy(key.octets, &i, CC_SERIAL_ISSUER);
        if (X509_NAME_cmp(APR_ARRAY_IDX(crl->issuers, (int)i, X509_NAME *), issuer) == 0 &&
            cc_serials_find(crl->serials, &key, revoked)) {
            return true;
        }
    }
    return false;
}

static bool crl_lists(const cc_crl_t *crl, const finding_t *f, cc_revoked_t *revoked)
{
    return crl->idp.indirect ? indirect_lists(crl, f, revoked)
                             : cc_serials_find(crl->serials, &f->serial, revoked);
}

/* The delta takes precedence. A removal counts only if the delta matches and is current. */
static bool pair_lists(const cc_crl_pair_t *pair, finding_t *f, cc_revoked_t *revoked)
{
    if (pair->delta && crl_lists(pair->delta, f, revoked)) {
        if (revoked->reason != CC_REASON_REMOVE) {
            return true;
        }
        if (pair->fits && !pair->signer_revoked && is_current(f, pair->delta)) {
            return false;
        }
    }
    return pair->complete && crl_lists(pair->complete, f, revoked);
}

/* True if the pair lists the certificate, which is then the answer. */
static bool pair_revokes(finding_t *f, const cc_crl_pair_t *pair)
{
    cc_crl_answer_t *answer = f->answer;
    cc_revoked_t revoked;

    if (!pair_lists(pair, f, &revoked)) {
        return false;
    }
    answer->state = CC_CRL_REVOKED;
    answer->reason = revoked.reason;
    answer->revoked_at = apr_time_from_sec(revoked.at);
    return true;
}

/* The same as pair_revokes. Otherwise, if the pair is current, it covers these reasons. */
static bool pair_check(finding_t *f, const cc_crl_pair_t *pair, unsigned reasons)
{
    if (pair_revokes(f, pair)) {
        return true;
    }
    if (pair->signer_revoked) {
        cause_set(f, CAUSE_SIGNER);
    } else if (reasons == 0) {
        cause_set(f, CAUSE_IDP);
    } else if (pair->complete && is_current(f, pair->complete)) {
        f->reasons |= reasons;
        cause_set(f, CAUSE_REASONS);
    }
    return false;
}

/* ---- the CRLs of an issuer, and indirect ones ------------------------------------------------ */

/* A CRL is the issuer's own if it has the issuer's name and key. */
static bool is_own(const finding_t *f, const cc_crl_t *crl)
{
    return memcmp(crl->signer_spki_sha256, f->check->ca_spki_sha256, 32) == 0 &&
           X509_NAME_cmp(crl->issuer, X509_get_issuer_name(f->check->cert)) == 0;
}

static bool own_check(finding_t *f)
{
    const apr_array_header_t *pairs = f->check->version->pairs;

    for (int i = cc_crl_pair_first(pairs, f->check->ca_spki_sha256); i < pairs->nelts; i++) {
        const cc_crl_pair_t *pair = &APR_ARRAY_IDX(pairs, i, cc_crl_pair_t);

        if (memcmp(pair->either->signer_spki_sha256, f->check->ca_spki_sha256, 32) != 0) {
            return false;
        }
        if (is_own(f, pair->either) &&
            pair_check(f, pair, cc_crl_reasons(pair->either, f->check->cert))) {
            return true;
        }
    }
    return false;
}

/*
 * A certificate in a CRL that its CA signed with another key is revoked. Such a CRL makes no
 * certificate good: it need not contain certificates issued with the other key.
 */
static bool rekeyed_check(finding_t *f)
{
    const apr_array_header_t *all = f->check->version->rekeyed;

    for (int i = 0; i < all->nelts; i++) {
        const cc_crl_rekeyed_t *rekeyed = &APR_ARRAY_IDX(all, i, cc_crl_rekeyed_t);

        if (memcmp(rekeyed->spki_sha256, f->check->ca_spki_sha256, 32) != 0 ||
            X509_NAME_cmp(rekeyed->pair->either->issuer, X509_get_issuer_name(f->check->cert)) !=
                0) {
            continue;
        }
        if (pair_revokes(f, rekeyed->pair)) {
            return true;
        }
        cause_set(f, CAUSE_KEY);
    }
    return false;
}

/* 6.3.3 (f): the chains of the certificate and of the CRL end with the same certificate. */
static bool same_root(const finding_t *f, const cc_authority_t *signer)
{
    const apr_array_header_t *all = f->check->version->authorities;

    for (int i = 0; i < all->nelts && signer->verified; i++) {
        const cc_authority_t *authority = APR_ARRAY_IDX(all, i, const cc_authority_t *);

        if (authority->verified &&
            memcmp(authority->spki_sha256, f->check->ca_spki_sha256, 32) == 0 &&
            memcmp(authority->root_sha256, signer->root_sha256, 32) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * A certificate that names the CRL's issuer, or is under the same root, is revoked if the CRL lists
 * it. The CRL can make it good only if both are true.
 */
static bool indirect_check(finding_t *f)
{
    const apr_array_header_t *pairs = f->check->version->indirect;

    for (int i = 0; i < pairs->nelts; i++) {
        const cc_crl_pair_t *pair = APR_ARRAY_IDX(pairs, i, const cc_crl_pair_t *);
        bool named = false;
        unsigned reasons = 0;
        bool related = false;

        if (is_own(f, pair->either)) {
            continue; /* already checked */
        }
        reasons = cc_crl_reasons_indirect(pair->either, f->check->cert, &named);
        related = same_root(f, pair->signer);
        if ((named || related) && pair_check(f, pair, related ? reasons : 0)) {
            return true;
        }
    }
    return false;
}

/* ---- answers --------------------------------------------------------------------------------- */

void cc_crl_check_one(cc_crl_answer_t *answer, const cc_crl_check_t *check)
{
    finding_t f = {.check = check, .answer = answer, .cause = CAUSE_ISSUER};

    answer->state = CC_CRL_UNKNOWN;
    if (check->ca_spki_sha256) {
        f.cause = CAUSE_NO_CRL;
        if (serial_take(&f.serial, check->cert) &&
            (own_check(&f) || rekeyed_check(&f) || indirect_check(&f))) {
            return;
        }
    }
    if (f.reasons == CC_REASONS_ALL) {
        answer->state = CC_CRL_GOOD;
    } else {
        answer->incomplete = check->version->incomplete;
        answer->cause = cause_text[answer->incomplete ? CAUSE_INCOMPLETE : f.cause];
    }
}

/* The rank of an answer: a missing certificate of a CA is worse than a missing CRL. */
static int answer_rank(const cc_crl_answer_t *answer)
{
    return answer->state == CC_CRL_REVOKED ? 3
           : answer->state == CC_CRL_GOOD  ? 0
           : answer->no_issuer             ? 2
                                           : 1;
}

/* Replaces the answer by a worse one, which is about the certificate at this depth. */
static void answer_merge(cc_crl_answer_t *answer, const cc_crl_answer_t *other, int depth)
{
    apr_time_t stale_at = answer->stale_at < other->stale_at ? answer->stale_at : other->stale_at;

    if (answer_rank(other) > answer_rank(answer)) {
        *answer = *other;
        answer->depth = depth;
    }
    answer->stale_at = stale_at;
}

static const cc_authority_t *authority_find(const cc_crl_version_t *version,
                                            const unsigned char sha256[32])
{
    const apr_array_header_t *all = version->authorities;
    int from = 0, to = all->nelts;

    while (from < to) {
        int middle = from + (to - from) / 2;
        const cc_authority_t *authority = APR_ARRAY_IDX(all, middle, const cc_authority_t *);
        int order = memcmp(authority->sha256, sha256, 32);

        if (order == 0) {
            return authority;
        }
        from = order < 0 ? middle + 1 : from;
        to = order < 0 ? to : middle;
    }
    return NULL;
}

void cc_crl_check_chain(cc_crl_answer_t *answer, const cc_crl_check_t *check,
                        const unsigned char ca_sha256[32])
{
    const cc_authority_t *ca = authority_find(check->version, ca_sha256);
    int depth = 1;

    for (; ca && ca->verified && !ca->anchor && answer->state != CC_CRL_REVOKED; depth++) {
        cc_crl_check_t above = *check;
        cc_crl_answer_t one = {.stale_at = APR_INT64_MAX};

        above.cert = ca->cert;
        above.ca_spki_sha256 = ca->parent_spki_sha256;
        cc_crl_check_one(&one, &above);
        answer_merge(answer, &one, depth);
        ca = depth < CHAIN_MAX ? authority_find(check->version, ca->parent_sha256) : NULL;
    }
    if (answer->state != CC_CRL_REVOKED && !(ca && ca->verified)) {
        cc_crl_answer_t unknown = {.state = CC_CRL_UNKNOWN,
                                   .cause = cause_text[CAUSE_ISSUER],
                                   .no_issuer = true,
                                   .stale_at = APR_INT64_MAX};

        answer_merge(answer, &unknown, depth);
    }
}
