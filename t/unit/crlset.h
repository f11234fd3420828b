/* SPDX-License-Identifier: Apache-2.0 */
/* Makes CRLs for unit tests, opens them and looks certificates up in them. */
#ifndef CRLSET_H
#define CRLSET_H

#include <apr_pools.h>

#include "pki.h"
#include "crl/crl.h"

/** An entry of a CRL. */
typedef struct crl_entry_t {
    const X509 *cert;    /* NULL: the end */
    int reason;          /* RFC 5280 5.3.1; 0: none */
    const pki_t *issuer; /* certificateIssuer; NULL: none */
    const char *name;    /* one more extension, as in openssl.cnf; NULL: none */
    const char *value;
} crl_entry_t;

typedef enum { CRL_SHA256, CRL_MD5, CRL_PSS, CRL_OWN_DIGEST } crl_signing_t;

/** The content of a CRL. */
typedef struct crl_recipe_t {
    const pki_t *ca;    /* the signer */
    const char *issuer; /* a CN other than the signer's; NULL: the signer's */
    const char *number; /* decimal; NULL: none */
    const char *base;   /* decimal; NULL: not a delta */
    long begin, end;    /* seconds from now; 0, 0: from a minute ago, for a day */
    bool no_end, no_akid, v1;
    crl_signing_t signing;
    const char *extensions[5]; /* pairs as in openssl.cnf */
    const char *sections;      /* of openssl.cnf, that they refer to */
    crl_entry_t entries[4];
} crl_recipe_t;

/** Makes the CRL; the caller frees it. */
X509_CRL *crl_make(const crl_recipe_t *recipe);

/** A folder for files, a virtual host's trust, one ClientCertCRL. */
typedef struct crlset_t {
    apr_pool_t *pool;
    char *folder;
    SSL_CTX *ctx;
    cc_cas_t *cas;     /* the set of CAs that the host follows; NULL: none */
    bool pass_foreign; /* see cc_crls_open */
    cc_trust_t *trust;
    cc_crls_t *crls; /* the last one opened */
    cc_error_t err;
    apr_time_t later;       /* the time by which all clocks are ahead */
    cc_crl_answer_t answer; /* the last one */
} crlset_t;

/** Begins an empty set with a new folder; the second function ends it. */
void crlset_begin(crlset_t *set);
void crlset_end(crlset_t *set);

/** Puts a certificate into the store; call it before anything is opened. */
void crlset_trust(crlset_t *set, const pki_t *ca);

const char *crlset_path(crlset_t *set, const char *name);
void crlset_write(crlset_t *set, const char *name, const void *octets, apr_size_t len);

/** Replaces a file atomically by a CRL in PEM; or in DER. */
void crlset_put(crlset_t *set, const char *name, const crl_recipe_t *recipe);
void crlset_put_der(crlset_t *set, const char *name, const crl_recipe_t *recipe);

/** Adds to a file: a CRL, a certificate. */
void crlset_add(crlset_t *set, const char *name, const crl_recipe_t *recipe);
void crlset_add_cert(crlset_t *set, const char *name, const pki_t *pki);

/** The content of a file of the folder. */
void *crlset_read(crlset_t *set, const char *name, apr_size_t *len);

/** Opens "ARGUMENTS" at "site.conf:1", with paths relative to the folder: "" or the error. */
const char *crlset_try(crlset_t *set, const char *arguments);

/** The same, and it must succeed. */
void crlset_open(crlset_t *set, const char *arguments);

/** The status of a certificate: "good", "revoked keyCompromise", or "unknown: " and the cause. */
const char *crlset_ask(crlset_t *set, const pki_t *who, const pki_t *issuer);

/** The same for the whole chain, with the depth in front: "1 revoked keyCompromise". */
const char *crlset_ask_chain(crlset_t *set, const pki_t *who, const pki_t *issuer);

/** Polls as if all clocks had moved on by a minute: the messages, joined by " | ". */
const char *crlset_poll(crlset_t *set);

/** The same at the time of the last poll, when only a change of the CAs can be due. */
const char *crlset_poll_again(crlset_t *set);

/** Polls often enough that a missing file counts as removed. */
const char *crlset_poll_gone(crlset_t *set);

#endif
