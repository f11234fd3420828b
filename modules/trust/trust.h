/* SPDX-License-Identifier: Apache-2.0 */
/* The door of the room that knows whether a certificate was verified, by whom, and for how long. */
#ifndef CC_TRUST_H
#define CC_TRUST_H

#include <stdbool.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include <openssl/ssl.h>

#include "error.h"

/**
 * Whom one virtual host trusts: the certificates and CRLs of its store and the CA names that it
 * sends, as a digest (the trust id). Constant once made; any thread may read it.
 */
typedef struct cc_trust_t cc_trust_t;

/**
 * Takes the trust of a server's context, as it stands when its configuration has been applied.
 * Keeps a reference on the context until `p` is cleared. What is trusted is the store that verifies
 * clients (SSL_CTX_get0_verify_cert_store, else SSL_CTX_get_cert_store). Call it from one thread,
 * before the context serves. APR_EINVAL (CC0401) where OpenSSL cannot digest.
 */
apr_status_t cc_trust_create(cc_trust_t **trust, SSL_CTX *ctx, apr_pool_t *p, cc_error_t *err);

/** True if both trust the same: one's verdict holds for the other. */
bool cc_trust_same(const cc_trust_t *a, const cc_trust_t *b);

/**
 * For SSL_CTX_set_cert_verify_callback; `trust` is the cc_trust_t of that context. Runs
 * X509_verify_cert with the callback that is in place, and seals what came out into the session
 * being made (SSL_SESSION_set1_ticket_appdata). A verification in which the callback in place let
 * an error pass is sealed as failed, except X509_V_ERR_UNABLE_TO_GET_CRL that the callback itself
 * cleared. Returns what X509_verify_cert returned.
 */
int cc_trust_verify(X509_STORE_CTX *store_ctx, void *trust);

/** A verification that ends a handshake, a renegotiation or a post-handshake authentication. */
typedef struct cc_refusal_t {
    SSL *ssl;
    X509 *leaf; /* what the client presented */
    X509 *cert; /* the one at fault: the leaf, or another of the chain */
    int depth;  /* of that one; 0: the leaf */
    int error;  /* X509_V_ERR_; X509_V_ERR_CERT_CHAIN_TOO_LONG for SSLVerifyDepth too */
} cc_refusal_t;

/** Told of one, in the thread of the handshake. All of it is borrowed for the time of the call. */
typedef void cc_refusal_fn(const cc_refusal_t *refusal, void *baton);

/**
 * Has `tell` called by cc_trust_verify whenever the answer is no, whoever gave it: OpenSSL, or the
 * callback in place. What that lets pass is not told. Call it before the context serves.
 */
void cc_trust_on_refusal(cc_trust_t *trust, cc_refusal_fn *tell, void *baton);

/**
 * Why, in plain words that speak of the certificate at fault ("it has expired: 2026-01-01T..."),
 * else in OpenSSL's. What the certificate says in it is escaped (cc_text_escape), and may be long.
 */
const char *cc_refusal_text(const cc_refusal_t *refusal, apr_pool_t *p);

/** Why a certificate gives no identity, or that it does. */
typedef enum {
    CC_TRUST_OK,
    CC_TRUST_NO_RECORD,   /* the session carries no sealed verdict */
    CC_TRUST_BAD_RECORD,  /* it carries one of another certificate, or a damaged one */
    CC_TRUST_FAILED,      /* the certificate did not verify */
    CC_TRUST_OTHER_TRUST, /* it was verified for a host that trusts others */
    CC_TRUST_NOT_YET,     /* before notBefore */
    CC_TRUST_EXPIRED,     /* after notAfter */
    CC_TRUST_NOT_CLIENT   /* a CA certificate, or one not for client authentication */
} cc_trust_state_t;

/** In plain words, for a log: "its session carries no verdict of a full handshake". A literal. */
const char *cc_trust_state_text(cc_trust_state_t state);

