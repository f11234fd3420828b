/* SPDX-License-Identifier: Apache-2.0 */
/* Gives the names of the CAs that a host sends to its clients, in a form for people. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/bio.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "trust/internal.h"

/* The last value of an attribute; NULL: the name has none. */
static const char *attribute_text(const X509_NAME *name, int nid, apr_pool_t *p)
{
    const char *text = NULL;
    unsigned char *utf8 = NULL;
    int len, at = -1, last = -1;

    while ((at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0) {
        last = at;
    }
    if (last < 0) {
        return NULL;
    }
    len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
    if (len > 0) {
        text = cc_text_unusable((char *)utf8, (apr_size_t)len)
                   ? cc_text_escape((char *)utf8, (apr_size_t)len, p)
                   : apr_pstrmemdup(p, (char *)utf8, (apr_size_t)len);
    }
    OPENSSL_free(utf8);
    return text;
}

static const char *whole_text(const X509_NAME *name, apr_pool_t *p)
{
    BIO *bio = BIO_new(BIO_s_mem());
    const char *text = "";
    char *octets = NULL;
    long len;

    if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) > 0) {
        len = BIO_get_mem_data(bio, &octets);
        text = cc_text_unusable(octets, (apr_size_t)len)
                   ? cc_text_escape(octets, (apr_size_t)len, p)
                   : apr_pstrmemdup(p, octets, (apr_size_t)len);
    }
    BIO_free(bio);
    return text;
}

/* A common name alone may be as vague as "Root CA", so the organization follows it. */
static const char *name_text(const X509_NAME *name, apr_pool_t *p)
{
    const char *common = attribute_text(name, NID_commonName, p);
    const char *organization = attribute_text(name, NID_organizationName, p);

    if (common && organization) {
        return apr_pstrcat(p, common, ", ", organization, NULL);
    }
    return common ? common : whole_text(name, p);
}

static bool has(const apr_array_header_t *texts, const char *text)
{
    for (int i = 0; i < texts->nelts; i++) {
        if (!strcmp(APR_ARRAY_IDX(texts, i, const char *), text)) {
            return true;
        }
    }
    return false;
}

static apr_array_header_t *texts_make(const STACK_OF(X509_NAME) * names, int most, int *more,
                                      apr_pool_t *p)
{
    apr_array_header_t *texts = apr_array_make(p, 8, sizeof(const char *));
    int i = 0;

    for (; i < sk_X509_NAME_num(names) && texts->nelts < most; i++) {
        const char *text = name_text(sk_X509_NAME_value(names, i), p);

        if (*text && !has(texts, text)) {
            APR_ARRAY_PUSH(texts, const char *) = text;
        }
    }
    *more = i < sk_X509_NAME_num(names) ? sk_X509_NAME_num(names) - i : 0;
    return texts;
}

apr_array_header_t *cc_trust_ca_names(const cc_trust_t *trust, int most, int *more, apr_pool_t *p)
{
    apr_array_header_t *texts;
    unsigned side;

    if (!trust->cas) {
        return texts_make(SSL_CTX_get_client_CA_list(trust->ctx), most, more, p);
    }
    texts = texts_make(cc_ca_set_names(cc_cas_enter(trust->cas, &side)), most, more, p);
    cc_cas_leave(trust->cas, side);
    return texts;
}
