/* SPDX-License-Identifier: Apache-2.0 */
/* Computes the trust id of a virtual host, and decides whether a session may be resumed there. */
#include "trust/trust.h"

#include <stdlib.h>
#include <string.h>

#include <apr_escape.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "cert/cert.h"
#include "trust/internal.h"

/* An item of a trust: its kind and the digest of its DER. Octets only, so no padding. */
typedef struct entry_t {
    unsigned char kind;
    unsigned char sha256[32];
} entry_t;

enum { ENTRY_CERT = 1, ENTRY_CRL, ENTRY_NAME };

/* Frees `der`, which OpenSSL has allocated. */
static bool entry_add(apr_array_header_t *entries, unsigned char kind, unsigned char *der, int len,
                      const EVP_MD *md)
{
    entry_t *entry = apr_array_push(entries);
    bool done = len > 0 && EVP_Digest(der, (size_t)len, entry->sha256, NULL, md, NULL);

    entry->kind = kind;
    OPENSSL_free(der);
    return done;
}

static void issuer_add(cc_trust_t *trust, X509 *cert, apr_pool_t *p)
{
    cc_issuer_t *issuer = apr_palloc(p, sizeof *issuer);

    issuer->cert = cert;
    cc_cert_digests(cc_cert_wrap(cert, p), issuer->digests.sha256, issuer->digests.spki_sha256);
    apr_hash_set(trust->issuers, &issuer->cert, sizeof issuer->cert, issuer);
    apr_hash_set(trust->issuers_by_sha256, issuer->digests.sha256, sizeof issuer->digests.sha256,
                 issuer);
}

static bool add_object(apr_array_header_t *entries, cc_trust_t *trust, X509_OBJECT *object,
                       apr_pool_t *p)
{
    X509 *cert = X509_OBJECT_get0_X509(object);
    X509_CRL *crl = X509_OBJECT_get0_X509_CRL(object);
    unsigned char *der = NULL;
    int len;

    if (cert != NULL && trust->cas) {
        return true; /* it does not count */
    }
    if (cert != NULL) {
        issuer_add(trust, cert, p);
        len = i2d_X509_AUX(cert, &der); /* includes the limits of a "TRUSTED CERTIFICATE" */
        return entry_add(entries, ENTRY_CERT, der, len, trust->md);
    }
    len = crl ? i2d_X509_CRL(crl, &der) : 0;
    return crl == NULL || entry_add(entries, ENTRY_CRL, der, len, trust->md);
}

/*
 * With SSLCACertificatePath the store contains only certificates that were looked up, while all CA
 * names are known. So all names are looked up before the store is listed.
 */
static void names_look_up(const cc_trust_t *trust)
{
    const STACK_OF(X509_NAME) *names = SSL_CTX_get_client_CA_list(trust->ctx);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();

    ERR_set_mark();
    if (ctx && X509_STORE_CTX_init(ctx, trust->store, NULL, NULL)) {
        for (int i = 0; i < sk_X509_NAME_num(names); i++) {
            sk_X509_pop_free(X509_STORE_CTX_get1_certs(ctx, sk_X509_NAME_value(names, i)),
                             X509_free);
        }
    }
    X509_STORE_CTX_free(ctx);
    ERR_pop_to_mark();
}

/* The store's CRLs, and its certificates and the CA names if these are always the same. */
static bool add_all(apr_array_header_t *entries, cc_trust_t *trust, apr_pool_t *p)
{
    STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(trust->store);
    STACK_OF(X509_NAME) *names = trust->cas ? NULL : SSL_CTX_get_client_CA_list(trust->ctx);
    bool done = true;

    for (int i = 0; done && i < sk_X509_OBJECT_num(objects); i++) {
        done = add_object(entries, trust, sk_X509_OBJECT_value(objects, i), p);
    }
    for (int i = 0; done && i < sk_X509_NAME_num(names); i++) {
        unsigned char *der = NULL;
        int len = i2d_X509_NAME(sk_X509_NAME_value(names, i), &der);

        done = entry_add(entries, ENTRY_NAME, der, len, trust->md);
    }
    return done;
}

