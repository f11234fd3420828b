/* SPDX-License-Identifier: Apache-2.0 */
/* Judges certificates as mod_ssl would with its directives, for configuration tests. */
#ifndef CC_CONF_JUDGE_H
#define CC_CONF_JUDGE_H

#include <stdbool.h>

#include "base/error.h"
#include "cert/cert.h"
#include "httpd/conf/view.h"
#include "trust/trust.h"

/**
 * The files of CAs that mod_ssl's directives name, without CRLs. With ClientCertCA, they do not
 * count (cc_ca_files_load). Texts are in `p`.
 */
cc_trust_files_t cc_judge_files(const cc_conf_view_t *view, apr_pool_t *p);

/** True if directives name CAs of clients: ClientCertCA, SSLCACertificateFile or -Path. */
bool cc_judge_has_cas(const cc_conf_view_t *view);

/** True if a certificate without a CRL is accepted: SSLCARevocationCheck no_crl_for_cert_ok. */
bool cc_judge_misses_crls(const cc_conf_view_t *view, apr_pool_t *p);

/**
 * Makes the trust of a server from the files that these directives, SSLVerifyDepth and
 * SSLCARevocationCheck name. `followed`: the CAs of ClientCertCA; NULL: it is not set.
 * `own_sources`: leaves out mod_ssl's CRLs. It lives as long as `p`. CC0402: a file cannot be
 * loaded.
 */
apr_status_t cc_judge_trust(cc_trust_t **trust, const cc_conf_view_t *view, cc_cas_t *followed,
                            bool own_sources, apr_pool_t *p, cc_error_t *err);

/** How a server judges certificates. */
typedef struct cc_judge_t {
    const char *never;          /* NULL, or why it accepts no certificate */
    cc_trust_t *trust;          /* its CAs; NULL: it requests no certificate, or trusts no CA */
    cc_cas_t *followed;         /* the CAs of ClientCertCA, from its files; NULL: not set */
    apr_array_header_t *unseen; /* const char *: checks that are left out, in plain words */
} cc_judge_t;

/**
 * Makes a judge that follows mod_ssl's directives for a server, because mod_ssl itself is not
 * active in a test. `via`: how the certificates arrive. `own_sources`: leaves out the CRLs of these
 * directives. Lives as long as `p`. CC0402, or the errors of cc_cas_open: a file cannot be loaded.
 */
apr_status_t cc_judge_make(cc_judge_t *judge, const cc_conf_view_t *view, cc_via_t via,
                           bool own_sources, apr_pool_t *p, cc_error_t *err);

/**
 * NULL: the certificate would verify, and *seal is filled as in a handshake. Otherwise the reason
 * why it would give no identity. `path` is a PEM file: the certificate, and the chain that a client
 * sends with it. *admitted: mod_ssl lets the handshake go on nevertheless; false if there are no
 * CAs. Texts are in `p`.
 */
const char *cc_judge_certificate(cc_seal_t *seal, bool *admitted, const cc_judge_t *judge,
                                 const char *path, apr_pool_t *p);

#endif
