/* SPDX-License-Identifier: Apache-2.0 */
/* Makes keys, certificates and CRLs in memory, for the unit tests. */
#ifndef PKI_H
#define PKI_H

#include <openssl/conf.h>
#include <openssl/x509.h>

/** A certificate and its key. */
typedef struct pki_t {
    X509 *cert;
    EVP_PKEY *key;
} pki_t;

/** Extensions of a certificate: pairs of name and value as in openssl.cnf, then NULL. */
typedef const char *const pki_extensions_t[];

extern pki_extensions_t pki_is_ca, pki_is_client, pki_is_server;

/** Makes a certificate, valid from `begin` to `end` (seconds from now); no issuer: self-signed. */
pki_t pki_make(const char *cn, const pki_t *issuer, pki_extensions_t extensions, long begin,
               long end);

/**
 * The same, valid for a day, with sections of openssl.cnf that the extensions refer to (NULL:
 * none), and a key whose ownership passes to the certificate (NULL: a new one).
 */
pki_t pki_make_with(const char *cn, const pki_t *issuer, pki_extensions_t extensions,
                    const char *sections, EVP_PKEY *key);

/** The same, valid for a day. */
pki_t pki_ca(const char *cn, const pki_t *issuer);
pki_t pki_client(const char *cn, const pki_t *issuer);

void pki_free(pki_t *pki);

/** Text of openssl.cnf; the caller frees it (NCONF_free). */
CONF *pki_conf(const char *sections);

/** A CRL of `ca` with one certificate on it, or none (NULL). */
X509_CRL *pki_crl(const pki_t *ca, X509 *revoked);

#endif
