/* SPDX-License-Identifier: Apache-2.0 */
/* Public header of trust: whether a certificate was verified, for which host, and until when. */
#ifndef CC_TRUST_H
#define CC_TRUST_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include <openssl/ssl.h>

#include "base/error.h"
#include "ca/ca.h"
#include "trust/cause.h"

/**
 * The trust of one virtual host: the certificates and CRLs of its store and the CA names that it
 * sends, as a digest (the trust id). Constant once made; any thread may read it. With a set of CAs
 * that is followed (ClientCertCA), the CAs are those of the set, and the trust id does not depend
 * on them.
 */
typedef struct cc_trust_t cc_trust_t;

/**
 * Makes the trust of a server's context after its configuration has been applied. Keeps a reference
 * to the context until `p` is cleared. The store is the one that verifies clients
 * (SSL_CTX_get0_verify_cert_store if set, otherwise SSL_CTX_get_cert_store). Call it from one
 * thread, before the context serves. APR_EINVAL (CC0401) if OpenSSL cannot compute the digest.
 */
apr_status_t cc_trust_create(cc_trust_t **trust, SSL_CTX *ctx, apr_pool_t *p, cc_error_t *err);

/**
 * The same for a host with ClientCertCA. Its CAs are those of `cas`, in place of the certificates
 * of the store, which is used for its CRLs only. The names of the current CAs become those that the
 * context sends to clients. `cas` is borrowed, and lives as long as `p`.
 */
apr_status_t cc_trust_follow(cc_trust_t **trust, SSL_CTX *ctx, cc_cas_t *cas, apr_pool_t *p,
                             cc_error_t *err);

/** The set of CAs that it follows; NULL: its CAs are those of the store. */
cc_cas_t *cc_trust_cas(const cc_trust_t *trust);

/**
 * The CA names for a connection that begins now, for SSL_set_client_CA_list, which takes ownership.
 * NULL: the names of the context are still right, or out of memory. Any thread.
 */
STACK_OF(X509_NAME) * cc_trust_new_names(const cc_trust_t *trust);

/** True if a verdict under one is valid for the other. Both then follow the same set, or none. */
bool cc_trust_same(const cc_trust_t *a, const cc_trust_t *b);

/**
 * The trust id in hexadecimal, in `p`; with a set, a digest that also depends on its paths. Trusts
 * that are the same have the same text, also after a restart.
 */
const char *cc_trust_id_text(const cc_trust_t *trust, apr_pool_t *p);

/**
 * The CAs that a host names when it requests a certificate (RFC 8446 4.2.4, RFC 5246 7.4.4): the
 * common name and the organization of each ("Staff CA, Example"), or the whole name if it has no
 * common name. The first `most` of const char *, each text once; *more: how many names are left
 * out. Usable text (cc_text_unusable), in `p`. Any thread.
 */
apr_array_header_t *cc_trust_ca_names(const cc_trust_t *trust, int most, int *more, apr_pool_t *p);

/**
 * For SSL_CTX_set_cert_verify_callback; `trust` is the cc_trust_t of that context. Runs
 * X509_verify_cert with the callback that is in place, and seals the result into the session being
 * made (SSL_SESSION_set1_ticket_appdata). If the callback in place tolerated an error, the verdict
 * is sealed as failed, except for X509_V_ERR_UNABLE_TO_GET_CRL that the callback itself cleared.
 * Returns what X509_verify_cert returned, or 0 if there is an objection (cc_trust_on_success).
 */
int cc_trust_verify(X509_STORE_CTX *store_ctx, void *trust);

struct cc_seal_t;

/**
 * An objection to a chain that has verified: an X509_V_ERR_, and the depth of the certificate at
 * fault (0: the leaf). X509_V_OK: no objection. Called in the thread of a handshake, so it must not
 * wait. All arguments are borrowed for the time of the call.
 */
typedef int cc_object_fn(X509 *leaf, const struct cc_seal_t *seal, int *depth, void *baton);

/**
 * Makes cc_trust_verify call `object` for each chain that has verified. An objection ends the
 * handshake as an error of the verification does: it is passed to the callback in place, and the
 * verdict is sealed as failed. Call it before the context serves.
 */
