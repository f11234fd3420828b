/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies a chain independently of the verify callback in place, which may tolerate errors. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "cert/cert.h"
#include "trust/internal.h"

/* The issuer of a CRL is verified in a separate context, which has no application data. */
static cc_watch_t *watch_of(X509_STORE_CTX *store_ctx)
{
    X509_STORE_CTX *parent = X509_STORE_CTX_get0_parent_ctx(store_ctx);

    return X509_STORE_CTX_get_app_data(parent ? parent : store_ctx);
}

/*
 * Under optional_no_ca, mod_ssl's callback accepts these errors, and SSL_CLIENT_VERIFY is then
 * "GENEROUS". It is to report a failure, so the callback gets an error that it does not accept.
 */
bool cc_error_is_of_issuer(int error)
{
    return error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
           error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
           error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
           error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
           error == X509_V_ERR_CERT_UNTRUSTED;
}

/*
 * Calls the callback in place. mod_ssl's refuses a chain by the depth of a certificate, unless
 * depth= decides. Otherwise it only distinguishes the leaf, to which it may confine OCSP, and logs
 * the depth. So a CA gets a depth below 0, which exceeds no SSLVerifyDepth.
 */
static int callback_ask(const cc_watch_t *watch, int ok, X509_STORE_CTX *store_ctx)
{
    int depth = X509_STORE_CTX_get_error_depth(store_ctx), answer;

    if (cc_trusted_depth(&watch->trusted) < 0) {
        return watch->callback(ok, store_ctx);
    }
    X509_STORE_CTX_set_error_depth(store_ctx, -depth);
    answer = watch->callback(ok, store_ctx);
    X509_STORE_CTX_set_error_depth(store_ctx, depth);
    return answer;
}

/* True if there are more CAs above the leaf than depth= allows, in a chain without other errors. */
static bool is_too_long(const cc_watch_t *watch, int ok, X509_STORE_CTX *store_ctx)
{
    int most = cc_trusted_depth(&watch->trusted);

    return ok && most >= 0 && X509_STORE_CTX_get_error_depth(store_ctx) > most;
}

static int watch_error(int ok, X509_STORE_CTX *store_ctx)
{
    cc_watch_t *watch = watch_of(store_ctx);
    bool of_crl = X509_STORE_CTX_get0_parent_ctx(store_ctx) != NULL;
    int error, answer;
    bool waived, passed;

    if (!of_crl && is_too_long(watch, ok, store_ctx)) {
        ok = 0;
        X509_STORE_CTX_set_error(store_ctx, X509_V_ERR_CERT_CHAIN_TOO_LONG);
    }
    error = X509_STORE_CTX_get_error(store_ctx);
    if (ok == 0 && watch->tolerates && cc_error_is_of_issuer(error)) {
        X509_STORE_CTX_set_error(store_ctx, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT);
    }
    answer = callback_ask(watch, ok, store_ctx);
    /* SSLCARevocationCheck ... no_crl_for_cert_ok: the administrator allows this one error. */
    waived =
        error == X509_V_ERR_UNABLE_TO_GET_CRL && X509_STORE_CTX_get_error(store_ctx) == X509_V_OK;
    passed = ok == 0 && answer != 0 && !waived;
    watch->let_pass = watch->let_pass || passed;
    if (of_crl) {
        return answer;
    }
    if (passed && watch->tolerated.cert == NULL) {
        cc_verify_error_take(&watch->tolerated, store_ctx, ok, error);
    } else if (answer == 0) {
        cc_verify_error_take(&watch->refused, store_ctx, ok, error);
    }
    return answer;
}

/* A resumed session must not outlive a CA: in a full handshake it would no longer verify. */
static void until_find(cc_seal_t *seal, STACK_OF(X509) * chain)
{
    seal->until = APR_INT64_MAX;
    for (int i = 1; i < sk_X509_num(chain); i++) {
        apr_int64_t seconds = 0; /* of a date that cannot be read: long past */
        apr_time_t end;

        cc_cert_time_read(&seconds, X509_get0_notAfter(sk_X509_value(chain, i)));
        end = apr_time_from_sec(seconds);
        seal->until = end < seal->until ? end : seal->until;
    }
}

/*
 * True if the leaf itself is trusted, not for its issuer: a self-signed certificate that is the
 * whole chain. OpenSSL takes it from the trusted ones if the octets are the same, and has found
 * nothing wrong.
 */
static bool is_anchor(X509_STORE_CTX *store_ctx, X509 *leaf)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store_ctx);

    return sk_X509_num(chain) == 1 && X509_STORE_CTX_get_num_untrusted(store_ctx) == 0 &&
           X509_cmp(sk_X509_value(chain, 0), leaf) == 0 && X509_self_signed(leaf, 1) == 1;
}

