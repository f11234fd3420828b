/* SPDX-License-Identifier: Apache-2.0 */
/* Finds what is wrong with a chain that did not verify, and describes it in plain words. */
#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "ca/ca.h"
#include "cert/cert.h"
#include "trust/internal.h"

/* ---- the trusted CAs with the name of an issuer ---------------------------------------------- */

/* A store may have many CAs of one name; each costs a verification of a signature. */
#define CANDIDATES_MAX 8

/* True if both have a key identifier, and these are the same. */
static bool same_key_id(X509 *ca, X509 *cert)
{
    const ASN1_OCTET_STRING *wanted = X509_get0_authority_key_id(cert);
    const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(ca);

    return wanted && own && !ASN1_OCTET_STRING_cmp(wanted, own);
}

/* Why a trusted CA with the name of its issuer does not count as the issuer of `cert`. */
static cc_cause_t mismatch(X509 *ca, X509 *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(ca);
    int issued = X509_check_issued(ca, cert);

    if (!key || issued == X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM) {
        return CC_CAUSE_ALGORITHM;
    }
    if (issued == X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH) {
        return CC_CAUSE_OTHER_KEY; /* a key for another algorithm */
    }
    if (X509_verify(cert, key) != 1) {
        return same_key_id(ca, cert) ? CC_CAUSE_BAD_SIGNATURE : CC_CAUSE_OTHER_KEY;
    }
    if (issued == X509_V_ERR_KEYUSAGE_NO_CERTSIGN) {
        return CC_CAUSE_CA_KEY_USAGE;
    }
    return issued == X509_V_OK ? CC_CAUSE_OTHER : CC_CAUSE_OTHER_KEY_ID;
}

/*
 * OpenSSL reports only that it found no issuer. The trusted CA that comes nearest to being the
 * issuer explains why.
 */
static cc_cause_t issuer_cause(X509_STORE_CTX *store_ctx, const cc_trusted_t *trusted, X509 *cert)
{
    static const cc_cause_t nearest[] = {CC_CAUSE_OTHER,        CC_CAUSE_CA_KEY_USAGE,
                                         CC_CAUSE_OTHER_KEY_ID, CC_CAUSE_BAD_SIGNATURE,
                                         CC_CAUSE_ALGORITHM,    CC_CAUSE_OTHER_KEY};
    STACK_OF(X509) *named = cc_trusted_named(trusted, store_ctx, X509_get_issuer_name(cert));
    bool found[CC_CAUSE_COUNT] = {false};
    cc_cause_t cause = CC_CAUSE_NO_CA;

    for (int i = 0; i < sk_X509_num(named) && i < CANDIDATES_MAX; i++) {
        found[mismatch(sk_X509_value(named, i), cert)] = true;
    }
    for (size_t i = sizeof(nearest) / sizeof(nearest[0]); i-- > 0;) {
        cause = found[nearest[i]] ? nearest[i] : cause;
    }
    sk_X509_pop_free(named, X509_free);
    return cause;
}

/* ---- the purpose of the client's certificate ------------------------------------------------- */

/* True if its extended key usage is serverAuth and nothing else. */
static bool is_server_only(const X509 *cert)
{
    EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(cert, NID_ext_key_usage, NULL, NULL);
    bool only = sk_ASN1_OBJECT_num(usage) == 1 &&
                OBJ_obj2nid(sk_ASN1_OBJECT_value(usage, 0)) == NID_server_auth;

    EXTENDED_KEY_USAGE_free(usage);
    return only;
}

cc_cause_t cc_cause_of_client(X509 *cert)
{
    uint32_t flags = X509_get_extension_flags(cert);
    cc_cause_t cause = CC_CAUSE_PURPOSE;

    ERR_set_mark();
    if (flags & EXFLAG_INVALID) {
        cause = CC_CAUSE_MALFORMED;
    } else if ((flags & EXFLAG_CA) ||
               ((flags & EXFLAG_KUSAGE) && (X509_get_key_usage(cert) & KU_KEY_CERT_SIGN))) {
        cause = CC_CAUSE_CA_CERTIFICATE;
    } else if (is_server_only(cert)) {
        cause = CC_CAUSE_SERVER_ONLY;
    }
    ERR_pop_to_mark();
    return cause;
}

/* ---- an error of a verification -------------------------------------------------------------- */

