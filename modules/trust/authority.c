/* SPDX-License-Identifier: Apache-2.0 */
/* Finds certificates that may be issuers, and the chain from each to a trust anchor. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "cert/cert.h"
#include "trust/internal.h"

/* ---- chains ---------------------------------------------------------------------------------- */

static int no_mercy(int ok, X509_STORE_CTX *ctx)
{
    (void)ctx;
    return ok;
}

/*
 * Prepares the verification as for a client's chain, but for any purpose and without mod_ssl's
 * CRLs: a signer of CRLs only has to be in a chain.
 */
static bool verify_prepare(X509_STORE_CTX *ctx, const cc_trust_t *trust)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    unsigned long flags = X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;

    X509_VERIFY_PARAM_set_auth_level(param, SSL_CTX_get_security_level(trust->ctx));
    if (!X509_VERIFY_PARAM_set1(param, SSL_CTX_get0_param(trust->ctx))) {
        return false;
    }
    X509_VERIFY_PARAM_clear_flags(param, flags);
    X509_STORE_CTX_set_verify_cb(ctx, no_mercy);
    return true;
}

static void digests_take(unsigned char sha256[32], unsigned char spki_sha256[32], X509 *cert,
                         apr_pool_t *p)
{
    cc_cert_digests(cc_cert_wrap(cert, p), sha256, spki_sha256);
}

/* Fills in the parent and the root from the verified chain. */
static void chain_take(cc_authority_t *authority, const STACK_OF(X509) * chain, apr_pool_t *p)
{
    unsigned char unused[32];
    int count = sk_X509_num(chain);

    authority->verified = true;
    authority->anchor = count == 1;
    authority->above = count - 1;
    if (count > 1) {
        digests_take(authority->parent_sha256, authority->parent_spki_sha256,
                     sk_X509_value(chain, 1), p);
    }
    digests_take(authority->root_sha256, unused, sk_X509_value(chain, count - 1), p);
}

/*
 * The trusted CAs of a verification: those of the group, if there is one. If it has the certificate
 * itself, and a chain may end with any of its CAs, the chain ends there.
 */
static STACK_OF(X509) * group_use(X509_STORE_CTX *ctx, const cc_ca_group_t *group, X509 *cert)
{
    STACK_OF(X509) *certs = group ? cc_trusted_group(ctx, group) : NULL;

    if (group && cc_ca_group_anchors_all(group) && cc_ca_of_cert(group, cert)) {
        sk_X509_zero(certs);
        sk_X509_push(certs, cert);
    }
    return certs;
}

/* `group` is that of the set that is followed; NULL: the store decides. */
static void verify(cc_authority_t *authority, const cc_trust_t *trust, const cc_ca_group_t *group,
                   STACK_OF(X509) * untrusted, apr_pool_t *p)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *certs = NULL;
    apr_pool_t *scratch = NULL;
    bool ready;

    apr_pool_create(&scratch, p);
    ERR_set_mark();
    ready = ctx && X509_STORE_CTX_init(ctx, trust->store, authority->cert, untrusted) &&
            verify_prepare(ctx, trust);
    if (ready) {
        certs = group_use(ctx, group, authority->cert);
    }
    if (ready && X509_verify_cert(ctx) > 0) {
        chain_take(authority, X509_STORE_CTX_get0_chain(ctx), scratch);
    } else if (ctx) {
        authority->error = X509_STORE_CTX_get_error(ctx);
        authority->error_depth = X509_STORE_CTX_get_error_depth(ctx);
    }
    X509_STORE_CTX_free(ctx);
    sk_X509_free(certs);
    ERR_pop_to_mark();
    apr_pool_destroy(scratch);
}

static apr_status_t cert_free(void *cert)
{
    X509_free(cert);
    return APR_SUCCESS;
}

