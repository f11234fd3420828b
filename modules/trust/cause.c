/* SPDX-License-Identifier: Apache-2.0 */
/* Gives the words of each cause, and the cause of each error of OpenSSL. */
#include "trust/cause.h"

#include <openssl/x509_vfy.h>

#include "trust/internal.h"

/* About the certificate at fault. OpenSSL's words are for programmers, so none of them is used. */
static const char *const texts[] = {
    [CC_CAUSE_NONE] = "it is verified",
    [CC_CAUSE_NO_CA] = "no CA with the name of its issuer is trusted here",
    [CC_CAUSE_OTHER_KEY] = "a CA with the name of its issuer is trusted here, but with another key",
    [CC_CAUSE_OTHER_KEY_ID] =
        "it names another certificate of its issuer than the one that is trusted here "
        "(authority key identifier)",
    [CC_CAUSE_CA_KEY_USAGE] = "the key usage of its issuer does not allow it to sign certificates",
    [CC_CAUSE_SELF_SIGNED] = "it is self-signed, and not trusted here itself",
    [CC_CAUSE_UNTRUSTED_ROOT] = "it is the root of the chain, and not trusted here",
    [CC_CAUSE_EXPIRED] = "it has expired",
    [CC_CAUSE_NOT_YET_VALID] = "it is not yet valid",
    [CC_CAUSE_BAD_DATE] = "one of its dates cannot be read",
    [CC_CAUSE_REVOKED] = "it was revoked",
    [CC_CAUSE_NO_CRL] = "there is no CRL of its issuer",
    [CC_CAUSE_CRL_EXPIRED] = "the CRL of its issuer has expired",
    [CC_CAUSE_CRL_NOT_YET_VALID] = "the CRL of its issuer is not yet valid",
    [CC_CAUSE_CRL_BAD] =
        "the CRL of its issuer cannot be used: its signature, signer, dates, scope or extensions "
        "are wrong",
    [CC_CAUSE_OCSP] = "there is no valid OCSP answer for it",
    [CC_CAUSE_CA_CERTIFICATE] = "it is a CA certificate",
    [CC_CAUSE_PURPOSE] = "its key usage or extended key usage does not allow client authentication",
    [CC_CAUSE_SERVER_ONLY] =
        "its extended key usage allows TLS servers only, not clients. If it comes from a public "
        "CA: public CAs stopped issuing certificates for client authentication in 2026; use a "
        "private CA",
    [CC_CAUSE_TOO_LONG] = "the chain is longer than SSLVerifyDepth allows",
    [CC_CAUSE_NOT_A_CA] = "it is not a CA certificate, but issued another certificate",
    [CC_CAUSE_PATH_LENGTH] = "its path length constraint does not allow so many CAs below it",
    [CC_CAUSE_NAME_CONSTRAINTS] = "its names are not among those that a CA above it may certify "
                                  "(name constraints)",
    [CC_CAUSE_CONSTRAINTS_UNKNOWN] =
        "a CA above it has name constraints that this server cannot check",
    [CC_CAUSE_RESOURCES] =
        "its IP addresses or AS numbers are not among those of its issuer (RFC 3779)",
    [CC_CAUSE_POLICY] = "its certificate policies, or those of a CA above it, are not allowed here",
    [CC_CAUSE_PROXY] = "it is, or was issued by, a proxy certificate (RFC 3820), which is not "
                       "accepted here",
    [CC_CAUSE_CRITICAL_EXTENSION] = "it has a critical extension that this server does not know",
    [CC_CAUSE_MALFORMED] = "it violates RFC 5280: one of its extensions cannot be decoded, is "
                           "missing, or contradicts another part",
    [CC_CAUSE_ALGORITHM] =
        "its key, its signature or the key of its issuer is of a kind that this server does not "
        "support",
    [CC_CAUSE_WEAK_KEY] = "its key is too small",
    [CC_CAUSE_WEAK_DIGEST] = "its signature uses a digest that is too weak",
    [CC_CAUSE_BAD_SIGNATURE] = "its signature is wrong: it was altered, or signed with another key "
                               "than that of the CA that it names",
    [CC_CAUSE_DISTRUSTED] = "its CA is not trusted here for client certificates (the settings of a "
                            "TRUSTED CERTIFICATE)",
    [CC_CAUSE_OTHER_HOST] = "it did not verify in the handshake, for a virtual host with other CAs "
                            "or verification settings",
    [CC_CAUSE_OTHER] = "OpenSSL does not accept it",
    [CC_CAUSE_SPIFFE] = "it violates X509-SVID",
    [CC_CAUSE_NO_VERDICT] = "its session carries no usable verdict of a full handshake",
    [CC_CAUSE_CA_LEFT] = "a CA that verified it is no longer trusted here",
    [CC_CAUSE_NOT_REPORTED] = "mod_ssl does not report it as verified",
    [CC_CAUSE_NO_TLS] = "its virtual host has no TLS of its own to verify it",
    [CC_CAUSE_TOO_OLD] = "its full handshake is older than ClientCertMaxAge allows",
};

