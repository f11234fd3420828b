/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether a certificate lacks nothing but an issuer, so that its pinned key may count. */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "cert/cert.h"
#include "trust/internal.h"

/* What a verification has found. */
typedef struct cc_lone_t {
    const cc_trust_t *trust;
    bool lacks_issuer;
    bool fails; /* it has another fault */
} cc_lone_t;

/*
 * OpenSSL goes on after an error that its callback accepts, and looks at each certificate of the
 * chain. So every fault is seen, and not only the first one.
 */
static int lone_error(int ok, X509_STORE_CTX *store_ctx)
{
    X509_STORE_CTX *parent = X509_STORE_CTX_get0_parent_ctx(store_ctx);
    cc_lone_t *lone = X509_STORE_CTX_get_app_data(parent ? parent : store_ctx);
    int error = X509_STORE_CTX_get_error(store_ctx);

    if (ok) {
        return 1;
    }
    if (!parent && cc_error_is_of_issuer(error)) {
        lone->lacks_issuer = true;
        return 1;
    }
    if (!parent && error == X509_V_ERR_UNABLE_TO_GET_CRL && lone->trust->crl_may_miss) {
        X509_STORE_CTX_set_error(store_ctx, X509_V_OK);
        return 1;
    }
    lone->fails = true;
    return 0;
}

static bool lacks_only_issuer(X509_STORE_CTX *store_ctx, const cc_trust_t *trust)
{
    cc_lone_t lone = {.trust = trust};
    cc_trusted_t trusted = {.set = NULL};
    int result = 0;

    /* OpenSSL checks the signature of a self-signed certificate only with this flag. */
    X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(store_ctx),
                                X509_V_FLAG_CHECK_SS_SIGNATURE);
    if (!X509_STORE_CTX_set_app_data(store_ctx, &lone)) {
        return false;
    }
    X509_STORE_CTX_set_verify_cb(store_ctx, lone_error);
    cc_trusted_enter(&trusted, trust, store_ctx);
    if (!trusted.problem) {
        result = X509_verify_cert(store_ctx);
    }
    cc_trusted_leave(&trusted, store_ctx);
    return result > 0 && lone.lacks_issuer && !lone.fails;
}

/*
 * What OpenSSL may leave out where a chain ends early: the dates, and the signature of a
 * certificate that names itself as its issuer.
 */
static bool leaf_suits(X509 *leaf, apr_time_t now)
{
    apr_pool_t *scratch;
    bool suits = false;

    if (cc_trust_dates(leaf, now) != CC_TRUST_OK ||
        (X509_self_signed(leaf, 0) == 1 && X509_self_signed(leaf, 1) != 1)) {
        return false;
    }
    if (apr_pool_create_unmanaged(&scratch) == APR_SUCCESS) {
        suits = cc_cert_not_client_itself(cc_cert_wrap(leaf, scratch)) == NULL;
        apr_pool_destroy(scratch);
    }
    return suits;
}

bool cc_pin_suits(const cc_trust_t *trust, const cc_candidate_t *candidate, apr_time_t now)
{
    X509_STORE_CTX *store_ctx = X509_STORE_CTX_new();
    bool suits;

    ERR_set_mark();
    suits = store_ctx &&
            X509_STORE_CTX_init(store_ctx, trust->store, candidate->cert, candidate->untrusted) &&
            cc_verify_prepare(store_ctx, trust, now) && lacks_only_issuer(store_ctx, trust) &&
            leaf_suits(candidate->cert, now);
    X509_STORE_CTX_free(store_ctx);
    ERR_pop_to_mark();
    return suits;
}
