/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies a chain independently of the verify callback in place, which may tolerate errors. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "cert/cert.h"
#include "trust/internal.h"

/* Wraps the callback in place for the time of one verification. */
typedef struct watch_t {
    X509_STORE_CTX_verify_cb callback;
    bool let_pass;        /* the callback tolerated an error */
    cc_refusal_t refusal; /* the error that it did not tolerate; cert is NULL: none */
} watch_t;

static int watch_error(int ok, X509_STORE_CTX *store_ctx)
{
    /* The issuer of a CRL is verified in a separate context, which has no application data. */
    X509_STORE_CTX *parent = X509_STORE_CTX_get0_parent_ctx(store_ctx);
    watch_t *watch = X509_STORE_CTX_get_app_data(parent ? parent : store_ctx);
    int error = X509_STORE_CTX_get_error(store_ctx);
    int answer = watch->callback(ok, store_ctx);
    /* SSLCARevocationCheck ... no_crl_for_cert_ok: the administrator allows this one error. */
    bool waived =
        error == X509_V_ERR_UNABLE_TO_GET_CRL && X509_STORE_CTX_get_error(store_ctx) == X509_V_OK;

    if (ok == 0 && answer != 0 && !waived) {
        watch->let_pass = true;
    }
    if (answer == 0 && parent == NULL) {
        cc_refusal_set(&watch->refusal, store_ctx, ok, error);
    }
    return answer;
}

static void issuer_set(cc_seal_t *seal, const unsigned char sha256[32],
                       const unsigned char spki_sha256[32])
{
    memcpy(seal->ca_sha256, sha256, sizeof seal->ca_sha256);
    memcpy(seal->ca_spki_sha256, spki_sha256, sizeof seal->ca_spki_sha256);
    seal->ca_known = true;
}

