/* SPDX-License-Identifier: Apache-2.0 */
/* Determines which certificates a CRL covers without listing them (RFC 5280 6.3.3 b to d). */
#include "crl/internal.h"

unsigned cc_reasons_of(const ASN1_BIT_STRING *bits)
{
    unsigned reasons = 0;

    for (int i = 1; bits && i <= 8; i++) {
        reasons |= (unsigned)(ASN1_BIT_STRING_get_bit(bits, i) != 0) << i;
    }
    return bits ? reasons : CC_REASONS_ALL;
}

/* ---- names of distribution points ------------------------------------------------------------ */

static bool names_have(const GENERAL_NAMES *names, const X509_NAME *wanted)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        if (name->type == GEN_DIRNAME && X509_NAME_cmp(name->d.directoryName, wanted) == 0) {
            return true;
        }
    }
    return false;
}

static bool names_meet(const GENERAL_NAMES *a, const GENERAL_NAMES *b)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(a); i++) {
        for (int j = 0; j < sk_GENERAL_NAME_num(b); j++) {
            if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(a, i), sk_GENERAL_NAME_value(b, j)) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool is_relative(const DIST_POINT_NAME *name)
{
    return name->type == 1;
}

static bool point_has(const DIST_POINT_NAME *point, const X509_NAME *name)
{
    if (is_relative(point)) {
        return point->dpname && X509_NAME_cmp(point->dpname, name) == 0;
    }
    return names_have(point->name.fullname, name);
}

static bool points_meet(const DIST_POINT_NAME *a, const DIST_POINT_NAME *b)
{
    if (is_relative(a)) {
        return a->dpname && point_has(b, a->dpname);
    }
    if (is_relative(b)) {
        return b->dpname && point_has(a, b->dpname);
    }
    return names_meet(a->name.fullname, b->name.fullname);
}

/* ---- distribution points of a certificate ---------------------------------------------------- */

/* The first directory name, to which a relative name is appended. */
static const X509_NAME *first_name(const GENERAL_NAMES *names)
{
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        if (sk_GENERAL_NAME_value(names, i)->type == GEN_DIRNAME) {
            return sk_GENERAL_NAME_value(names, i)->d.directoryName;
        }
    }
    return NULL;
}

/* 6.3.3 (b) (2) (i): both have a name in common, or the CRL has none. */
static bool point_meets(const cc_crl_t *crl, DIST_POINT *point, const X509 *cert)
{
    DIST_POINT_NAME *wanted = crl->idp.extension ? crl->idp.extension->distpoint : NULL;
    const X509_NAME *base = X509_get_issuer_name(cert);

    if (!wanted) {
        return true;
    }
    if (!point->distpoint) {
        const X509_NAME *name = first_name(point->CRLissuer);

        return name && point_has(wanted, name);
    }
    if (point->CRLissuer) {
        base = first_name(point->CRLissuer);
    }
    return base && DIST_POINT_set_dpname(point->distpoint, base) &&
           points_meet(wanted, point->distpoint);
}

/*
 * The reasons that the distribution points of the certificate allow this CRL to cover. For an
 * indirect CRL of another issuer, these are the points that name the issuer of the CRL (6.3.3 (b)
 * (1)); otherwise, those that name no issuer.
 */
static unsigned points_reasons(const cc_crl_t *crl, X509 *cert, bool direct, bool *named)
{
    STACK_OF(DIST_POINT) *points = X509_get_ext_d2i(cert, NID_crl_distribution_points, NULL, NULL);
    unsigned reasons = 0;

    for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
        DIST_POINT *point = sk_DIST_POINT_value(points, i);
        bool names_it = point->CRLissuer && names_have(point->CRLissuer, crl->issuer);
        bool ours = point->CRLissuer ? names_it && crl->idp.indirect : direct;

        *named = *named || names_it;
        if (ours && point_meets(crl, point, cert)) {
            reasons |= cc_reasons_of(point->reasons);
        }
    }
    CRL_DIST_POINTS_free(points);
    return reasons;
}

/* ---- a CRL and a certificate ----------------------------------------------------------------- */

static bool kind_fits(const cc_crl_idp_t *idp, X509 *cert)
{
    bool ca = (X509_get_extension_flags(cert) & EXFLAG_CA) != 0;

    return !idp->only_attribute && !(idp->only_user && ca) && !(idp->only_ca && !ca);
}

unsigned cc_crl_reasons(const cc_crl_t *crl, X509 *cert)
{
    const cc_crl_idp_t *idp = &crl->idp;
    const DIST_POINT_NAME *point = idp->extension ? idp->extension->distpoint : NULL;
    bool named = false;

    if (!kind_fits(idp, cert)) {
        return 0;
    }
    /* 6.3.3, last step: without a point, one with the issuer's name and all reasons is assumed. */
    if (!point || point_has(point, X509_get_issuer_name(cert))) {
        return idp->reasons;
    }
    return points_reasons(crl, cert, true, &named) & idp->reasons;
}

unsigned cc_crl_reasons_indirect(const cc_crl_t *crl, X509 *cert, bool *named)
{
    unsigned reasons = 0;

    *named = false;
    reasons = points_reasons(crl, cert, false, named);
    return kind_fits(&crl->idp, cert) ? reasons & crl->idp.reasons : 0;
}