/** What a sealed verdict says. */
typedef struct cc_seal_t {
    cc_trust_state_t state;
    apr_time_t verified_at;      /* the full handshake */
    unsigned char ca_sha256[32]; /* the issuing certificate in the verified chain */
    unsigned char ca_spki_sha256[32];
    bool ca_known; /* false: a chain of one, the two digests mean nothing */
} cc_seal_t;

/**
 * Reads the verdict that a session carries for this certificate, and holds it against `trust` and
 * what a client's certificate must be. Dates are not looked at: cc_trust_dates. Members other than
 * `state` are 0 where there is no good record. Leaves nothing in OpenSSL's error queue. Any thread
 * may call while no handshake runs on the session's connection.
 */
void cc_trust_unseal(cc_seal_t *seal, const cc_trust_t *trust, SSL_SESSION *session,
                     const X509 *cert);

/**
 * Verifies anew, against the store of `trust` and for the purpose sslclient: for a request to a
 * virtual host that trusts others than the one whose handshake this was. `untrusted` are the
 * certificates that the client sent along, NULL in a resumed session. The flags of the store and
 * the verify parameters of the context hold as in a handshake; what a verify callback would add or
 * waive (depth, OCSP, missing CRLs) does not. Leaves nothing in OpenSSL's error queue. Any thread.
 */
void cc_trust_reverify(cc_seal_t *seal, const cc_trust_t *trust, X509 *cert,
                       STACK_OF(X509) * untrusted, apr_time_t now);

/**
 * CC_TRUST_OK if notBefore <= now <= notAfter, else which of them it breaks. Allocates nothing, but
 * reads ASN.1: who asks at every request keeps the two moments (cc_cert_validity).
 */
cc_trust_state_t cc_trust_dates(X509 *cert, apr_time_t now);

/**
 * Whether a session that a client offers may be resumed on a host with this trust: true if it
 * carries no client certificate, or a verdict that would give an identity now. Made to be called
 * from OpenSSL's callbacks for tickets and for cached sessions.
 */
bool cc_trust_may_resume(const cc_trust_t *trust, SSL_SESSION *session, apr_time_t now);

/* ---- a configuration that does not serve (load.c) ------------------------------------------- */

/** What a virtual host is told by SSLCACertificateFile and the like. */
typedef struct cc_trust_files_t {
    const char *ca_file, *ca_path;   /* NULL: not said */
    const char *crl_file, *crl_path; /* NULL: not said */
    bool crl_leaf, crl_chain;        /* SSLCARevocationCheck: the client's certificate, or all */
    bool crl_may_miss;               /* ... no_crl_for_cert_ok */
    int depth;                       /* SSLVerifyDepth */
    const char *ciphers;             /* SSLCipherSuite, for its @SECLEVEL; NULL: not said */
} cc_trust_files_t;

/**
 * Makes the trust that mod_ssl makes of these files at a start. Lives as long as `p`. CC0402 names
 * what cannot be loaded.
 */
apr_status_t cc_trust_load(cc_trust_t **trust, const cc_trust_files_t *files, apr_pool_t *p,
                           cc_error_t *err);

/**
 * cc_trust_reverify for the first certificate of a PEM file; the others in it are what the client
 * sends along. NULL: it would verify. Else why not, in plain words, with text of certificates
 * escaped; in `p`.
 */
const char *cc_trust_check(cc_seal_t *seal, const cc_trust_t *trust, const char *path,
                           apr_time_t now, apr_pool_t *p);

/** The certificates of a PEM file, in their order. They live as long as `p`. */
STACK_OF(X509) * cc_trust_certs(const char *path, apr_pool_t *p);

/* ---- OCSP (RFC 6960): what a responder says of a certificate --------------------------------- */

/** What stands in ClientCertOCSP. Constant once made. */
typedef struct cc_ocsp_spec_t cc_ocsp_spec_t;

/**
 * Reads `On|Off|AIA [responder=URL] [timeout=SECONDS] [ttl=SECONDS] [stale=SECONDS]
 * [failure=deny|allow] [nonce=on|off]`, all in `p`. Errors (CC0430 to CC0435) name the word and
 * what would be legal.
 */
