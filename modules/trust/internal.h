/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the trust component share: a trust, and the record in a session. */
#ifndef CC_TRUST_INTERNAL_H
#define CC_TRUST_INTERNAL_H

#include <apr_hash.h>

#include "cert/cert.h"
#include "trust/cause.h"
#include "trust/path.h"
#include "trust/trust.h"

/** A certificate of the store, with its digests. */
typedef struct cc_issuer_t {
    X509 *cert;
    cc_seal_ca_t digests;
} cc_issuer_t;

/* Half of a SHA-256: it goes into every ticket. */
#define CC_TRUST_ID_LEN 16

struct cc_trust_t {
    SSL_CTX *ctx;                      /* our own reference */
    X509_STORE *store;                 /* the one that verifies clients; `ctx` owns it */
    cc_cas_t *cas;                     /* the CAs that count in place of the store's; or NULL */
    apr_uint64_t names_digest;         /* of the names that `ctx` got from `cas` */
    EVP_MD *md;                        /* SHA-256, for the trust id */
    apr_hash_t *issuers;               /* X509 * -> cc_issuer_t *: the store's own certificates;
                                          empty with `cas` */
    apr_hash_t *issuers_by_sha256;     /* the same, by that digest */
    cc_path_need_t path_need;          /* cc_trust_keep_path */
    unsigned char id[CC_TRUST_ID_LEN]; /* the trust id */
    cc_object_fn *on_success;          /* NULL: no objections */
    void *on_success_baton;
    cc_refusal_fn *on_refusal; /* NULL: not reported */
    void *on_refusal_baton;
    bool tolerates;    /* cc_trust_tolerate */
    bool crl_may_miss; /* cc_trust_miss_crls */
    bool pins;         /* cc_trust_pin */
    /* Of a trust made from files (cc_trust_load). For others, mod_ssl's callback decides. */
    int depth;  /* CAs allowed above the client's certificate; -1: any number */
    bool no_ca; /* a certificate whose issuer is not known is accepted */
};

/**
 * Writes the verdict (seal->state: CC_TRUST_OK, _FAILED, _NOT_CLIENT or _NO_ISSUER) on `leaf` into
 * the session. If this fails, the session has no record afterwards.
 */
void cc_seal_write(SSL_SESSION *session, const cc_seal_t *seal, const cc_trust_t *trust,
                   const X509 *leaf);

/* ---- the CAs of a followed set (followed.c) -------------------------------------------------- */

/** The CAs that a verification trusts. */
typedef struct cc_trusted_t {
    cc_cas_t *cas;              /* is held; NULL: those of the store count, and the rest is 0 */
    const cc_ca_set_t *set;     /* of `cas`; stays until cc_trusted_leave */
    unsigned side;              /* cc_cas_enter */
    const cc_ca_group_t *group; /* the one that decides about the leaf; NULL: no CA counts */
    const char *problem;        /* why not (cc_ca_group_of); NULL: there is merely no group */
    STACK_OF(X509) * certs;     /* those of the group that may be needed */
} cc_trusted_t;

/**
 * Makes a verification, whose parameters are complete, trust the CAs of `trust`. cc_trusted_leave
 * ends that, in the same thread. The certificates of a verified chain stay: it has references.
 */
void cc_trusted_enter(cc_trusted_t *trusted, const cc_trust_t *trust, X509_STORE_CTX *store_ctx);
void cc_trusted_leave(cc_trusted_t *trusted, X509_STORE_CTX *store_ctx);

/**
 * Makes a verification trust the CAs of a group alone. The caller frees the result after the
 * verification (sk_X509_free), and holds the set until then. NULL: no CA counts.
 */
STACK_OF(X509) * cc_trusted_group(X509_STORE_CTX *store_ctx, const cc_ca_group_t *group);

/** The CAs allowed above the client's certificate (depth=); -1: SSLVerifyDepth decides. */
int cc_trusted_depth(const cc_trusted_t *trusted);

/** Of which CAs none vouches for a certificate that has no issuer among them. */
cc_no_ca_t cc_trusted_none(const cc_trusted_t *trusted);

/** The trusted CAs with a name. The caller frees them (sk_X509_pop_free). */
STACK_OF(X509) *
    cc_trusted_named(const cc_trusted_t *trusted, X509_STORE_CTX *store_ctx, const X509_NAME *name);

/**
 * Writes down in a good verdict which CAs of the set it is based on. Returns the one that issued
 * the leaf; NULL: the issuer is not from the set.
 */
const cc_ca_t *cc_trusted_seal(cc_seal_t *seal, const cc_trusted_t *trusted,
                               X509_STORE_CTX *store_ctx);

/* ---- errors ---------------------------------------------------------------------------------- */

/** An error of a verification, whose cause has not been looked for. */
typedef struct cc_verify_error_t {
    X509 *cert; /* the one at fault, of the chain in the context; NULL: there is no error */
    int depth;  /* of `cert` */
    int error;  /* X509_V_ERR_ */
} cc_verify_error_t;

/* ---- verifications (verify.c) ---------------------------------------------------------------- */