/* Judges what a client's certificate is for, which mod_ssl judges less strictly. */
static void purpose_take(cc_seal_t *seal, X509_STORE_CTX *store_ctx, X509 *cert)
{
    const char *reason = "out of memory";
    apr_pool_t *scratch;

    if (apr_pool_create_unmanaged(&scratch) == APR_SUCCESS) {
        const cc_cert_t *wrapped = cc_cert_wrap(cert, scratch);

        reason = is_anchor(store_ctx, cert) ? cc_cert_not_client_itself(wrapped)
                                            : cc_cert_not_client(wrapped);
        apr_pool_destroy(scratch);
    }
    seal->state = reason ? CC_TRUST_NOT_CLIENT : CC_TRUST_OK;
    if (seal->state != CC_TRUST_OK) {
        seal->fault = (cc_fault_t){cc_cause_of_client(cert), 0, 0};
    }
}

cc_verify_error_t cc_watch_error(const cc_watch_t *watch, X509_STORE_CTX *store_ctx)
{
    int error = X509_STORE_CTX_get_error(store_ctx);

    if (watch->tolerated.cert) {
        return watch->tolerated;
    }
    if (watch->refused.cert) {
        return watch->refused;
    }
    if (error == X509_V_OK && watch->let_pass) {
        error = X509_V_ERR_CRL_PATH_VALIDATION_ERROR; /* in the context of a CRL */
    }
    /* OpenSSL gives up without calling the callback if it cannot continue at all. */
    return (cc_verify_error_t){X509_STORE_CTX_get0_cert(store_ctx), 0, error};
}

/* Takes the verdict on a verification that returned `result`. Returns the certificate at fault. */
static X509 *verdict_take(cc_seal_t *seal, const cc_watch_t *watch, X509_STORE_CTX *store_ctx,
                          int result)
{
    cc_verify_error_t error = {X509_STORE_CTX_get0_cert(store_ctx), 0, X509_V_OK};

    if (result > 0 && !watch->let_pass && X509_STORE_CTX_get_error(store_ctx) == X509_V_OK) {
        purpose_take(seal, store_ctx, error.cert);
        cc_seal_take_path(seal, watch, store_ctx,
                          cc_trusted_seal(seal, &watch->trusted, store_ctx));
        until_find(seal, X509_STORE_CTX_get0_chain(store_ctx));
    } else {
        error = cc_watch_error(watch, store_ctx);
        seal->state = CC_TRUST_FAILED;
        seal->fault = cc_fault_find(&error, store_ctx, &watch->trusted);
    }
    return error.cert;
}

void cc_watch_refuse(const cc_watch_t *watch, X509_STORE_CTX *store_ctx,
                     const cc_verify_error_t *with)
{
    X509_STORE_CTX_set_error_depth(store_ctx, with->depth);
    X509_STORE_CTX_set_current_cert(store_ctx, with->cert);
    X509_STORE_CTX_set_error(store_ctx, with->error);
    callback_ask(watch, 0, store_ctx);
    X509_STORE_CTX_set_error(store_ctx, with->error);
}

/* Verifies a certificate, unless no CA may decide about its SPIFFE ID. */
static int verify(X509_STORE_CTX *store_ctx, cc_watch_t *watch)
{
    if (!watch->trusted.problem) {
        return X509_verify_cert(store_ctx);
    }
    watch->refused =
        (cc_verify_error_t){X509_STORE_CTX_get0_cert(store_ctx), 0, X509_V_ERR_INVALID_EXTENSION};
    cc_watch_refuse(watch, store_ctx, &watch->refused);
    return 0;
}

/* The same with a callback that is watched. */
static int verify_watched(X509_STORE_CTX *store_ctx, cc_watch_t *watch)
{
    void *app_data = X509_STORE_CTX_get_app_data(store_ctx);
    int result;

    if (!X509_STORE_CTX_set_app_data(store_ctx, watch)) {
        return -1;
    }
    X509_STORE_CTX_set_verify_cb(store_ctx, watch_error);
    result = verify(store_ctx, watch);
    X509_STORE_CTX_set_verify_cb(store_ctx, watch->callback);
    X509_STORE_CTX_set_app_data(store_ctx, app_data);
    return result;
}

int cc_watch_verify(cc_seal_t *seal, X509 **at_fault, cc_watch_t *watch, X509_STORE_CTX *store_ctx)
{
    int result = verify_watched(store_ctx, watch);

    *at_fault = verdict_take(seal, watch, store_ctx, result);
    return result;
}

/* ---- without a handshake --------------------------------------------------------------------- */

/* The longest chain of which mod_ssl's callback, or its imitation, can say that it is too long. */
#define DEPTH_MAX 100