void cc_trust_on_success(cc_trust_t *trust, cc_object_fn *object, void *baton);

/**
 * Makes cc_trust_verify let handshakes go on whatever is wrong with a certificate: it seals the
 * verdict as failed, sets X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY and returns 1. A server has
 * to tolerate this one error (SSLVerifyClient optional_no_ca). The callback in place always gets
 * the failure, as an error that it does not tolerate. Where a certificate is required
 * (SSL_VERIFY_FAIL_IF_NO_PEER_CERT), nothing changes. The client still has to prove possession of
 * its key. Sessions with such a verdict are not resumed (cc_trust_may_resume). Call it before the
 * context serves.
 */
void cc_trust_tolerate(cc_trust_t *trust);

/**
 * Makes verdicts say whether a certificate lacks only an issuer: its key may be pinned. They hold
 * for a trust with pins alone, and their sessions are never resumed. Call it before serving. */
void cc_trust_pin(cc_trust_t *trust);

/**
 * Accepts a certificate for which there is no CRL whenever it is verified without a handshake, as
 * mod_ssl's callback does in one, with "SSLCARevocationCheck ... no_crl_for_cert_ok". Call it
 * before the trust is used.
 */
void cc_trust_miss_crls(cc_trust_t *trust);

/**
 * A verification that ends a handshake, a renegotiation or a post-handshake authentication, or
 * would end it.
 */
typedef struct cc_refusal_t {
    SSL *ssl;
    const struct cc_seal_t *seal; /* the verdict on a chain that verified but met an objection;
                                     NULL: it did not verify */
    X509 *leaf;                   /* the client's certificate */
    X509 *cert;                   /* the one at fault: the leaf, or another one of the chain */
    cc_fault_t fault;
    bool tolerated; /* the handshake goes on (cc_trust_tolerate) */
} cc_refusal_t;

/** Called in the thread of the handshake. *refusal is borrowed during the call. */
typedef void cc_refusal_fn(const cc_refusal_t *refusal, void *baton);

/**
 * Makes cc_trust_verify call `report` whenever OpenSSL or the callback in place refuses a
 * certificate, or cc_trust_tolerate lets it pass. Errors that the callback alone tolerates are not
 * reported. Call it before the context serves.
 */
void cc_trust_on_refusal(cc_trust_t *trust, cc_refusal_fn *report, void *baton);

/**
 * A fault as a sentence about the client's certificate `leaf`: "it has expired: 2026-01-01T...",
 * "the CA "CN=Staff" above it: it has expired: ...". `cert` is the certificate at fault; NULL: it
 * is not at hand, and the sentence is shorter unless it is the leaf. Names and dates of
 * certificates are escaped and bounded (cc_text_excerpt). In `p`, or a literal.
 */
const char *cc_fault_text(const cc_fault_t *fault, const X509 *leaf, const X509 *cert,
                          apr_pool_t *p);

/** Whether a certificate gives an identity, and if not, why. */
typedef enum {
    CC_TRUST_OK,
    CC_TRUST_NO_RECORD,   /* the session carries no sealed verdict */
    CC_TRUST_BAD_RECORD,  /* the verdict is damaged, or for another certificate */
    CC_TRUST_FAILED,      /* the certificate did not verify */
    CC_TRUST_OTHER_TRUST, /* it was verified for a host with a different trust */
    CC_TRUST_CA_LEFT,     /* a CA that verified it is gone, or was gone since (ClientCertCA) */
    CC_TRUST_NOT_YET,     /* before notBefore */
    CC_TRUST_EXPIRED,     /* after notAfter */
    CC_TRUST_NOT_CLIENT,  /* a CA certificate, or one not for client authentication */
    CC_TRUST_NO_ISSUER    /* no CA vouches for it, and nothing else is wrong (cc_trust_pin) */
} cc_trust_state_t;

/** The state in words, for a log: "its session carries no verdict of a full handshake". Literal. */
const char *cc_trust_state_text(cc_trust_state_t state);

