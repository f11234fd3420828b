/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the certificates that may be issuers: the CAs of the host, and those in files of CRLs. */
#include <apr_strings.h>

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

static void group_mark(apr_hash_t *marks, const cc_ca_group_t *group, apr_pool_t *p)
{
    for (int i = 0; i < cc_ca_count(group); i++) {
        const char *mark = apr_pmemdup(p, cc_ca_at(group, i)->mark, CC_CA_MARK_LEN);

        apr_hash_set(marks, mark, CC_CA_MARK_LEN, mark);
    }
}

static apr_hash_t *marks_take(cc_cas_t *cas, apr_pool_t *p)
{
    apr_hash_t *marks = apr_hash_make(p);
    unsigned side = 0;
    const cc_ca_set_t *set = cc_cas_enter(cas, &side);

    for (int i = 0; i < cc_ca_groups(set); i++) {
        group_mark(marks, cc_ca_group_at(set, i), p);
    }
    cc_cas_leave(cas, side);
    return marks;
}

cc_crl_authorities_t *cc_crl_authorities_of_trust(const cc_trust_t *trust)
{
    cc_crl_authorities_t *made = authorities_create();
    cc_cas_t *cas = cc_trust_cas(trust);

    made->list = cc_authorities_of_store(trust, made->pool);
    made->marks = cas ? marks_take(cas, made->pool) : NULL;
    return made;
}

bool cc_crl_authorities_lack(const cc_crl_authorities_t *authorities, const cc_seal_t *seal)
{
    for (int i = 0; authorities->marks && i < seal->ca_count && i < CC_SEAL_CAS_MAX; i++) {
        if (!apr_hash_get(authorities->marks, seal->ca_marks[i], CC_CA_MARK_LEN)) {
            return true;
        }
    }
    return false;
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