/* Fills in the certificate that issued the leaf in the verified chain. */
static void issuer_find(cc_seal_t *seal, const cc_trust_t *trust, X509_STORE_CTX *store_ctx)
{
    X509 *cert = sk_X509_value(X509_STORE_CTX_get0_chain(store_ctx), 1);
    const cc_issuer_t *known = cert ? apr_hash_get(trust->issuers, &cert, sizeof cert) : NULL;
    apr_pool_t *scratch;

    if (known != NULL) {
        issuer_set(seal, known->sha256, known->spki_sha256);
    } else if (cert != NULL && apr_pool_create_unmanaged(&scratch) == APR_SUCCESS) {
        unsigned char sha256[32], spki_sha256[32];

        cc_cert_digests(cc_cert_wrap(cert, scratch), sha256, spki_sha256);
        issuer_set(seal, sha256, spki_sha256);
        apr_pool_destroy(scratch);
    }
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

static cc_trust_state_t purpose(X509 *cert)
{
    apr_pool_t *scratch;
    bool client;

    if (apr_pool_create_unmanaged(&scratch) != APR_SUCCESS) {
        return CC_TRUST_NOT_CLIENT;
    }
    client = cc_cert_not_client(cc_cert_wrap(cert, scratch)) == NULL;
    apr_pool_destroy(scratch);
    return client ? CC_TRUST_OK : CC_TRUST_NOT_CLIENT;
}

/* The verdict on a verification that returned `result`. */
static void verdict_take(cc_seal_t *seal, const cc_trust_t *trust, X509_STORE_CTX *store_ctx,
                         int result)
{
    if (result > 0 && X509_STORE_CTX_get_error(store_ctx) == X509_V_OK) {
        seal->state = purpose(X509_STORE_CTX_get0_cert(store_ctx));
        issuer_find(seal, trust, store_ctx);
        until_find(seal, X509_STORE_CTX_get0_chain(store_ctx));
    } else {
        seal->state = CC_TRUST_FAILED;
    }
}

/* OpenSSL gives up without calling the callback if it cannot continue at all. */
static void refusal_tell(cc_refusal_t *refusal, const cc_trust_t *trust, X509_STORE_CTX *store_ctx)
{
    refusal->leaf = X509_STORE_CTX_get0_cert(store_ctx);
    if (refusal->cert == NULL) {
        refusal->cert = refusal->leaf;
        refusal->depth = 0;
        refusal->error = X509_STORE_CTX_get_error(store_ctx);
    }
    trust->on_refusal(refusal, trust->on_refusal_baton);
}

/*
 * Calls the function that may object (because of CRLs) to a chain that has verified. The callback
 * in place logs the objection like an error of its own. Whatever it returns, the certificate is
 * refused.
 */
static void objection_take(cc_seal_t *seal, cc_refusal_t *refusal, const cc_trust_t *trust,
                           X509_STORE_CTX *store_ctx)
{
    X509_STORE_CTX_verify_cb callback = X509_STORE_CTX_get_verify_cb(store_ctx);
    X509 *leaf = X509_STORE_CTX_get0_cert(store_ctx);
    int depth = 0;
    int error = trust->on_success(leaf, seal, &depth, trust->on_success_baton);

    if (error == X509_V_OK) {
        return;
    }
    refusal->seal = seal;
    refusal->cert = sk_X509_value(X509_STORE_CTX_get0_chain(store_ctx), depth);
    refusal->depth = depth;
    refusal->error = error;
    X509_STORE_CTX_set_error_depth(store_ctx, depth);
    X509_STORE_CTX_set_current_cert(store_ctx, refusal->cert);
    X509_STORE_CTX_set_error(store_ctx, error);
    callback(0, store_ctx);
    X509_STORE_CTX_set_error(store_ctx, error);
}

int cc_trust_verify(X509_STORE_CTX *store_ctx, void *trust_of_context)
{
    const cc_trust_t *trust = trust_of_context;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store_ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    void *app_data = X509_STORE_CTX_get_app_data(store_ctx);
    watch_t watch = {X509_STORE_CTX_get_verify_cb(store_ctx), false, {.ssl = ssl}};
    cc_seal_t seal = {.verified_at = apr_time_now()};
    int result;

    if (!X509_STORE_CTX_set_app_data(store_ctx, &watch)) {
        return -1;
    }
    X509_STORE_CTX_set_verify_cb(store_ctx, watch_error);
    result = X509_verify_cert(store_ctx);
    X509_STORE_CTX_set_verify_cb(store_ctx, watch.callback);
    X509_STORE_CTX_set_app_data(store_ctx, app_data);
    verdict_take(&seal, trust, store_ctx, watch.let_pass ? 0 : result);
    if (seal.state != CC_TRUST_FAILED && trust->on_success != NULL) {
        objection_take(&seal, &watch.refusal, trust, store_ctx);
        result = watch.refusal.seal == NULL ? result : 0;
    }
    if (result <= 0 && trust->on_refusal != NULL) {
        refusal_tell(&watch.refusal, trust, store_ctx);
    }
    if (watch.refusal.seal != NULL) {
        seal.state = CC_TRUST_FAILED;
    }
    /* After post-handshake authentication OpenSSL continues with a copy of this session, including
     * the record. The record in the old session is then not about its certificate, so it does not
     * count. */
    cc_seal_write(SSL_get_session(ssl), &seal, trust, X509_STORE_CTX_get0_cert(store_ctx));
    return result;
}

bool cc_verify_prepare(X509_STORE_CTX *store_ctx, const cc_trust_t *trust, apr_time_t now)
{
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(store_ctx);

    X509_VERIFY_PARAM_set_auth_level(param, SSL_CTX_get_security_level(trust->ctx));
    if (!X509_STORE_CTX_set_default(store_ctx, "ssl_client") ||
        !X509_VERIFY_PARAM_set1(param, SSL_CTX_get0_param(trust->ctx))) {
        return false;
    }
    X509_STORE_CTX_set_time(store_ctx, 0, (time_t)apr_time_sec(now));
    return true;
}

void cc_trust_reverify(cc_seal_t *seal, const cc_trust_t *trust, X509 *cert,
                       STACK_OF(X509) * untrusted, apr_time_t now)
{
    X509_STORE_CTX *store_ctx = X509_STORE_CTX_new();

    memset(seal, 0, sizeof *seal);
    seal->state = CC_TRUST_FAILED;
    seal->verified_at = now;
    ERR_set_mark();
    if (store_ctx != NULL && X509_STORE_CTX_init(store_ctx, trust->store, cert, untrusted) &&
        cc_verify_prepare(store_ctx, trust, now)) {
        verdict_take(seal, trust, store_ctx, X509_verify_cert(store_ctx));
    }
    X509_STORE_CTX_free(store_ctx);
    ERR_pop_to_mark();
}