/** The most CAs of a set (ClientCertCA) in one chain that a session can remember. */
#define CC_SEAL_CAS_MAX 8

/** The most CAs of a path that a session can remember (trust/path.h). */
#define CC_SEAL_PATH_MAX 8

/** The digests of a CA: of its certificate, and of its SubjectPublicKeyInfo. */
typedef struct cc_seal_ca_t {
    unsigned char sha256[32];
    unsigned char spki_sha256[32];
} cc_seal_ca_t;

/** The contents of a sealed verdict. */
typedef struct cc_seal_t {
    cc_trust_state_t state;
    apr_time_t verified_at;      /* time of the full handshake */
    apr_time_t until;            /* the first notAfter of the CAs above it; APR_INT64_MAX: none */
    unsigned char ca_sha256[32]; /* the issuing certificate in the verified chain */
    unsigned char ca_spki_sha256[32];
    bool ca_known;    /* false: a chain of one certificate, and the two digests mean nothing */
    cc_fault_t fault; /* CC_TRUST_FAILED, _NOT_CLIENT, _NO_ISSUER: why. Else CC_CAUSE_NONE */
    /* With ClientCertCA: the CAs of the chain that are from the set, from the lowest, and their
     * group. With more than CC_SEAL_CAS_MAX, the chain is verified again for each use. */
    int group;
    int ca_count;
    unsigned char ca_marks[CC_SEAL_CAS_MAX][CC_CA_MARK_LEN];
    /* With cc_trust_keep_path: how many CAs the path has, and those above the issuing one. 0: not
     * recorded, or more than CC_SEAL_PATH_MAX. */
    int path_count;
    cc_seal_ca_t above[CC_SEAL_PATH_MAX - 1];
} cc_seal_t;

/**
 * True if the CAs of the set that a good verdict is based on are in the current set, and have been
 * there at all times since seal->verified_at. True for a trust that follows no set. Never waits.
 * Any thread.
 */
bool cc_trust_holds(const cc_trust_t *trust, const cc_seal_t *seal);

/**
 * Why a verdict on `leaf` gives no identity, as a sentence: cc_fault_text for a fault, otherwise
 * cc_trust_state_text. In `p`, or a literal. The same in a full and in a resumed session.
 */
const char *cc_seal_text(const cc_seal_t *seal, const X509 *leaf, apr_pool_t *p);

/**
 * Reads the verdict that a session carries for this certificate, and compares it with `trust` and
 * with the requirements on client certificates. Dates are not checked (see cc_trust_dates). If
 * there is no good record, members other than `state` are 0, except `verified_at` with
 * CC_TRUST_OTHER_TRUST, CC_TRUST_CA_LEFT and CC_TRUST_NO_ISSUER, and `fault` with CC_TRUST_FAILED,
 * CC_TRUST_NOT_CLIENT and CC_TRUST_NO_ISSUER. A verdict that failed for a different trust has the
 * cause CC_CAUSE_OTHER_HOST. Leaves nothing in OpenSSL's error queue. Any thread may call while no
 * handshake runs on the session's connection.
 */
void cc_trust_unseal(cc_seal_t *seal, const cc_trust_t *trust, SSL_SESSION *session,
                     const X509 *cert);

/**
 * Verifies again, against the store of `trust` and for the purpose sslclient: for a request to a
 * virtual host with a different trust than the host of the handshake. `untrusted` are the other
 * certificates that the client sent, NULL in a resumed session. The flags of the store and the
 * verify parameters of the context apply as in a handshake. The effects of a verify callback
 * (depth, OCSP, waiving of missing CRLs) do not apply. Leaves nothing in OpenSSL's error queue. Any
 * thread may call.
 */
void cc_trust_reverify(cc_seal_t *seal, const cc_trust_t *trust, X509 *cert,
                       STACK_OF(X509) * untrusted, apr_time_t now);

/**
 * The same for a certificate that another server has received. At most `depth` certificates may be
 * above it (SSLVerifyDepth; the depth of a trust of files and depth= of ClientCertCA take
 * precedence). NULL: it verifies, and may identify a client. Otherwise the reason (cc_fault_text)
 * in `p`; seal->fault is set.
 */