/*
 * A callback that refuses a certificate in which OpenSSL found no error has a reason of its own.
 * mod_ssl's callback has two: the result of OCSP, which it sets as an error, and SSLVerifyDepth.
 */
void cc_verify_error_take(cc_verify_error_t *taken, X509_STORE_CTX *store_ctx, int ok, int error)
{
    int now = X509_STORE_CTX_get_error(store_ctx);

    taken->cert = X509_STORE_CTX_get_current_cert(store_ctx);
    taken->depth = X509_STORE_CTX_get_error_depth(store_ctx);
    if (ok == 0) {
        taken->error = error;
    } else {
        taken->error = now != error ? now : X509_V_ERR_CERT_CHAIN_TOO_LONG;
    }
}

/* True if it is a CA certificate, but its key usage does not allow it to sign others. */
static bool must_not_sign(X509 *cert)
{
    uint32_t flags = X509_get_extension_flags(cert);

    return (flags & EXFLAG_CA) && (flags & EXFLAG_KUSAGE) &&
           !(X509_get_key_usage(cert) & KU_KEY_CERT_SIGN);
}

/* OpenSSL compares only names and key identifiers. */
static bool signed_itself(X509 *cert)
{
    EVP_PKEY *key = X509_get0_pubkey(cert);

    return key && X509_verify(cert, key) == 1;
}

static cc_cause_t cause_find(cc_verify_error_t *of, X509_STORE_CTX *store_ctx,
                             const cc_trusted_t *trusted)
{
    cc_cause_t cause = cc_cause_of_error(of->error), nearer;

    if (trusted->problem) {
        return CC_CAUSE_SPIFFE;
    }
    if (cause == CC_CAUSE_NOT_A_CA && of->depth > 0 && must_not_sign(of->cert)) {
        of->depth--; /* the sentence is about the certificate that it signed */
        of->cert = sk_X509_value(X509_STORE_CTX_get0_chain(store_ctx), of->depth);
        return CC_CAUSE_CA_KEY_USAGE;
    }
    if (cause == CC_CAUSE_PURPOSE && of->depth == 0) {
        return cc_cause_of_client(of->cert);
    }
    if ((cause == CC_CAUSE_SELF_SIGNED || cause == CC_CAUSE_UNTRUSTED_ROOT) &&
        !signed_itself(of->cert)) {
        cause = CC_CAUSE_NO_CA;
    }
    if (cause != CC_CAUSE_NO_CA && cause != CC_CAUSE_UNTRUSTED_ROOT &&
        cause != CC_CAUSE_BAD_SIGNATURE) {
        return cause;
    }
    nearer = issuer_cause(store_ctx, trusted, of->cert);
    return nearer == CC_CAUSE_NO_CA ? cause : nearer;
}

/* OpenSSL begins at the root, so the first certificate at fault is the end of the chain. */
static int depth_needed(X509_STORE_CTX *store_ctx, const cc_trusted_t *trusted)
{
    int above = sk_X509_num(X509_STORE_CTX_get0_chain(store_ctx)) - 1;

    return cc_trusted_depth(trusted) < 0 ? above : -above;
}

cc_fault_t cc_fault_find(cc_verify_error_t *of, X509_STORE_CTX *store_ctx,
                         const cc_trusted_t *trusted)
{
    cc_fault_t fault = {CC_CAUSE_NONE, 0, 0};

    ERR_set_mark();
    fault.cause = cause_find(of, store_ctx, trusted);
    fault.depth = of->depth;
    ERR_pop_to_mark();
    if (fault.cause == CC_CAUSE_OTHER) {
        fault.number = of->error;
    } else if (fault.cause == CC_CAUSE_TOO_LONG) {
        fault.number = depth_needed(store_ctx, trusted);
    } else if (fault.cause == CC_CAUSE_NO_CA) {
        fault.number = (int)cc_trusted_none(trusted);
    }
    return fault;
}

/* ---- words ----------------------------------------------------------------------------------- */

static const char *field_text(const char *name, const X509 *x509, apr_pool_t *p)
{
    const cc_value_t *value = cc_cert_value(cc_cert_wrap((X509 *)x509, p), name, p);

    return value && value->len ? cc_text_excerpt(value->text, value->len, p) : "(empty)";
}

static const char *no_ca_text(int number)
{
    switch (number) {
    case CC_NO_CA_OF_DOMAIN:
        return "no such CA is trusted here for its SPIFFE trust domain";
    case CC_NO_CA_OF_OTHERS:
        return "no such CA is trusted here for certificates outside the configured SPIFFE trust "
               "domains";
    default:
        return "no such CA is trusted here";
    }
}

