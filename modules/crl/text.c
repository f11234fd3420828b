/* SPDX-License-Identifier: Apache-2.0 */
/* Formats CRLs and their contents for messages. */
#include <apr_strings.h>

#include <openssl/bn.h>
#include <openssl/objects.h>

#include "cert/cert.h"
#include "crl/internal.h"

#define SHOWN 64 /* characters of an OID */

const char *cc_name_text(const X509_NAME *name, apr_pool_t *p)
{
    static const unsigned long as_utf8 = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    BIO *bio = BIO_new(BIO_s_mem());
    const char *text = "?";
    char *data = NULL;

    if (bio && X509_NAME_print_ex(bio, name, 0, as_utf8) >= 0) {
        long len = BIO_get_mem_data(bio, &data);

        text = apr_pstrmemdup(p, data ? data : "", (apr_size_t)len);
        if (cc_text_unusable(text, (apr_size_t)len)) {
            text = cc_text_escape(text, (apr_size_t)len, p);
        }
    }
    BIO_free(bio);
    return text;
}

const char *cc_extension_text(const cc_extension_t *extension, apr_pool_t *p)
{
    const unsigned char *at = extension->oid.at;
    ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)cc_der_span_len(extension->oid));
    char oid[SHOWN] = "?";
    const char *name = NULL;

    if (object) {
        OBJ_obj2txt(oid, sizeof(oid), object, 1);
        name = OBJ_obj2nid(object) == NID_undef ? NULL : OBJ_nid2ln(OBJ_obj2nid(object));
    }
    ASN1_OBJECT_free(object);
    return name ? apr_psprintf(p, "%s (%s)", oid, name) : apr_pstrdup(p, oid);
}

const char *cc_crl_number_text(const cc_crl_number_t *number, apr_pool_t *p)
{
    BIGNUM *bn = number->len > 0 ? BN_bin2bn(number->octets, number->len, NULL) : NULL;
    char *decimal = bn ? BN_bn2dec(bn) : NULL;
    const char *text = decimal ? apr_pstrdup(p, decimal) : "none";

    OPENSSL_free(decimal);
    BN_free(bn);
    return text;
}

const char *cc_crl_text(const cc_crl_t *crl, apr_pool_t *p)
{
    return apr_psprintf(p, "the %sCRL of \"%s\", number %s,", crl->delta ? "delta " : "",
                        crl->issuer_text, cc_crl_number_text(&crl->number, p));
}
