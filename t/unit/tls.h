/* SPDX-License-Identifier: Apache-2.0 */
/* Runs whole TLS connections between two ends in memory, for the unit tests. */
#ifndef TLS_H
#define TLS_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "pki.h"
#include "trust/trust.h"

/** The ways in which a session is resumed. */
typedef enum { TLS12_TICKET, TLS12_CACHE, TLS13_TICKET, TLS13_CACHE, TLS_WAYS } tls_way_t;

/** A virtual host: a server's context as mod_ssl makes it, and its trust. */
typedef struct host_t {
    SSL_CTX *ctx;
    cc_trust_t *trust;
    bool guarded;   /* refuses sessions as the module does (cc_trust_may_resume) */
    apr_time_t now; /* the time of that check; 0: now */
} host_t;

/** Makes a host that asks for client certificates and trusts `ca`; it lives as long as `p`. */
host_t *host_make(tls_way_t way, const pki_t *ca, apr_pool_t *p);

/** Makes the trust of the host, whose store is complete, and installs cc_trust_verify. */
void host_ready(host_t *host, apr_pool_t *p);

/** The same for a host with ClientCertCA, whose store does not count. */
void host_follow(host_t *host, cc_cas_t *cas, apr_pool_t *p);

/** The two ends of a connection. */
typedef struct tls_t {
    SSL_CTX *client_ctx;
    SSL *client;
    SSL *server;
} tls_t;

/** Both ends, before the handshake; `client` may be NULL, `resume` too. Freed with tls_free. */
tls_t tls_open(host_t *host, const pki_t *client, SSL_SESSION *resume);
void tls_free(tls_t *tls);

/** The handshake, with the tickets that follow it. False if either end gave up. */
bool tls_handshake(tls_t *tls);

/** Asks for a certificate inside the connection: post-handshake on 1.3, renegotiation before. */
bool tls_ask_again(tls_t *tls);

/** The session that the client would offer next; the caller frees it. */
SSL_SESSION *tls_session(const tls_t *tls);

/** The server's seal of the client's certificate in its session. */
cc_seal_t tls_unseal(const tls_t *tls, const host_t *host);

/* Verify callbacks, as SSLVerifyClient and SSLCARevocationCheck make mod_ssl's behave. */
int tls_strict(int ok, X509_STORE_CTX *store_ctx);
int tls_optional_no_ca(int ok, X509_STORE_CTX *store_ctx);      /* tolerates an unknown issuer */
int tls_no_crl_for_cert_ok(int ok, X509_STORE_CTX *store_ctx);  /* clears a missing CRL */
int tls_both(int ok, X509_STORE_CTX *store_ctx);                /* the two together */

#endif
