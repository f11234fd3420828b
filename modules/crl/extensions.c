/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the extensions of a CRL (RFC 5280 5.2), and refuses those that are not allowed. */
#include <string.h>

#include <apr_strings.h>

#include "crl/internal.h"

/* ---- numbers --------------------------------------------------------------------------------- */

static const char *number_read(cc_crl_number_t *number, cc_der_span_t value)
{
    cc_der_t element;
    cc_der_span_t octets;

    if (!cc_der_expect(&element, &value, CC_DER_INTEGER) || value.at != value.end ||
        !cc_der_is_integer(element.content) || *element.content.at >= 0x80) {
        return "its CRL number is not valid";
    }
    octets = element.content;
    if (*octets.at == 0 && cc_der_span_len(octets) > 1) {
        octets.at++;
    }
    if (cc_der_span_len(octets) > sizeof(number->octets)) {
        return "its CRL number has more than 20 octets";
    }
    number->len = (unsigned char)cc_der_span_len(octets);
    memcpy(number->octets, octets.at, number->len);
    return NULL;
}

int cc_crl_number_compare(const cc_crl_number_t *a, const cc_crl_number_t *b)
{
    int order = 0;

    if (a->len != b->len) {
        return a->len < b->len ? -1 : 1;
    }
    order = memcmp(a->octets, b->octets, a->len);
    return order < 0 ? -1 : order > 0;
}

/* ---- the issuing distribution point ---------------------------------------------------------- */

static apr_status_t idp_free(void *extension)
{
    ISSUING_DIST_POINT_free(extension);
    return APR_SUCCESS;
}

static const char *idp_read(cc_crl_t *crl, cc_der_span_t value)
{
    const unsigned char *at = value.at;
    ISSUING_DIST_POINT *extension = d2i_ISSUING_DIST_POINT(NULL, &at, (long)cc_der_span_len(value));
    cc_crl_idp_t *idp = &crl->idp;

    if (!extension) {
        return "its issuingDistributionPoint is not valid";
    }
    apr_pool_cleanup_register(crl->pool, extension, idp_free, apr_pool_cleanup_null);
    idp->extension = extension;
    idp->indirect = extension->indirectCRL > 0;
    idp->only_user = extension->onlyuser > 0;
    idp->only_ca = extension->onlyCA > 0;
    idp->only_attribute = extension->onlyattr > 0;
    idp->reasons = cc_reasons_of(extension->onlysomereasons);
    if (at != value.end || !DIST_POINT_set_dpname(extension->distpoint, crl->issuer)) {
        return "its issuingDistributionPoint is not valid";
    }
    return idp->only_user + idp->only_ca + idp->only_attribute > 1
               ? "its issuingDistributionPoint limits it to two kinds of certificates at once"
               : NULL;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static apr_status_t akid_free(void *akid)
{
    AUTHORITY_KEYID_free(akid);
    return APR_SUCCESS;
}

static const char *akid_read(cc_crl_t *crl, cc_der_span_t value)
{
    const unsigned char *at = value.at;

    crl->akid = d2i_AUTHORITY_KEYID(NULL, &at, (long)cc_der_span_len(value));
    if (!crl->akid) {
        return "its authorityKeyIdentifier is not valid";
    }
    apr_pool_cleanup_register(crl->pool, crl->akid, akid_free, apr_pool_cleanup_null);
    return at == value.end ? NULL : "its authorityKeyIdentifier is not valid";
}

/* Unknown extensions that are not critical are ignored: they do not change the meaning of a CRL. */
static const char *extension_read(cc_crl_t *crl, const cc_extension_t *extension)
{
    switch (extension->id) {
    case CC_EXT_AUTHORITY_KEY:
        return akid_read(crl, extension->value);
    case CC_EXT_CRL_NUMBER:
        return number_read(&crl->number, extension->value);
    case CC_EXT_DELTA:
        crl->delta = true;
        return number_read(&crl->base, extension->value);
    case CC_EXT_ISSUING_POINT:
        return idp_read(crl, extension->value);
    default:
        return extension->critical
                   ? apr_psprintf(crl->pool, "it has the unknown critical extension %s",
                                  cc_extension_text(extension, crl->pool))
                   : NULL;
    }
}

const char *cc_crl_extensions_read(cc_crl_t *crl, const cc_crl_tbs_t *tbs)
{
    bool seen[128] = {false};
    cc_der_span_t at = tbs->extensions;

    if (at.at && !tbs->v2) {
        return "it has extensions, but its version is 1";
    }
    while (at.at < at.end) {
        cc_extension_t extension;
        const char *error = NULL;

        if (!cc_der_extension(&extension, &at)) {
            return "its extensions are not valid DER";
        }
        if (extension.id && seen[extension.id]) {
            return apr_psprintf(crl->pool, "it has the extension %s twice",
                                cc_extension_text(&extension, crl->pool));
        }
        seen[extension.id] = true;
        error = extension_read(crl, &extension);
        if (error) {
            return error;
        }
    }
    if (crl->delta && crl->number.len == 0) {
        return "it is a delta CRL without a CRL number";
    }
    return NULL;
}