/** Wraps the callback in place for the time of one verification. */
typedef struct cc_watch_t {
    X509_STORE_CTX_verify_cb callback;
    const cc_trust_t *trust;
    cc_trusted_t trusted;        /* the CAs that count */
    bool tolerates;              /* cc_trust_tolerate, for this handshake */
    int depth;                   /* SSLVerifyDepth, without a handshake; below 0: any */
    bool let_pass;               /* the callback tolerated an error */
    cc_verify_error_t tolerated; /* the first of these; */
    cc_verify_error_t refused;   /* the error that it did not tolerate */
} cc_watch_t;

/**
 * X509_verify_cert, or its refusal (cc_trusted_t), between cc_trusted_enter and _leave. Takes the
 * verdict, except for its time, and the certificate at fault. Returns what X509_verify_cert does.
 */
int cc_watch_verify(cc_seal_t *seal, X509 **at_fault, cc_watch_t *watch, X509_STORE_CTX *store_ctx);

/** The error that decides: the first one that occurred. */
cc_verify_error_t cc_watch_error(const cc_watch_t *watch, X509_STORE_CTX *store_ctx);

/**
 * Refuses a certificate with an error that OpenSSL has not found: calls the callback in place,
 * whose answer does not count.
 */
void cc_watch_refuse(const cc_watch_t *watch, X509_STORE_CTX *store_ctx,
                     const cc_verify_error_t *with);

/** The field `subject` or `issuer` of a certificate, escaped for a log; in `p`. */
const char *cc_trust_name_text(X509 *cert, const char *field, apr_pool_t *p);

/**
 * Takes the error that a verify callback was called with, or has found itself. It was called with
 * `ok`, and with `error` in the context.
 */
void cc_verify_error_take(cc_verify_error_t *taken, X509_STORE_CTX *store_ctx, int ok, int error);

/**
 * Finds the cause of an error, in the certificate and among the trusted CAs, and may change the
 * certificate at fault in *of. The verification has ended, and its context still exists. May verify
 * some signatures. Leaves nothing in OpenSSL's error queue.
 */
cc_fault_t cc_fault_find(cc_verify_error_t *of, X509_STORE_CTX *store_ctx,
                         const cc_trusted_t *trusted);

/** The cause that the number of an error alone gives; CC_CAUSE_OTHER: unknown (cause.c). */
cc_cause_t cc_cause_of_error(int error);

/** Why a certificate must not identify a client (cc_cert_not_client gives a reason). */
cc_cause_t cc_cause_of_client(X509 *cert);

/** A certificate to be verified without a handshake; all borrowed. */
typedef struct cc_candidate_t {
    X509 *cert;
    STACK_OF(X509) * untrusted; /* the others that came with it; may be NULL */
    int depth; /* the most certificates above it, where the trust does not say; below 0: any */
    STACK_OF(X509) * *chain; /* gets the chain if it verifies, for the caller to free, or NULL if
                                out of memory. NULL: it is not wanted */
    bool may_be_pinned; /* it is the certificate of a connection: CC_TRUST_NO_ISSUER is possible */
} cc_candidate_t;

/** Prepares a verification as libssl does for a client's certificate. False if out of memory. */
bool cc_verify_prepare(X509_STORE_CTX *store_ctx, const cc_trust_t *trust, apr_time_t now);

/** True for an X509_V_ERR_ that says that no trusted CA vouches for a certificate. */
bool cc_error_is_of_issuer(int error);

/**
 * True if a certificate fails only for the want of an issuer, and may identify a client: then its
 * pinned key may count (pin.c). Costs a verification. Leaves nothing in OpenSSL's error queue.
 */
bool cc_pin_suits(const cc_trust_t *trust, const cc_candidate_t *candidate, apr_time_t now);

/**
 * cc_trust_reverify. If it fails, and `reason` is not NULL, *reason is set to a sentence in `p`,
 * which may name any certificate of the chain. Returns true if mod_ssl's
 * callback, or its imitation, accepts the certificate, also where it does not verify.
 */
bool cc_verify_again(cc_seal_t *seal, const char **reason, const cc_trust_t *trust,
                     const cc_candidate_t *candidate, apr_time_t now, apr_pool_t *p);

/* ---- the CAs of a path (issuer.c, path.c) ---------------------------------------------------- */

/** The CA that is sought above a certificate. */
typedef struct cc_ca_sought_t {
    const unsigned char *sha256; /* of its certificate */
    const X509 *leaf;            /* the client's certificate: decides which CAs of a set count */
    const X509 *below;           /* the certificate that it issued; NULL: not at hand */
    STACK_OF(X509) * untrusted;  /* that the client sent; may be NULL */
} cc_ca_sought_t;

/**
 * Finds a CA in the store or the current set of `trust`, or among those that the client sent. NULL:
 * it is not there. The caller frees it. May leave errors in OpenSSL's queue.
 */
X509 *cc_ca_find(const cc_trust_t *trust, const cc_ca_sought_t *sought);

/**
 * Writes down in a verdict the CA that issued the leaf in the verified chain, and the CAs above it
 * if `trust` keeps them. `issuer`: the CA of the set that issued it; NULL: it is not from the set.
 */
void cc_seal_take_path(cc_seal_t *seal, const cc_watch_t *watch, X509_STORE_CTX *store_ctx,
                       const cc_ca_t *issuer);

/** False if a verdict says less of its path than the fields of the configuration need. */
bool cc_seal_path_suffices(const cc_trust_t *trust, const cc_seal_t *seal, X509 *leaf);

#endif
