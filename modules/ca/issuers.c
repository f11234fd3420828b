/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the CAs of a group that may issue certificates of clients. */
#include <apr_hash.h>
#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "ca/ca.h"

/* The first of all CAs with this name, which represents all of them. */
static const cc_ca_t *first_named(const cc_ca_group_t *group, const X509_NAME *name)
{
    STACK_OF(X509) *same = cc_ca_group_named(group, name);
    const cc_ca_t *first =
        sk_X509_num(same) > 0 ? cc_ca_of_cert(group, sk_X509_value(same, 0)) : NULL;

    sk_X509_free(same);
    return first;
}

static bool is_issued_by_one(X509 *cert, STACK_OF(X509) * issuers)
{
    for (int i = 0; i < sk_X509_num(issuers); i++) {
        if (X509_check_issued(sk_X509_value(issuers, i), cert) == X509_V_OK) {
            return true;
        }
    }
    return false;
}

/* Notes the name of the issuer of a CA, if the group has the issuer. */
static void issuer_note(apr_hash_t *above, const cc_ca_group_t *group, X509 *cert, apr_pool_t *p)
{
    const X509_NAME *name = X509_get_issuer_name(cert);
    STACK_OF(X509) *issuers = NULL;

    if (X509_NAME_cmp(name, X509_get_subject_name(cert)) == 0) {
        return;
    }
    issuers = cc_ca_group_named(group, name);
    if (is_issued_by_one(cert, issuers)) {
        const cc_ca_t *first = first_named(group, name);

        apr_hash_set(above, apr_pmemdup(p, &first, sizeof(first)), sizeof(first), "");
    }
    sk_X509_free(issuers);
}

int cc_ca_group_issuers(const cc_ca_group_t *group, apr_pool_t *p)
{
    apr_hash_t *above = apr_hash_make(p);
    int count = 0;

    ERR_set_mark();
    for (int i = 0; i < cc_ca_count(group); i++) {
        X509 *cert = cc_ca_cert(cc_ca_at(group, i));

        if (cert) {
            issuer_note(above, group, cert, p);
        }
    }
    for (int i = 0; i < cc_ca_count(group); i++) {
        const cc_ca_t *ca = cc_ca_at(group, i);
        const X509 *cert = cc_ca_cert(ca);

        count += cert && first_named(group, X509_get_subject_name(cert)) == ca &&
                 !apr_hash_get(above, &ca, sizeof(ca));
    }
    ERR_pop_to_mark();
    return count;
}