apr_status_t cc_ocsp_parse(cc_ocsp_spec_t **spec, const char *text, apr_pool_t *p,
                           cc_error_t *err);

/**
 * Reads the names of ClientCertOCSPAllow: hosts, and suffixes that begin with a dot. Adds them to
 * *hosts (of const char *), which is made in `p` where it is NULL. CC0436 names the one at fault.
 */
apr_status_t cc_ocsp_allow(apr_array_header_t **hosts, const char *text, apr_pool_t *p,
                           cc_error_t *err);

#define CC_OCSP_KEY 32             /* octets of a key */
#define CC_OCSP_RECORD (66 * 1024) /* a record is never larger; the usual one has 1 or 2 KiB */

/** Octets to be kept until then. */
typedef struct cc_ocsp_record_t {
    const unsigned char *octets;
    unsigned int len;
    apr_time_t until;
} cc_ocsp_record_t;

/** What the engine needs of its surroundings. Any thread may call them; each may be NULL. */
typedef struct cc_ocsp_means_t {
    void *state;
    /**
     * Fetches what is kept under a key to `to`, which has room for *len octets, and sets *len.
     * False where there is nothing. NULL: nothing is kept.
     */
    bool (*get)(void *state, const unsigned char *key, unsigned char *to, unsigned int *len);
    /** Keeps a record, or does not. */
    void (*put)(void *state, const unsigned char *key, const cc_ocsp_record_t *record);
    /**
     * Calls work(data) in another thread of this process, soon; false where it never will. Such
     * threads must have ended before the pool of the engine is cleared. NULL: a question is asked
     * in the thread that wants to know, and no answer is replaced before it runs out.
     */
    bool (*start)(void *state, void (*work)(void *data), void *data);
} cc_ocsp_means_t;

/** Asks responders, for one virtual host. Any thread may use it. */
typedef struct cc_ocsp_t cc_ocsp_t;

/** What the directives of one virtual host say. */
typedef struct cc_ocsp_config_t {
    const cc_ocsp_spec_t *spec;      /* NULL: Off */
    const apr_array_header_t *hosts; /* what cc_ocsp_allow gave; NULL: none */
} cc_ocsp_config_t;

/**
 * Makes one that lives as long as `p`; *ocsp is NULL where the configuration says Off. What the
 * configuration and `means` point to is kept by reference. It may be made before a process forks;
 * each child then has its own. CC0437: AIA with no host that may be asked. CC0438: no locks.
 */
apr_status_t cc_ocsp_create(cc_ocsp_t **ocsp, const cc_ocsp_config_t *config,
                            const cc_ocsp_means_t *means, apr_pool_t *p, cc_error_t *err);

/** The certificate in question, and the one that issued it. */
typedef struct cc_ocsp_subject_t {
    X509 *leaf;
    X509 *issuer;
} cc_ocsp_subject_t;

typedef enum {
    CC_OCSP_FAILED, /* nobody said anything that counts */
    CC_OCSP_GOOD,
    CC_OCSP_REVOKED,
    CC_OCSP_UNKNOWN /* the responder does not know the certificate */
} cc_ocsp_status_t;

/** What is known of a certificate. Times that are not known are 0. */
typedef struct cc_ocsp_answer_t {
    cc_ocsp_status_t status;
    const char *why;       /* CC_OCSP_FAILED or stale: what failed, in plain words, for a log */
    const char *reason;    /* CC_OCSP_REVOKED: as cc_crl_reason_text has it; else NULL */
    apr_time_t revoked_at; /* CC_OCSP_REVOKED */
    apr_time_t this_update;
    apr_time_t next_update;
    apr_time_t produced_at;
    apr_time_t asked_at; /* when the responder was asked */
    apr_time_t ask_at;   /* cc_ocsp_status is to be called again then, while it is of interest */
    bool stale;          /* it has run out, but the responder does not answer (stale=) */
} cc_ocsp_answer_t;

