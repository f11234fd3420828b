/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the certificates that may be issuers: the CAs of the host, and those in files of CRLs. */
#include "crl/internal.h"

static cc_crl_authorities_t *authorities_create(void)
{
    apr_pool_t *pool = NULL;
    cc_crl_authorities_t *made = NULL;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    made = apr_pcalloc(pool, sizeof(*made));
    made->pool = pool;
    made->holders = 1;
    return made;
}

cc_crl_authorities_t *cc_crl_authorities_of_trust(const cc_trust_t *trust)
{
    cc_crl_authorities_t *made = authorities_create();

    made->list = cc_authorities_of_store(trust, made->pool);
    return made;
}

/* Anyone may have written certificates into a file: only those that the CAs verify count. */
cc_crl_authorities_t *cc_crl_authorities_verify(const cc_trust_t *trust, STACK_OF(X509) * certs)
{
    cc_crl_authorities_t *made = authorities_create();

    made->list = apr_array_make(made->pool, 1, sizeof(cc_authority_t *));
    for (int i = 0; i < sk_X509_num(certs); i++) {
        cc_authority_t *authority =
            cc_authority_make(trust, sk_X509_value(certs, i), certs, made->pool);

        if (authority) {
            APR_ARRAY_PUSH(made->list, cc_authority_t *) = authority;
        }
    }
    return made;
}

cc_crl_authorities_t *cc_crl_authorities_hold(cc_crl_authorities_t *authorities)
{
    authorities->holders++;
    return authorities;
}

void cc_crl_authorities_release(cc_crl_authorities_t *authorities)
{
    if (authorities && --authorities->holders == 0) {
        apr_pool_destroy(authorities->pool);
    }
}
