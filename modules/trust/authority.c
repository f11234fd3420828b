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

static void verify(cc_authority_t *authority, const cc_trust_t *trust, STACK_OF(X509) * untrusted,
                   apr_pool_t *p)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    apr_pool_t *scratch = NULL;

    apr_pool_create(&scratch, p);
    ERR_set_mark();
    if (ctx && X509_STORE_CTX_init(ctx, trust->store, authority->cert, untrusted) &&
        verify_prepare(ctx, trust) && X509_verify_cert(ctx) > 0) {
        chain_take(authority, X509_STORE_CTX_get0_chain(ctx), scratch);
    } else if (ctx) {
        authority->error = X509_STORE_CTX_get_error(ctx);
        authority->error_depth = X509_STORE_CTX_get_error_depth(ctx);
    }
    X509_STORE_CTX_free(ctx);
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

cc_authority_t *cc_authority_make(const cc_trust_t *trust, X509 *cert, STACK_OF(X509) * untrusted,
                                  apr_pool_t *p)
{
    cc_authority_t *authority = authority_take(cert, p);

    verify(authority, trust, untrusted, p);
    return authority->verified ? authority : NULL;
}

/* ---- the store ------------------------------------------------------------------------------- */

apr_array_header_t *cc_authorities_of_store(const cc_trust_t *trust, apr_pool_t *p)
{
    apr_array_header_t *authorities = apr_array_make(p, 16, sizeof(cc_authority_t *));
    STACK_OF(X509) *certs = X509_STORE_get1_all_certs(trust->store);

    for (int i = 0; i < sk_X509_num(certs); i++) {
        cc_authority_t *authority = authority_take(sk_X509_value(certs, i), p);

        verify(authority, trust, NULL, p);
        APR_ARRAY_PUSH(authorities, cc_authority_t *) = authority;
    }
    sk_X509_pop_free(certs, X509_free);
    return authorities;
}
