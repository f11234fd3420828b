/* SPDX-License-Identifier: Apache-2.0 */
/* The public header of causes: why a certificate is not accepted, as a value and in plain words. */
#ifndef CC_TRUST_CAUSE_H
#define CC_TRUST_CAUSE_H

/**
 * What is wrong with a certificate: the client's, or a CA of its chain. The numbers are in sealed
 * verdicts, so a new cause is added at the end; otherwise the magic of the seal has to change.
 */
typedef enum {
    CC_CAUSE_NONE,
    CC_CAUSE_NO_CA,          /* no CA with its issuer's name is trusted */
    CC_CAUSE_OTHER_KEY,      /* a trusted CA has this name, but did not sign with this key */
    CC_CAUSE_OTHER_KEY_ID,   /* its CA signed it, but it names another certificate of the CA */
    CC_CAUSE_CA_KEY_USAGE,   /* its issuer must not sign certificates (key usage) */
    CC_CAUSE_SELF_SIGNED,    /* the client's certificate is self-signed and not trusted */
    CC_CAUSE_UNTRUSTED_ROOT, /* the root that the client sent is not trusted */
    CC_CAUSE_EXPIRED,
    CC_CAUSE_NOT_YET_VALID,
    CC_CAUSE_BAD_DATE,    /* a date cannot be read */
    CC_CAUSE_REVOKED,     /* by a CRL or an OCSP responder */
    CC_CAUSE_NO_CRL,      /* no CRL covers it, but one is required */
    CC_CAUSE_CRL_EXPIRED, /* its nextUpdate is past */
    CC_CAUSE_CRL_NOT_YET_VALID,
    CC_CAUSE_CRL_BAD,             /* the CRL's signature, signer, dates, scope or extensions */
    CC_CAUSE_OCSP,                /* there is no good answer of an OCSP responder */
    CC_CAUSE_CA_CERTIFICATE,      /* the client presents the certificate of a CA */
    CC_CAUSE_PURPOSE,             /* its key usages do not allow TLS client authentication */
    CC_CAUSE_SERVER_ONLY,         /* its extended key usage is exactly serverAuth */
    CC_CAUSE_TOO_LONG,            /* the chain is longer than SSLVerifyDepth or depth= allows */
    CC_CAUSE_NOT_A_CA,            /* it is not a CA certificate, but signed another one */
    CC_CAUSE_PATH_LENGTH,         /* more CAs are below it than its path length allows */
    CC_CAUSE_NAME_CONSTRAINTS,    /* a CA above it must not issue for its names */
    CC_CAUSE_CONSTRAINTS_UNKNOWN, /* name constraints that OpenSSL cannot check */
    CC_CAUSE_RESOURCES,           /* RFC 3779: addresses that its CA does not have */
    CC_CAUSE_POLICY,              /* certificate policies */
    CC_CAUSE_PROXY,               /* a proxy certificate (RFC 3820) */
    CC_CAUSE_CRITICAL_EXTENSION,  /* a critical extension that OpenSSL does not know */
    CC_CAUSE_MALFORMED,           /* it violates RFC 5280 in another way */
    CC_CAUSE_ALGORITHM,           /* its key or signature is of an unsupported kind */
    CC_CAUSE_WEAK_KEY,
    CC_CAUSE_WEAK_DIGEST,
    CC_CAUSE_BAD_SIGNATURE, /* it is damaged, or made with another key */
    CC_CAUSE_DISTRUSTED,    /* a TRUSTED CERTIFICATE is not trusted for clients */
    CC_CAUSE_OTHER_HOST,    /* it failed for a virtual host with another trust */
    CC_CAUSE_OTHER,         /* any other error of OpenSSL: its number is known */
    CC_CAUSE_SPIFFE,        /* it violates X509-SVID (ClientCertCA domain=) */
    CC_CAUSE_SEALED_MAX = CC_CAUSE_SPIFFE,
    /* What follows is judged after the handshake, and never sealed. */
    CC_CAUSE_NO_VERDICT,   /* its session has no usable verdict */
    CC_CAUSE_CA_LEFT,      /* a CA that verified it was removed (ClientCertCA) */
    CC_CAUSE_NOT_REPORTED, /* mod_ssl does not report it as verified */
    CC_CAUSE_NO_TLS,       /* the virtual host has no TLS of its own */
    CC_CAUSE_TOO_OLD,      /* by ClientCertMaxAge */
    CC_CAUSE_COUNT
} cc_cause_t;

/** Of which CAs none has the name: `number` of CC_CAUSE_NO_CA. */
typedef enum {
    CC_NO_CA_AT_ALL,
    CC_NO_CA_OF_DOMAIN, /* those of its SPIFFE trust domain (ClientCertCA domain=) */
    CC_NO_CA_OF_OTHERS  /* those for certificates of no such domain */
} cc_no_ca_t;

/** A cause, and the certificate of the chain that it is about. */
typedef struct cc_fault_t {
    cc_cause_t cause;
    int depth;  /* of the certificate at fault; 0: the client's */
    int number; /* CC_CAUSE_TOO_LONG: the SSLVerifyDepth that it needs; below 0: the depth= of
                   ClientCertCA that it needs, times -1; 0: not known.
                   CC_CAUSE_NO_CA: a cc_no_ca_t.
                   CC_CAUSE_OTHER: the number of OpenSSL's error (X509_V_ERR_). Otherwise 0 */
} cc_fault_t;

/**
 * The cause in plain words about the certificate at fault: "it has expired". A literal. A sentence
 * with names and dates is made by cc_fault_text (trust.h).
 */
const char *cc_cause_text(cc_cause_t cause);

#endif