/**
 * The status of a certificate: from the cache, else from a responder; then it takes up to timeout=,
 * so it is not for a handshake. (Without means->start, looking up the name of a host may take
 * longer.) Where the cached answer is about to run out, another thread asks for the next meanwhile.
 * One question is asked at a time for a certificate; all who want to know share its answer.
 *
 * What the answer rests on is verified each time, also what comes out of the cache: it is signed
 * by the issuer, or by a certificate that the issuer issued for OCSPSigning (RFC 6960 4.2.2.2). So
 * nobody who writes into the cache can make up an answer. He can make it forget or fail, and put
 * back a response that is still current; a nonce does not help against that.
 *
 * `answer` is in `p`. Leaves nothing in OpenSSL's error queue. SIGPIPE must be ignored, as httpd
 * does.
 */
void cc_ocsp_status(cc_ocsp_answer_t *answer, cc_ocsp_t *ocsp, const cc_ocsp_subject_t *subject,
                    apr_time_t now, apr_pool_t *p);

/** True if the certificate may have an identity: good, or failed with failure=allow. */
bool cc_ocsp_allows(const cc_ocsp_t *ocsp, const cc_ocsp_answer_t *answer);

/** "good", "revoked", "unknown" or "failed". A literal. */
const char *cc_ocsp_status_text(cc_ocsp_status_t status);

/**
 * The certificate that issued `leaf` in the chain that a good `seal` speaks of: from the store of
 * `trust`, or of those that the client sent along (NULL in a resumed session). NULL where it is
 * among neither. The caller frees it.
 */
X509 *cc_trust_issuer(const cc_trust_t *trust, const cc_seal_t *seal, const X509 *leaf,
                      STACK_OF(X509) * untrusted);

/* ---- certificate revocation lists (RFC 5280 5, 6.3) ----------------------------------------- */

/** One ClientCertCRL. Constant once opened. */
typedef struct cc_crl_spec_t {
    const apr_array_header_t *paths; /* of const char *: files and folders */
    apr_interval_time_t reload;      /* how often they are looked at; 0: never */
    apr_interval_time_t grace;       /* so long a CRL is good for past its nextUpdate */
    bool missing_allow;              /* for the glue: CC_CRL_UNKNOWN is no reason to refuse */
    const char *root;                /* for the glue to set: a relative path begins here, or NULL */
    const char *where;               /* for the glue to set: "file:line" of the directive */
} cc_crl_spec_t;

/**
 * Reads "PATH ... [reload=SECONDS] [grace=SECONDS] [missing=deny|allow]" (usual: 5, 0, deny) in
 * `p`. A word of letters and a "=" is an option; write ./a=b for such a path. Errors (CC0403 to
 * CC0405) name the word and what would be legal.
 */
apr_status_t cc_crls_parse(cc_crl_spec_t **spec, const char *text, apr_pool_t *p, cc_error_t *err);

/** The CRLs of one ClientCertCRL, verified for one virtual host's trust. */
typedef struct cc_crls_t cc_crls_t;

/**
 * Loads all. What cannot be read or is refused is an error (CC0406 to CC0414) that names the file.
 * In a folder, what is no file of CRLs is passed over, and so are hidden files and those that end
 * with ~ or .tmp. `spec` and `trust` are kept by reference; a cleanup of `p` ends it. Call it in
 * the parent, and in one thread; children have what the parent has loaded.
 *
 * A CRL is signed by a certificate with its issuer's name that the store of `trust` has, or that
 * stands in the same file and verifies against that store; it must be a CA's, or be for cRLSign.
 * Whatever a CRL has that is not known here, and is critical or a reason, refuses it.
 */
apr_status_t cc_crls_open(cc_crls_t **crls, const cc_crl_spec_t *spec, const cc_trust_t *trust,
                          apr_pool_t *p, cc_error_t *err);

/** The directive that it was opened with. */
const cc_crl_spec_t *cc_crls_spec(const cc_crls_t *crls);

/**
 * Told by cc_crls_poll: what is held has changed (err NULL), or why a file is refused and what it
 * gave last stays, or what else is amiss (CC0406 to CC0417); err lives until the function returns.
 */