static cc_authority_t *authority_take(X509 *cert, apr_pool_t *p)
{
    cc_authority_t *authority = apr_pcalloc(p, sizeof(*authority));

    X509_up_ref(cert);
    authority->cert = cert;
    apr_pool_cleanup_register(p, cert, cert_free, apr_pool_cleanup_null);
    digests_take(authority->sha256, authority->spki_sha256, cert, p);
    return authority;
}

/* Verifies with the CAs of each group, until one vouches for it. */
static void verify_in_any(cc_authority_t *authority, const cc_trust_t *trust,
                          STACK_OF(X509) * untrusted, apr_pool_t *p)
{
    unsigned side;
    const cc_ca_set_t *set = cc_cas_enter(trust->cas, &side);

    for (int i = 0; i < cc_ca_groups(set) && !authority->verified; i++) {
        verify(authority, trust, cc_ca_group_at(set, i), untrusted, p);
    }
    cc_cas_leave(trust->cas, side);
}

cc_authority_t *cc_authority_make(const cc_trust_t *trust, X509 *cert, STACK_OF(X509) * untrusted,
                                  apr_pool_t *p)
{
    cc_authority_t *authority = authority_take(cert, p);

    if (trust->cas) {
        verify_in_any(authority, trust, untrusted, p);
    } else {
        verify(authority, trust, NULL, untrusted, p);
    }
    return authority->verified ? authority : NULL;
}

/* ---- a set that is followed ------------------------------------------------------------------ */

/*
 * True if `one` is to replace `other`, the same CA in another group. The longer chain is kept,
 * because each CA above has to be checked.
 */
static bool replaces(const cc_authority_t *one, const cc_authority_t *other)
{
    return one->verified && (!other->verified || one->above > other->above);
}

static void authorities_of_group(apr_hash_t *found, const cc_trust_t *trust,
                                 const cc_ca_group_t *group, apr_pool_t *p)
{
    for (int i = 0; i < cc_ca_count(group); i++) {
        X509 *cert = cc_ca_cert(cc_ca_at(group, i));
        cc_authority_t *authority = cert ? authority_take(cert, p) : NULL, *other;

        if (!authority) {
            continue;
        }
        verify(authority, trust, group, NULL, p);
        other = apr_hash_get(found, authority->sha256, sizeof(authority->sha256));
        if (!other || replaces(authority, other)) {
            apr_hash_set(found, authority->sha256, sizeof(authority->sha256), authority);
        }
    }
}

static void authorities_of_set(apr_array_header_t *authorities, const cc_trust_t *trust,
                               apr_pool_t *p)
{
    apr_hash_t *found = apr_hash_make(p);
    unsigned side;
    const cc_ca_set_t *set = cc_cas_enter(trust->cas, &side);

    for (int i = 0; i < cc_ca_groups(set); i++) {
        authorities_of_group(found, trust, cc_ca_group_at(set, i), p);
    }
    cc_cas_leave(trust->cas, side);
    for (apr_hash_index_t *i = apr_hash_first(p, found); i; i = apr_hash_next(i)) {
        APR_ARRAY_PUSH(authorities, cc_authority_t *) = apr_hash_this_val(i);
    }
}

/* ---- all ------------------------------------------------------------------------------------- */

apr_array_header_t *cc_authorities_of_store(const cc_trust_t *trust, apr_pool_t *p)
{
    apr_array_header_t *authorities = apr_array_make(p, 16, sizeof(cc_authority_t *));
    STACK_OF(X509) *certs = NULL;

    if (trust->cas) {
        authorities_of_set(authorities, trust, p);
        return authorities;
    }
    certs = X509_STORE_get1_all_certs(trust->store);

    for (int i = 0; i < sk_X509_num(certs); i++) {
        cc_authority_t *authority = authority_take(sk_X509_value(certs, i), p);

        verify(authority, trust, NULL, NULL, p);
        APR_ARRAY_PUSH(authorities, cc_authority_t *) = authority;
    }
    sk_X509_pop_free(certs, X509_free);
    return authorities;
}
