/* SPDX-License-Identifier: Apache-2.0 */
/* The door of the room that knows whether a certificate was verified, by whom, and for how long. */
#ifndef CC_TRUST_H
#define CC_TRUST_H

#include <stdbool.h>

#include <apr_pools.h>
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

#endif
