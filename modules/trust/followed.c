/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies with the CAs of a set that changes, and finds out whether a verdict still holds. */
#include <string.h>

#include "trust/internal.h"

/* ---- the CAs of one verification ------------------------------------------------------------- */

/* The stack replaces the store's certificates, not its CRLs. */
STACK_OF(X509) * cc_trusted_group(X509_STORE_CTX *store_ctx, const cc_ca_group_t *group)
{
    STACK_OF(X509) *certs = cc_ca_group_candidates(group, X509_STORE_CTX_get0_cert(store_ctx),
                                                   X509_STORE_CTX_get0_untrusted(store_ctx));

    if (cc_ca_group_anchors_all(group)) {
        X509_STORE_CTX_set_flags(store_ctx, X509_V_FLAG_PARTIAL_CHAIN);
    }
    X509_STORE_CTX_set0_trusted_stack(store_ctx, certs);
    return certs;
}

/* If there is no group, no CA counts: the error is the same as for a CA that is not known. */
void cc_trusted_enter(cc_trusted_t *trusted, const cc_trust_t *trust, X509_STORE_CTX *store_ctx)
{
    X509 *leaf = X509_STORE_CTX_get0_cert(store_ctx);

    *trusted = (cc_trusted_t){.cas = trust->cas};
    if (!trust->cas) {
        return;
    }
    trusted->set = cc_cas_enter(trust->cas, &trusted->side);
    trusted->group = cc_ca_group_of(trusted->set, leaf, &trusted->problem);
    X509_STORE_CTX_set0_trusted_stack(store_ctx, NULL);
    if (trusted->group) {
        trusted->certs = cc_trusted_group(store_ctx, trusted->group);
    }
}

void cc_trusted_leave(cc_trusted_t *trusted, X509_STORE_CTX *store_ctx)
{
    if (trusted->cas) {
        X509_STORE_CTX_set0_trusted_stack(store_ctx, NULL); /* from now on, it trusts none */
        sk_X509_free(trusted->certs);
        cc_cas_leave(trusted->cas, trusted->side);
    }
    *trusted = (cc_trusted_t){0};
}

int cc_trusted_depth(const cc_trusted_t *trusted)
{
    return trusted->group ? cc_ca_group_depth(trusted->group) : -1;
}

cc_no_ca_t cc_trusted_none(const cc_trusted_t *trusted)
{
    if (trusted->group && cc_ca_group_domain(trusted->group)) {
        return CC_NO_CA_OF_DOMAIN;
    }
    return trusted->cas && (!trusted->group || cc_ca_groups(trusted->set) > 1) ? CC_NO_CA_OF_OTHERS
                                                                               : CC_NO_CA_AT_ALL;
}

/* Takes a reference to each certificate of the set, as OpenSSL does to those of a store. */
static STACK_OF(X509) * referenced(STACK_OF(X509) * certs)
{
    STACK_OF(X509) *copy = X509_chain_up_ref(certs);

    sk_X509_free(certs);
    return copy;
}

STACK_OF(X509) *
    cc_trusted_named(const cc_trusted_t *trusted, X509_STORE_CTX *store_ctx, const X509_NAME *name)
{
    if (!trusted->cas) {
        return X509_STORE_CTX_get1_certs(store_ctx, name);
    }
    return trusted->group ? referenced(cc_ca_group_named(trusted->group, name)) : NULL;
}

const cc_ca_t *cc_trusted_seal(cc_seal_t *seal, const cc_trusted_t *trusted,
                               X509_STORE_CTX *store_ctx)
{
    const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store_ctx);
    const cc_ca_t *issuer = NULL;

    if (!trusted->group) {
        return NULL;
    }
    seal->group = cc_ca_group_number(trusted->set, trusted->group);
    for (int i = X509_STORE_CTX_get_num_untrusted(store_ctx); i < sk_X509_num(chain); i++) {
        const cc_ca_t *ca = cc_ca_of_cert(trusted->group, sk_X509_value(chain, i));

        issuer = i == 1 ? ca : issuer;
        if (!ca || seal->ca_count >= CC_SEAL_CAS_MAX) {
            seal->ca_count = CC_SEAL_CAS_MAX + 1; /* never holds */
            break;
        }
        memcpy(seal->ca_marks[seal->ca_count++], ca->mark, CC_CA_MARK_LEN);
    }
    return issuer;
}

/* ---- verdicts -------------------------------------------------------------------------------- */

/* A verdict that is based on no CA of the set would hold whatever happens to the set. */
static bool holds_in(const cc_ca_set_t *set, const cc_seal_t *seal)
{
    const cc_ca_group_t *group;

    if (seal->ca_count < 1 || seal->ca_count > CC_SEAL_CAS_MAX || seal->group < 0 ||
        seal->group >= cc_ca_groups(set)) {
        return false;
    }
    group = cc_ca_group_at(set, seal->group);
    for (int i = 0; i < seal->ca_count; i++) {
        const cc_ca_t *ca = cc_ca_of_mark(group, seal->ca_marks[i]);

        if (!ca || ca->since > seal->verified_at) {
            return false;
        }
    }
    return true;
}

bool cc_trust_holds(const cc_trust_t *trust, const cc_seal_t *seal)
{
    unsigned side;
    bool holds;

    if (!trust->cas) {
        return true;
    }
    holds = holds_in(cc_cas_enter(trust->cas, &side), seal);
    cc_cas_leave(trust->cas, side);
    return holds;
}

/* ---- the names in CertificateRequest --------------------------------------------------------- */

cc_cas_t *cc_trust_cas(const cc_trust_t *trust)
{
    return trust->cas;
}

STACK_OF(X509_NAME) * cc_trust_new_names(const cc_trust_t *trust)
{
    STACK_OF(X509_NAME) *names = NULL;
    const cc_ca_set_t *set;
    unsigned side;

    if (!trust->cas) {
        return NULL;
    }
    set = cc_cas_enter(trust->cas, &side);
    if (cc_ca_set_names_digest(set) != trust->names_digest) {
        names = SSL_dup_CA_list(cc_ca_set_names(set));
    }
    cc_cas_leave(trust->cas, side);
    return names;
}