/* OpenSSL's settings of a verification, as text. */
static const char *settings_text(const cc_trust_t *trust, apr_pool_t *p)
{
    X509_VERIFY_PARAM *store = X509_STORE_get0_param(trust->store);
    X509_VERIFY_PARAM *own = SSL_CTX_get0_param(trust->ctx);

    return apr_psprintf(p, "mod_clientcert trust 1: flags %lx %lx, depth %d %d, level %d%s%s",
                        X509_VERIFY_PARAM_get_flags(store), X509_VERIFY_PARAM_get_flags(own),
                        X509_VERIFY_PARAM_get_depth(store), X509_VERIFY_PARAM_get_depth(own),
                        SSL_CTX_get_security_level(trust->ctx), trust->cas ? ", groups " : "",
                        trust->cas ? cc_cas_groups_text(trust->cas, p) : "");
}

static int entry_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(entry_t));
}

static bool trust_identify(cc_trust_t *trust, apr_pool_t *p)
{
    apr_array_header_t *entries = apr_array_make(p, 16, sizeof(entry_t));
    const char *settings = settings_text(trust, p);
    unsigned char digest[32] = {0};
    EVP_MD_CTX *ctx;
    bool done;

    if (!trust->cas) {
        names_look_up(trust);
    }
    if (!add_all(entries, trust, p)) {
        return false;
    }
    if (entries->nelts > 0) {
        qsort(entries->elts, (size_t)entries->nelts, sizeof(entry_t), entry_compare);
    }

    ctx = EVP_MD_CTX_new();
    done = ctx != NULL && EVP_DigestInit_ex(ctx, trust->md, NULL) &&
           EVP_DigestUpdate(ctx, settings, strlen(settings) + 1) &&
           EVP_DigestUpdate(ctx, entries->elts, (size_t)entries->nelts * sizeof(entry_t)) &&
           EVP_DigestFinal_ex(ctx, digest, NULL);
    EVP_MD_CTX_free(ctx);
    memcpy(trust->id, digest, sizeof(trust->id));
    return done;
}

static apr_status_t trust_free(void *data)
{
    cc_trust_t *trust = data;

    EVP_MD_free(trust->md);
    SSL_CTX_free(trust->ctx);
    return APR_SUCCESS;
}

static apr_status_t trust_make(cc_trust_t **trust, SSL_CTX *ctx, cc_cas_t *cas, apr_pool_t *p,
                               cc_error_t *err)
{
    cc_trust_t *made = apr_pcalloc(p, sizeof *made);

    SSL_CTX_up_ref(ctx);
    made->ctx = ctx;
    made->cas = cas;
    made->depth = -1;
    made->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    apr_pool_cleanup_register(p, made, trust_free, apr_pool_cleanup_null);
    made->issuers = apr_hash_make(p);
    made->issuers_by_sha256 = apr_hash_make(p);
    SSL_CTX_get0_verify_cert_store(ctx, &made->store);
    if (made->store == NULL) {
        made->store = SSL_CTX_get_cert_store(ctx);
    }

    if (made->md == NULL || !trust_identify(made, p)) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());

        return cc_error_set(err, p, "CC0401", NULL,
                            "OpenSSL cannot compute SHA-256 (%s); its default provider or the FIPS "
                            "provider must be loaded",
                            reason ? reason : "no reason given");
    }
    *trust = made;
    return APR_SUCCESS;
}

apr_status_t cc_trust_create(cc_trust_t **trust, SSL_CTX *ctx, apr_pool_t *p, cc_error_t *err)
{
    return trust_make(trust, ctx, NULL, p, err);
}

/* Makes the names of the current CAs those of the context. */
static void names_take(cc_trust_t *trust)
{
    unsigned side;
    const cc_ca_set_t *set = cc_cas_enter(trust->cas, &side);

    trust->names_digest = cc_ca_set_names_digest(set);
    SSL_CTX_set_client_CA_list(trust->ctx, SSL_dup_CA_list(cc_ca_set_names(set)));
    cc_cas_leave(trust->cas, side);
}

apr_status_t cc_trust_follow(cc_trust_t **trust, SSL_CTX *ctx, cc_cas_t *cas, apr_pool_t *p,
                             cc_error_t *err)
{
    apr_status_t status = trust_make(trust, ctx, cas, p, err);

    if (status == APR_SUCCESS) {
        names_take(*trust);
    }
    return status;
}

void cc_trust_on_success(cc_trust_t *trust, cc_object_fn *object, void *baton)
{
    trust->on_success = object;
    trust->on_success_baton = baton;
}

void cc_trust_tolerate(cc_trust_t *trust)
{
    trust->tolerates = true;
}

void cc_trust_pin(cc_trust_t *trust)
{
    trust->pins = true;
    trust->id[0] ^= 1;
}

void cc_trust_miss_crls(cc_trust_t *trust)
{
    trust->crl_may_miss = true;
}