const char *cc_trust_verify_within(cc_seal_t *seal, const cc_trust_t *trust, X509 *cert,
                                   STACK_OF(X509) * untrusted, int depth, apr_time_t now,
                                   apr_pool_t *p);

/**
 * CC_TRUST_OK if notBefore <= now <= notAfter, otherwise CC_TRUST_NOT_YET or CC_TRUST_EXPIRED.
 * Allocates nothing, but reads ASN.1: to check at every request, keep the two times
 * (cc_cert_validity).
 */
cc_trust_state_t cc_trust_dates(X509 *cert, apr_time_t now);

/**
 * Whether a session that a client offers may be resumed on a host with this trust: true if it
 * carries no client certificate, or a verdict that would give an identity now, says as much as is
 * needed (cc_trust_keep_path), and is not older than `age` (to the second; 0: any age). A client
 * whose certificate failed is asked for one again, so that it can choose another. For OpenSSL's
 * callbacks for tickets and for cached sessions.
 */
bool cc_trust_may_resume(const cc_trust_t *trust, SSL_SESSION *session, apr_interval_time_t age,
                         apr_time_t now);

/**
 * The certificate that issued `leaf` in the chain that a good `seal` describes: from the store of
 * `trust`, or from the certificates that the client sent (`untrusted`, NULL in a resumed session).
 * NULL if neither contains it. The caller frees it.
 */
X509 *cc_trust_issuer(const cc_trust_t *trust, const cc_seal_t *seal, const X509 *leaf,
                      STACK_OF(X509) * untrusted);

/**
 * The certificates above `leaf` in its path, from its issuer up, without the root (a certificate
 * that it signed itself): a verification as by cc_trust_reverify. Empty if the root, or `leaf`
 * itself, is the next one. NULL: it does not verify now, for instance because an intermediate
 * certificate of a resumed session is in neither `trust` nor `untrusted`; or out of memory. The
 * caller frees the result (sk_X509_pop_free). Leaves nothing in OpenSSL's error queue. Any thread.
 */
STACK_OF(X509) *
    cc_trust_path(const cc_trust_t *trust, X509 *leaf, STACK_OF(X509) * untrusted, apr_time_t now);

/* ---- issuers (authority.c) ------------------------------------------------------------------- */

/** A certificate that may be an issuer, and its place in the chain to a trust anchor. */
typedef struct cc_authority_t {
    X509 *cert;
    unsigned char sha256[32];
    unsigned char spki_sha256[32];
    bool verified; /* false: it is in the store, but no chain leads from it: no parent, no root */
    bool anchor;   /* it is the end of its chain: no parent */
    unsigned char parent_sha256[32];
    unsigned char parent_spki_sha256[32];
    unsigned char root_sha256[32];
    int above;       /* how many certificates are above it in its chain */
    int error;       /* not verified: the X509_V_ERR_, of it or of one above it */
    int error_depth; /* 0: of it */
} cc_authority_t;

/**
 * All certificates of the store, or of the current set (of cc_authority_t *). They live as long as
 * `p`. A CA that is in several groups of the set is there once, with its longest chain.
 */
apr_array_header_t *cc_authorities_of_store(const cc_trust_t *trust, apr_pool_t *p);

/**
 * A certificate that is not from the store, and its place in the chain built from the store and
 * `untrusted`; NULL unless it verifies now. The result is in `p`, whose cleanup releases a
 * reference to `cert`.
 */
cc_authority_t *cc_authority_make(const cc_trust_t *trust, X509 *cert, STACK_OF(X509) * untrusted,
                                  apr_pool_t *p);

/** The name of a CRLReason (RFC 5280 5.3.1): "keyCompromise". A literal. */
const char *cc_reason_text(int reason);

/* ---- a trust of files (load.c) -------------------------------------------------------------- */

