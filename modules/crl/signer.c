/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the certificate that signed a CRL, among those that may sign it. */
#include <string.h>

#include "crl/internal.h"

/* RFC 5280 6.3.3 (f): the name and key identifier match, and the certificate may sign CRLs. */
static bool may_sign(const cc_authority_t *authority, const cc_crl_t *crl)
{
    X509 *cert = authority->cert;
    bool may = X509_get_extension_flags(cert) & EXFLAG_KUSAGE
                   ? (X509_get_key_usage(cert) & KU_CRL_SIGN) != 0
                   : X509_check_ca(cert) != 0;

    return may && X509_NAME_cmp(X509_get_subject_name(cert), crl->issuer) == 0 &&
           X509_check_akid(cert, crl->akid) == X509_V_OK;
}

static const cc_authority_t *authority_at(const apr_array_header_t *list, int i)
{
    return APR_ARRAY_IDX(list, i, const cc_authority_t *);
}

bool cc_crl_issuer_among(const cc_crl_authorities_t *authorities, const cc_crl_t *crl)
{
    for (int i = 0; i < authorities->list->nelts; i++) {
        X509 *cert = authority_at(authorities->list, i)->cert;

        if (X509_NAME_cmp(X509_get_subject_name(cert), crl->issuer) == 0 &&
            X509_check_akid(cert, crl->akid) == X509_V_OK) {
            return true;
        }
    }
    return false;
}

const cc_authority_t *cc_crl_signer_among(const cc_crl_authorities_t *authorities,
                                          const cc_crl_t *crl, const cc_crl_tbs_t *tbs,
                                          const char **error)
{
    for (int i = 0; i < authorities->list->nelts; i++) {
        const cc_authority_t *authority = authority_at(authorities->list, i);

        if (may_sign(authority, crl) &&
            cc_crl_signed_by(tbs, X509_get0_pubkey(authority->cert), error)) {
            return authority;
        }
    }
    return NULL;
}

const cc_authority_t *cc_crl_signer_of(const apr_array_header_t *by_key, const cc_crl_t *crl)
{
    int from = 0, to = by_key->nelts;

    while (from < to) {
        int middle = from + (to - from) / 2;
        bool below =
            memcmp(authority_at(by_key, middle)->spki_sha256, crl->signer_spki_sha256, 32) < 0;

        from = below ? middle + 1 : from;
        to = below ? to : middle;
    }
    for (; from < by_key->nelts; from++) {
        const cc_authority_t *authority = authority_at(by_key, from);

        if (memcmp(authority->spki_sha256, crl->signer_spki_sha256, 32) != 0) {
            return NULL;
        }
        if (may_sign(authority, crl)) {
            return authority;
        }
    }
    return NULL;
}

static const char no_signer[] =
    "there is no certificate with its issuer's name and key that may sign CRLs: neither among the "
    "CAs of the virtual host nor, issued by one of these, in the file";

apr_status_t cc_crl_refuse_foreign(const cc_crl_info_t *info, const char *where, apr_pool_t *p,
                                   cc_error_t *err)
{
    cc_error_set(err, p, "CC0410", info->path, "the %sCRL of \"%s\", number %s, is refused: %s",
                 info->delta ? "delta " : "", info->issuer, info->number, no_signer);
    err->where = where;
    return APR_EINVAL;
}