/* As ssl_verify_cert_chain does. */
bool cc_verify_prepare(X509_STORE_CTX *store_ctx, const cc_trust_t *trust, apr_time_t now)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(store_ctx);

    X509_VERIFY_PARAM_set_auth_level(param, SSL_CTX_get_security_level(trust->ctx));
    if (!X509_STORE_CTX_set_default(store_ctx, "ssl_client") ||
        !X509_VERIFY_PARAM_set1(param, SSL_CTX_get0_param(trust->ctx))) {
        return false;
    }
    if (trust->depth >= 0) {
        X509_VERIFY_PARAM_set_depth(param, DEPTH_MAX);
    }
    X509_STORE_CTX_set_time(store_ctx, 0, (time_t)apr_time_sec(now));
    return true;
}

/* Does without a handshake what mod_ssl's callback does in one, except for OCSP. */
static int imitate_mod_ssl(int ok, X509_STORE_CTX *store_ctx)
{
    const cc_watch_t *watch = watch_of(store_ctx);
    const cc_trust_t *trust = watch->trust;

    ok = ok || (trust->no_ca && cc_error_is_of_issuer(X509_STORE_CTX_get_error(store_ctx)));
    if (!ok && trust->crl_may_miss &&
        X509_STORE_CTX_get_error(store_ctx) == X509_V_ERR_UNABLE_TO_GET_CRL) {
        X509_STORE_CTX_set_error(store_ctx, X509_V_OK);
        ok = 1;
    }
    return ok && (watch->depth < 0 || X509_STORE_CTX_get_error_depth(store_ctx) <= watch->depth);
}

bool cc_verify_again(cc_seal_t *seal, const char **reason, const cc_trust_t *trust,
                     const cc_candidate_t *candidate, apr_time_t now, apr_pool_t *p)
{
    X509_STORE_CTX *store_ctx = X509_STORE_CTX_new();
    cc_watch_t watch = {.callback = imitate_mod_ssl,
                        .trust = trust,
                        .depth = trust->depth >= 0 ? trust->depth : candidate->depth};
    X509 *at_fault = NULL;
    int result = 0;

    *seal = (cc_seal_t){.state = CC_TRUST_FAILED,
                        .verified_at = now,
                        .fault = {CC_CAUSE_OTHER, 0, X509_V_ERR_OUT_OF_MEM}};
    ERR_set_mark();
    if (store_ctx != NULL &&
        X509_STORE_CTX_init(store_ctx, trust->store, candidate->cert, candidate->untrusted) &&
        cc_verify_prepare(store_ctx, trust, now)) {
        seal->fault = (cc_fault_t){CC_CAUSE_NONE, 0, 0};
        cc_trusted_enter(&watch.trusted, trust, store_ctx);
        result = cc_watch_verify(seal, &at_fault, &watch, store_ctx);
        cc_trusted_leave(&watch.trusted, store_ctx);
    }
    if (candidate->chain != NULL && seal->state == CC_TRUST_OK) {
        *candidate->chain = X509_STORE_CTX_get1_chain(store_ctx);
    }
    if (reason != NULL && seal->state != CC_TRUST_OK) {
        *reason = cc_fault_text(&seal->fault, candidate->cert, at_fault, p);
    }
    X509_STORE_CTX_free(store_ctx);
    ERR_pop_to_mark();
    if (candidate->may_be_pinned && trust->pins && seal->state == CC_TRUST_FAILED &&
        cc_pin_suits(trust, candidate, now)) {
        seal->state = CC_TRUST_NO_ISSUER;
    }
    return result > 0;
}

void cc_trust_reverify(cc_seal_t *seal, const cc_trust_t *trust, X509 *cert,
                       STACK_OF(X509) * untrusted, apr_time_t now)
{
    cc_candidate_t candidate = {
        .cert = cert, .untrusted = untrusted, .depth = -1, .may_be_pinned = true};

    cc_verify_again(seal, NULL, trust, &candidate, now, NULL);
}

const char *cc_trust_verify_within(cc_seal_t *seal, const cc_trust_t *trust, X509 *cert,
                                   STACK_OF(X509) * untrusted, int depth, apr_time_t now,
                                   apr_pool_t *p)
{
    cc_candidate_t candidate = {.cert = cert, .untrusted = untrusted, .depth = depth};
    const char *reason = NULL;

    cc_verify_again(seal, &reason, trust, &candidate, now, p);
    return reason;
}

STACK_OF(X509) *
    cc_trust_path(const cc_trust_t *trust, X509 *leaf, STACK_OF(X509) * untrusted, apr_time_t now)
{
    STACK_OF(X509) *chain = NULL;
    cc_candidate_t candidate = {.cert = leaf, .untrusted = untrusted, .depth = -1, .chain = &chain};
    cc_seal_t seal;

    cc_verify_again(&seal, NULL, trust, &candidate, now, NULL);
    if (chain != NULL) {
        X509_free(sk_X509_shift(chain));
    }
    if (sk_X509_num(chain) > 0 &&
        X509_self_signed(sk_X509_value(chain, sk_X509_num(chain) - 1), 0) == 1) {
        X509_free(sk_X509_pop(chain));
    }
    return chain;
}