/** The files and settings that make a trust. Paths are absolute; all is borrowed. */
typedef struct cc_trust_files_t {
    const char *ca_file, *ca_path;   /* SSLCACertificateFile, SSLCACertificatePath; or NULL */
    cc_cas_t *followed;              /* ClientCertCA: then the certificates of these files do not
                                        count; NULL: none */
    const char *crl_file, *crl_path; /* NULL: not set */
    bool crl_leaf, crl_chain;        /* SSLCARevocationCheck: the client's certificate, or all */
    bool crl_may_miss;               /* ... no_crl_for_cert_ok */
    bool no_ca;                      /* SSLVerifyClient optional_no_ca */
    int depth;                       /* SSLVerifyDepth: certificates allowed above the client's */
    const char *ciphers;             /* SSLCipherSuite, for its @SECLEVEL; NULL: not set */
} cc_trust_files_t;

/**
 * Makes a trust from files alone, for a virtual host that has no TLS, or before mod_ssl has made
 * its context. The files are read immediately, except those in the folder `ca_path`, in which
 * OpenSSL looks certificates up by the hashes of their names. Without any CA it trusts no
 * certificate.
 *
 * It verifies certificates (cc_trust_reverify, cc_trust_check), finds issuers (cc_trust_issuer,
 * cc_authorities_of_store) and is compared (cc_trust_same, cc_trust_id_text) as any trust is. Its
 * id is that of a context with the same certificates, CA names, flags, level and depth. mod_ssl
 * keeps its depth elsewhere, so the id is never that of a host with TLS. There is no session, so no
 * verdict is sealed or unsealed.
 *
 * It lives as long as `p`. Leaves nothing in OpenSSL's error queue. Call it from one thread. CC0402
 * names what cannot be loaded: a file that cannot be read or is damaged, or invalid cipher suites.
 */
apr_status_t cc_trust_load(cc_trust_t **trust, const cc_trust_files_t *files, apr_pool_t *p,
                           cc_error_t *err);

/**
 * cc_trust_reverify for the first certificate of a PEM file; the others in it stand for those that
 * a client sends. NULL: it would verify. Otherwise the reason (cc_fault_text) in `p`, and
 * seal->fault, as a handshake would report them. *admitted: mod_ssl lets the handshake go on, also
 * where the certificate gives no identity.
 */
const char *cc_trust_check(cc_seal_t *seal, bool *admitted, const cc_trust_t *trust,
                           const char *path, apr_time_t now, apr_pool_t *p);

/* ---- types of keys (keys.c) ------------------------------------------------------------------ */

/** A command of SSL_CONF_cmd. */
typedef struct cc_conf_command_t {
    const char *name;
    const char *value;
} cc_conf_command_t;

/** How a server negotiates a handshake. All is borrowed. */
typedef struct cc_negotiation_t {
    int lowest, highest;                /* TLS1_2_VERSION and the like */
    const char *ciphers;                /* of TLS 1.2 and earlier; NULL: the default */
    const char *suites;                 /* of TLS 1.3; NULL: the default */
    const apr_array_header_t *commands; /* cc_conf_command_t, applied after the others */
} cc_negotiation_t;

/** Whether a client can authenticate with keys of a type. */
typedef struct cc_key_answer_t {
    const char *type;  /* "brainpoolP256r1", "RSA-PSS", "ED25519", or an OID */
    bool known;        /* false: OpenSSL refuses the settings, or cannot make such a key */
    bool tls12, tls13; /* with this version */
} cc_key_answer_t;

/** Keys of some types, each tried once. */
typedef struct cc_keys_t cc_keys_t;

/** Makes an empty record for a server with these settings. It lives as long as `p`. One thread. */
cc_keys_t *cc_keys_make(const cc_negotiation_t *settings, apr_pool_t *p);

/**
 * Whether a client can authenticate with a key of the same type as that of `cert`, by handshakes in
 * memory. The first call for a type makes keys, which takes up to a second. Sizes are not compared:
 * the verification does that. Leaves nothing in OpenSSL's error queue.
 */
const cc_key_answer_t *cc_key_answer(cc_keys_t *keys, const X509 *cert);

/** The certificates of a PEM file, in order. They live as long as `p`. */
STACK_OF(X509) * cc_trust_certs(const char *path, apr_pool_t *p);

#endif
