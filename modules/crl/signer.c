/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the certificate that signed a CRL, among those that may sign it. */
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

bool cc_crl_issuer_among(const apr_array_header_t *authorities, const cc_crl_t *crl)
{
    for (int i = 0; i < authorities->nelts; i++) {
        X509 *cert = APR_ARRAY_IDX(authorities, i, const cc_authority_t *)->cert;

        if (X509_NAME_cmp(X509_get_subject_name(cert), crl->issuer) == 0 &&
            X509_check_akid(cert, crl->akid) == X509_V_OK) {
            return true;
        }
    }
    return false;
}

const cc_authority_t *cc_crl_signer_among(const apr_array_header_t *authorities,
                                          const cc_crl_t *crl, const cc_crl_tbs_t *tbs,
                                          const char **error)
{
    for (int i = 0; i < authorities->nelts; i++) {
        const cc_authority_t *authority = APR_ARRAY_IDX(authorities, i, cc_authority_t *);

        if (may_sign(authority, crl) &&
            cc_crl_signed_by(tbs, X509_get0_pubkey(authority->cert), error)) {
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