typedef void cc_crls_told_fn(const cc_crls_t *crls, const cc_error_t *err, void *baton);

/**
 * Follows the files if the reload time has come: for one thread per process. Each trouble is told
 * once per change of its file. Returns in how long it wants to be called again, 0 for never.
 *
 * Refused with the last good one kept: a file with a CRL that is damaged, cut off, not signed by
 * its issuer, not known in all it says, from the future, or lower in CRL number or thisUpdate than
 * one of its issuer, key and scope that was ever held; a delta whose base is not there. A file that
 * is removed takes its CRLs along.
 */
apr_interval_time_t cc_crls_poll(cc_crls_t *crls, apr_time_t now, cc_crls_told_fn *told,
                                 void *baton);

/** Grows with each change of what is held: to be compared. Any thread. */
apr_uint64_t cc_crls_generation(cc_crls_t *crls);

/** What CRLs say of a certificate. */
typedef enum {
    CC_CRL_GOOD,    /* current CRLs of its issuer cover it for all reasons, and do not list it */
    CC_CRL_REVOKED, /* a CRL of its issuer lists it, be it current or not; on hold counts too */
    CC_CRL_UNKNOWN  /* neither: `missing` decides */
} cc_crl_state_t;

typedef struct cc_crl_answer_t {
    cc_crl_state_t state;
    int depth;  /* which certificate of the chain that is about; 0: the leaf */
    int reason; /* CC_CRL_REVOKED: as RFC 5280 5.3.1 numbers them */
    apr_time_t revoked_at;
    const char *why;     /* CC_CRL_UNKNOWN: why, a literal */
    apr_time_t stale_at; /* it may be kept until then, and until the generation changes */
    apr_uint64_t generation;
} cc_crl_answer_t;

/**
 * Asks for one certificate. `ca_spki_sha256` is the digest of the key that signed it, as its
 * verified chain has it (NULL: not known, which is CC_CRL_UNKNOWN); so CAs of one name and
 * different keys are never confused. Any thread; waits for nobody.
 */
void cc_crls_check(cc_crl_answer_t *answer, cc_crls_t *crls, X509 *cert,
                   const unsigned char *ca_spki_sha256, apr_time_t now);

/**
 * Asks for a client's certificate and for the CAs above it, up to what is trusted: they are known
 * where they stand in the store or in the CRLs' files, else CC_CRL_UNKNOWN. The first that is
 * revoked is the answer, else the first that is unknown. `seal` is the verdict on `cert`.
 */
void cc_crls_check_chain(cc_crl_answer_t *answer, cc_crls_t *crls, X509 *cert,
                         const cc_seal_t *seal, apr_time_t now);

/** "keyCompromise"; a literal. */
const char *cc_crl_reason_text(int reason);

/** The moment after `now` at which answers change without a reload; APR_INT64_MAX: never. */
apr_time_t cc_crls_next_change(cc_crls_t *crls, apr_time_t now);

/** What becomes of a CRL that is held. */
typedef enum {
    CC_CRL_USED,
    CC_CRL_SUPERSEDED, /* a newer one of its series, or the base of a delta, is there */
    CC_CRL_OLDER,      /* lower than one that was held and is gone: not used */
    CC_CRL_NO_BASE     /* a delta without a complete CRL that it fits: only what it lists counts */
} cc_crl_use_t;

/** For operations: one CRL of one file. All text is safe for a log. */
typedef struct cc_crl_info_t {
    const char *path;
    const char *issuer; /* RFC 4514 */
    const char *number; /* decimal, or "none" */
    apr_uint32_t entries;
    bool delta, indirect;
    apr_time_t this_update, next_update, loaded_at;
    cc_crl_use_t use;
} cc_crl_info_t;

/** Calls `each` for every CRL that is held. *info lives until `each` returns. Any thread. */
typedef void cc_crls_each_fn(const cc_crl_info_t *info, void *baton);
void cc_crls_each(cc_crls_t *crls, cc_crls_each_fn *each, void *baton);

#endif