/* The end of "it was issued by NAME: ..."; NULL: the cause is not about a CA that is trusted. */
static const char *issuer_text(const cc_fault_t *fault)
{
    switch (fault->cause) {
    case CC_CAUSE_NO_CA:
        return no_ca_text(fault->number);
    case CC_CAUSE_OTHER_KEY:
        return "a CA of that name is trusted here, but with another key";
    case CC_CAUSE_OTHER_KEY_ID:
        return "a CA of that name and key is trusted here, but the authority key identifier names "
               "another certificate";
    case CC_CAUSE_CA_KEY_USAGE:
        return "the key usage of this CA does not allow it to sign certificates";
    case CC_CAUSE_BAD_SIGNATURE:
        return "the signature was not made with the key of this CA";
    default:
        return NULL;
    }
}

/* The field that shows the cause; NULL: none. */
static const char *field_of(cc_cause_t cause)
{
    switch (cause) {
    case CC_CAUSE_EXPIRED:
        return "not_after";
    case CC_CAUSE_NOT_YET_VALID:
        return "not_before";
    case CC_CAUSE_NO_CRL:
    case CC_CAUSE_CRL_EXPIRED:
    case CC_CAUSE_CRL_NOT_YET_VALID:
    case CC_CAUSE_CRL_BAD:
        return "issuer";
    default:
        return NULL;
    }
}

/* The sentence about `cert`, the certificate at fault. */
static const char *sentence(const cc_fault_t *fault, const X509 *cert, apr_pool_t *p)
{
    const char *field = field_of(fault->cause), *tail = issuer_text(fault);
    const char *text = cc_cause_text(fault->cause);

    if (tail) {
        return apr_pstrcat(p, "it was issued by ", field_text("issuer", cert, p), ": ", tail, NULL);
    }
    if (field) {
        return apr_pstrcat(p, text, ": ", field_text(field, cert, p), NULL);
    }
    if (fault->depth == 0 &&
        (fault->cause == CC_CAUSE_PURPOSE || fault->cause == CC_CAUSE_CA_CERTIFICATE)) {
        const char *exact = cc_cert_not_client(cc_cert_wrap((X509 *)cert, p));

        return exact ? exact : text;
    }
    if (fault->cause == CC_CAUSE_SPIFFE) {
        const char *problem = cc_ca_spiffe_problem(cert);

        return problem ? apr_pstrcat(p, text, ": ", problem, NULL) : text;
    }
    return text;
}

/* The CA at fault, as the beginning of a sentence. `cert` may be NULL. */
static const char *authority_text(int depth, const X509 *leaf, const X509 *cert, apr_pool_t *p)
{
    if (cert) {
        return apr_pstrcat(p, "the CA \"", field_text("subject", cert, p), "\" above it: ", NULL);
    }
    if (depth == 1) {
        return apr_pstrcat(p, "the CA \"", field_text("issuer", leaf, p), "\" above it: ", NULL);
    }
    return apr_psprintf(p, "the CA %d levels above it: ", depth);
}

/* It is about the chain, not about a certificate. */
static const char *too_long_text(int number, apr_pool_t *p)
{
    const char *text = cc_cause_text(CC_CAUSE_TOO_LONG);

    if (number < 0) {
        return apr_psprintf(
            p, "the chain is longer than ClientCertCA allows here: it needs depth=%d", -number);
    }
    return number > 0 ? apr_psprintf(p, "%s: it needs SSLVerifyDepth %d", text, number) : text;
}

const char *cc_fault_text(const cc_fault_t *fault, const X509 *leaf, const X509 *cert,
                          apr_pool_t *p)
{
    const char *text = cc_cause_text(fault->cause);

    if (fault->cause == CC_CAUSE_TOO_LONG) {
        return too_long_text(fault->number, p);
    }
    if (fault->cause == CC_CAUSE_OTHER) {
        text = apr_psprintf(p, "%s (error %d)", text, fault->number);
    } else if (fault->depth == 0 || cert) {
        text = sentence(fault, fault->depth == 0 ? leaf : cert, p);
    }
    return fault->depth == 0
               ? text
               : apr_pstrcat(p, authority_text(fault->depth, leaf, cert, p), text, NULL);
}
