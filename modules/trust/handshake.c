/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies a certificate in a handshake, and decides whether the handshake goes on. */
#include <openssl/x509_vfy.h>

#include "trust/internal.h"

/*
 * Calls the function that may object (because of CRLs) to a chain that has verified. The callback
 * in place logs the objection like an error of its own.
 */
static void objection_take(cc_refusal_t *refusal, const cc_seal_t *seal, const cc_watch_t *watch,
                           X509_STORE_CTX *store_ctx)
{
    const cc_trust_t *trust = watch->trust;
    cc_verify_error_t with = {NULL, 0, X509_V_OK};

    with.error = trust->on_success(refusal->leaf, seal, &with.depth, trust->on_success_baton);
    if (with.error == X509_V_OK) {
        return;
    }
    with.cert = sk_X509_value(X509_STORE_CTX_get0_chain(store_ctx), with.depth);
    refusal->seal = seal;
    refusal->cert = with.cert;
    refusal->fault = (cc_fault_t){cc_cause_of_error(with.error), with.depth, 0};
    cc_watch_refuse(watch, store_ctx, &with);
}

/* True if the handshake goes on whatever is wrong with the certificate. */
static bool tolerates(const cc_trust_t *trust, const SSL *ssl)
{
    return trust->tolerates && !(SSL_get_verify_mode(ssl) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
}

/*
 * mod_ssl remembers on the connection that its callback did not accept a certificate. It forgets
 * the result of the verification (SSL_set_verify_result) in each request with TLS 1.2. So the
 * callback gets every failure, also one that only this module has found.
 */
static int tolerate(X509_STORE_CTX *store_ctx, bool known_to_callback)
{
    if (!known_to_callback) {
        X509_STORE_CTX_set_error_depth(store_ctx, 0);
        X509_STORE_CTX_set_current_cert(store_ctx, X509_STORE_CTX_get0_cert(store_ctx));
        X509_STORE_CTX_set_error(store_ctx, X509_V_ERR_INVALID_PURPOSE);
        X509_STORE_CTX_get_verify_cb(store_ctx)(0, store_ctx);
    }
    X509_STORE_CTX_set_error(store_ctx, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    return 1;
}

/*
 * Takes the verdict, and why the handshake ends: if the failure is tolerated, that is the reason of
 * the verdict; otherwise, it is the error that the callback did not tolerate.
 */
static int handshake_verify(cc_seal_t *seal, cc_refusal_t *refusal, cc_watch_t *watch,
                            X509_STORE_CTX *store_ctx)
{
    int result;

    cc_trusted_enter(&watch->trusted, watch->trust, store_ctx);
    seal->verified_at = apr_time_now(); /* not before the set was current (cc_trust_holds) */
    result = cc_watch_verify(seal, &refusal->cert, watch, store_ctx);
    refusal->fault = seal->fault;
    if (result <= 0 && !watch->tolerates && watch->tolerated.cert) {
        cc_watch_t last = {.refused = watch->refused};
        cc_verify_error_t error = cc_watch_error(&last, store_ctx);

        refusal->fault = cc_fault_find(&error, store_ctx, &watch->trusted);
        refusal->cert = error.cert;
    }
    return result;
}

/*
 * True if the handshake goes on with a certificate for which no CA vouches, and whose key may be
 * pinned. Revocation, and what the callback in place has refused on its own account, stay refused.
 */
static bool may_be_pinned(const cc_watch_t *watch, const cc_refusal_t *refusal,
                          X509_STORE_CTX *store_ctx, int result)
{
    cc_candidate_t candidate = {.cert = refusal->leaf,
                                .untrusted = X509_STORE_CTX_get0_untrusted(store_ctx)};

    return watch->trust->pins && refusal->seal == NULL && (result > 0 || watch->tolerates) &&
           cc_pin_suits(watch->trust, &candidate, apr_time_now());
}

/* A session without a context is resumed by no host, not even one that leaves this to mod_ssl,
 * which would report the certificate as verified. */
static void never_resume(SSL *ssl)
{
    SSL_SESSION_set1_id_context(SSL_get_session(ssl), (const unsigned char *)"", 0);
}

/*
 * The callback in place may have reset the error after it let the certificate pass: mod_ssl's does
 * so for a missing CRL. Without an error, the certificate would look verified.
 */
static void fault_keep(X509_STORE_CTX *store_ctx)
{
    if (X509_STORE_CTX_get_error(store_ctx) == X509_V_OK) {
        X509_STORE_CTX_set_error(store_ctx, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
    }
}

int cc_trust_verify(X509_STORE_CTX *store_ctx, void *trust_of_context)
{
    const cc_trust_t *trust = trust_of_context;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store_ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    cc_watch_t watch = {.callback = X509_STORE_CTX_get_verify_cb(store_ctx),
                        .trust = trust,
                        .tolerates = tolerates(trust, ssl)};
    cc_refusal_t refusal = {.ssl = ssl, .leaf = X509_STORE_CTX_get0_cert(store_ctx)};
    cc_seal_t seal = {0};
    int result = handshake_verify(&seal, &refusal, &watch, store_ctx);
    bool lone;

    if (seal.state != CC_TRUST_FAILED && trust->on_success != NULL) {
        objection_take(&refusal, &seal, &watch, store_ctx);
        result = refusal.seal == NULL ? result : 0;
    }
    cc_trusted_leave(&watch.trusted, store_ctx);
    refusal.tolerated = (result <= 0 || seal.state != CC_TRUST_OK) && watch.tolerates;
    lone = seal.state == CC_TRUST_FAILED && may_be_pinned(&watch, &refusal, store_ctx, result);
    if ((result <= 0 || refusal.tolerated) && !lone && trust->on_refusal != NULL) {
        trust->on_refusal(&refusal, trust->on_refusal_baton);
    }
    if (refusal.seal != NULL) {
        seal.fault = refusal.fault;
    }
    if (refusal.seal != NULL || refusal.tolerated) {
        seal.state = CC_TRUST_FAILED;
    }
    if (refusal.tolerated) {
        result = tolerate(store_ctx, watch.refused.cert || refusal.seal);
    }
    if (lone) {
        seal.state = CC_TRUST_NO_ISSUER;
    }
    if (trust->pins && result > 0 && seal.state != CC_TRUST_OK) {
        fault_keep(store_ctx);
    }
    if (refusal.tolerated || lone) {
        never_resume(ssl);
    }
    /* After post-handshake authentication OpenSSL continues with a copy of this session, including
     * the record. The record in the old session is then not about its certificate, so it does not
     * count. */
    cc_seal_write(SSL_get_session(ssl), &seal, trust, refusal.leaf);
    return result;
}