void cc_trust_on_refusal(cc_trust_t *trust, cc_refusal_fn *report, void *baton)
{
    trust->on_refusal = report;
    trust->on_refusal_baton = baton;
}

bool cc_trust_same(const cc_trust_t *a, const cc_trust_t *b)
{
    return memcmp(a->id, b->id, sizeof a->id) == 0 && a->cas == b->cas;
}

/* The paths of a set: what distinguishes its CAs from others, today and after a restart. */
static const char *paths_text(const cc_cas_t *cas, apr_pool_t *p)
{
    const apr_array_header_t *specs = cc_cas_specs(cas);
    apr_array_header_t *texts = apr_array_make(p, specs->nelts, sizeof(const char *));

    for (int i = 0; i < specs->nelts; i++) {
        const cc_ca_spec_t *spec = APR_ARRAY_IDX(specs, i, const cc_ca_spec_t *);

        APR_ARRAY_PUSH(texts, const char *) = apr_array_pstrcat(p, spec->paths, '\n');
    }
    return apr_array_pstrcat(p, texts, '\n');
}

const char *cc_trust_id_text(const cc_trust_t *trust, apr_pool_t *p)
{
    char *text = apr_palloc(p, 2 * CC_TRUST_ID_LEN + 1);
    unsigned char digest[32];

    apr_escape_hex(text, trust->id, CC_TRUST_ID_LEN, 0, NULL);
    if (trust->cas) {
        const char *all = apr_pstrcat(p, text, "\n", paths_text(trust->cas, p), NULL);

        if (EVP_Digest(all, strlen(all), digest, NULL, trust->md, NULL)) {
            apr_escape_hex(text, digest, CC_TRUST_ID_LEN, 0, NULL);
        }
    }
    return text;
}

cc_trust_state_t cc_trust_dates(X509 *cert, apr_time_t now)
{
    time_t seconds = (time_t)apr_time_sec(now);
    int begin = ASN1_TIME_cmp_time_t(X509_get0_notBefore(cert), seconds);

    if (begin != -1 && begin != 0) { /* -2: not a date */
        return CC_TRUST_NOT_YET;
    }
    if (ASN1_TIME_cmp_time_t(X509_get0_notAfter(cert), seconds) < 0) {
        return CC_TRUST_EXPIRED;
    }
    return CC_TRUST_OK;
}

bool cc_trust_may_resume(const cc_trust_t *trust, SSL_SESSION *session, apr_interval_time_t age,
                         apr_time_t now)
{
    X509 *cert = SSL_SESSION_get0_peer(session);
    cc_seal_t seal;

    if (cert == NULL) {
        return true;
    }
    cc_trust_unseal(&seal, trust, session, cert);
    /* In TLS 1.3, the time of a session starts again when it is resumed. That of its verdict does
     * not. */
    return seal.state == CC_TRUST_OK && cc_trust_dates(cert, now) == CC_TRUST_OK &&
           (age == 0 || apr_time_sec(now) - apr_time_sec(seal.verified_at) <= apr_time_sec(age)) &&
           apr_time_sec(now) <= apr_time_sec(seal.until) &&
           cc_seal_path_suffices(trust, &seal, cert);
}

const char *cc_seal_text(const cc_seal_t *seal, const X509 *leaf, apr_pool_t *p)
{
    return seal->fault.cause != CC_CAUSE_NONE ? cc_fault_text(&seal->fault, leaf, NULL, p)
                                              : cc_trust_state_text(seal->state);
}

const char *cc_trust_state_text(cc_trust_state_t state)
{
    static const char *const text[] = {
        [CC_TRUST_OK] = "it is verified",
        [CC_TRUST_NO_RECORD] = "its session carries no verdict of a full handshake",
        [CC_TRUST_BAD_RECORD] =
            "its session carries a verdict that is damaged or for another certificate",
        [CC_TRUST_FAILED] = "it did not verify",
        [CC_TRUST_OTHER_TRUST] =
            "it was verified for a virtual host with other CAs or verification settings",
        [CC_TRUST_CA_LEFT] = "a CA that verified it is no longer trusted, or was removed meanwhile",
        [CC_TRUST_NOT_YET] = "it is not yet valid",
        [CC_TRUST_EXPIRED] = "it has expired",
        [CC_TRUST_NOT_CLIENT] =
            "it is a CA certificate, or its key usage does not allow client authentication",
        [CC_TRUST_NO_ISSUER] = "no CA that is trusted here vouches for it",
    };

    return text[state];
}