const char *cc_cause_text(cc_cause_t cause)
{
    return texts[cause];
}

/*
 * By the numbers of OpenSSL 3.0. CC_CAUSE_NONE marks those that are neither here nor known: their
 * cause is CC_CAUSE_OTHER. CC_CAUSE_NO_CA is only the beginning of an answer: see fault.c.
 */
static const unsigned char causes[] = {
    [X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT] = CC_CAUSE_NO_CA,
    [X509_V_ERR_UNABLE_TO_GET_CRL] = CC_CAUSE_NO_CRL,
    [X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE] = CC_CAUSE_BAD_SIGNATURE,
    [X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE] = CC_CAUSE_CRL_BAD,
    [X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY] = CC_CAUSE_ALGORITHM,
    [X509_V_ERR_CERT_SIGNATURE_FAILURE] = CC_CAUSE_BAD_SIGNATURE,
    [X509_V_ERR_CRL_SIGNATURE_FAILURE] = CC_CAUSE_CRL_BAD,
    [X509_V_ERR_CERT_NOT_YET_VALID] = CC_CAUSE_NOT_YET_VALID,
    [X509_V_ERR_CERT_HAS_EXPIRED] = CC_CAUSE_EXPIRED,
    [X509_V_ERR_CRL_NOT_YET_VALID] = CC_CAUSE_CRL_NOT_YET_VALID,
    [X509_V_ERR_CRL_HAS_EXPIRED] = CC_CAUSE_CRL_EXPIRED,
    [X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD] = CC_CAUSE_BAD_DATE,
    [X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD] = CC_CAUSE_BAD_DATE,
    [X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD] = CC_CAUSE_CRL_BAD,
    [X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD] = CC_CAUSE_CRL_BAD,
    [X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT] = CC_CAUSE_SELF_SIGNED,
    [X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN] = CC_CAUSE_UNTRUSTED_ROOT,
    [X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY] = CC_CAUSE_NO_CA,
    [X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE] = CC_CAUSE_NO_CA,
    [X509_V_ERR_CERT_CHAIN_TOO_LONG] = CC_CAUSE_TOO_LONG,
    [X509_V_ERR_CERT_REVOKED] = CC_CAUSE_REVOKED,
    [X509_V_ERR_NO_ISSUER_PUBLIC_KEY] = CC_CAUSE_ALGORITHM,
    [X509_V_ERR_PATH_LENGTH_EXCEEDED] = CC_CAUSE_PATH_LENGTH,
    [X509_V_ERR_INVALID_PURPOSE] = CC_CAUSE_PURPOSE,
    [X509_V_ERR_CERT_UNTRUSTED] = CC_CAUSE_DISTRUSTED,
    [X509_V_ERR_CERT_REJECTED] = CC_CAUSE_DISTRUSTED,
    [X509_V_ERR_SUBJECT_ISSUER_MISMATCH] = CC_CAUSE_NO_CA,
    [X509_V_ERR_AKID_SKID_MISMATCH] = CC_CAUSE_NO_CA,
    [X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH] = CC_CAUSE_NO_CA,
    [X509_V_ERR_KEYUSAGE_NO_CERTSIGN] = CC_CAUSE_CA_KEY_USAGE,
    [X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER] = CC_CAUSE_CRL_BAD,
    [X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION] = CC_CAUSE_CRITICAL_EXTENSION,
    [X509_V_ERR_KEYUSAGE_NO_CRL_SIGN] = CC_CAUSE_CRL_BAD,
    [X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION] = CC_CAUSE_CRL_BAD,
    [X509_V_ERR_INVALID_NON_CA] = CC_CAUSE_CA_CERTIFICATE,
    [X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED] = CC_CAUSE_PROXY,
    [X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE] = CC_CAUSE_PROXY,
    [X509_V_ERR_PROXY_CERTIFICATES_NOT_ALLOWED] = CC_CAUSE_PROXY,
    [X509_V_ERR_INVALID_EXTENSION] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_INVALID_POLICY_EXTENSION] = CC_CAUSE_POLICY,
    [X509_V_ERR_NO_EXPLICIT_POLICY] = CC_CAUSE_POLICY,
    [X509_V_ERR_DIFFERENT_CRL_SCOPE] = CC_CAUSE_CRL_BAD,
    [X509_V_ERR_UNSUPPORTED_EXTENSION_FEATURE] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_UNNESTED_RESOURCE] = CC_CAUSE_RESOURCES,
    [X509_V_ERR_PERMITTED_VIOLATION] = CC_CAUSE_NAME_CONSTRAINTS,
    [X509_V_ERR_EXCLUDED_VIOLATION] = CC_CAUSE_NAME_CONSTRAINTS,
    [X509_V_ERR_SUBTREE_MINMAX] = CC_CAUSE_CONSTRAINTS_UNKNOWN,
    [X509_V_ERR_APPLICATION_VERIFICATION] = CC_CAUSE_OCSP,
    [X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE] = CC_CAUSE_CONSTRAINTS_UNKNOWN,
    [X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX] = CC_CAUSE_CONSTRAINTS_UNKNOWN,
    [X509_V_ERR_UNSUPPORTED_NAME_SYNTAX] = CC_CAUSE_CONSTRAINTS_UNKNOWN,
    [X509_V_ERR_CRL_PATH_VALIDATION_ERROR] = CC_CAUSE_CRL_BAD,
    [X509_V_ERR_SUITE_B_INVALID_ALGORITHM] = CC_CAUSE_ALGORITHM,
    [X509_V_ERR_SUITE_B_INVALID_CURVE] = CC_CAUSE_ALGORITHM,
    [X509_V_ERR_SUITE_B_INVALID_SIGNATURE_ALGORITHM] = CC_CAUSE_ALGORITHM,
    [X509_V_ERR_SUITE_B_LOS_NOT_ALLOWED] = CC_CAUSE_WEAK_KEY,
    [X509_V_ERR_SUITE_B_CANNOT_SIGN_P_384_WITH_P_256] = CC_CAUSE_WEAK_KEY,
    [X509_V_ERR_EE_KEY_TOO_SMALL] = CC_CAUSE_WEAK_KEY,
    [X509_V_ERR_CA_KEY_TOO_SMALL] = CC_CAUSE_WEAK_KEY,
    [X509_V_ERR_CA_MD_TOO_WEAK] = CC_CAUSE_WEAK_DIGEST,
    [X509_V_ERR_PROXY_SUBJECT_NAME_VIOLATION] = CC_CAUSE_PROXY,
    [X509_V_ERR_OCSP_VERIFY_NEEDED] = CC_CAUSE_OCSP,
    [X509_V_ERR_OCSP_VERIFY_FAILED] = CC_CAUSE_OCSP,
    [X509_V_ERR_OCSP_CERT_UNKNOWN] = CC_CAUSE_OCSP,
    [X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM] = CC_CAUSE_ALGORITHM,
    [X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH] = CC_CAUSE_NO_CA,
    [X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_INVALID_CA] = CC_CAUSE_NOT_A_CA,
    [X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_ISSUER_NAME_EMPTY] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_SUBJECT_NAME_EMPTY] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_EMPTY_SUBJECT_ALT_NAME] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_CA_BCONS_NOT_CRITICAL] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_CA_CERT_MISSING_KEY_USAGE] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3] = CC_CAUSE_MALFORMED,
    [X509_V_ERR_EC_KEY_EXPLICIT_PARAMS] = CC_CAUSE_ALGORITHM,
    /* Of newer versions: no answer of a responder is good, or the CRL is not. */
    [96] = CC_CAUSE_OCSP,    /* X509_V_ERR_OCSP_RESP_INVALID */
    [97] = CC_CAUSE_OCSP,    /* X509_V_ERR_OCSP_SIGNATURE_FAILURE */
    [98] = CC_CAUSE_OCSP,    /* X509_V_ERR_OCSP_NOT_YET_VALID */
    [99] = CC_CAUSE_OCSP,    /* X509_V_ERR_OCSP_HAS_EXPIRED */
    [100] = CC_CAUSE_OCSP,   /* X509_V_ERR_OCSP_NO_RESPONSE */
    [101] = CC_CAUSE_CRL_BAD /* X509_V_ERR_CRL_VERIFY_FAILED */
};

cc_cause_t cc_cause_of_error(int error)
{
    cc_cause_t cause = CC_CAUSE_NONE;

    if (error >= 0 && error < (int)sizeof(causes)) {
        cause = (cc_cause_t)causes[error];
    }
    return cause == CC_CAUSE_NONE ? CC_CAUSE_OTHER : cause;
}
