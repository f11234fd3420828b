/* SPDX-License-Identifier: Apache-2.0 */
/* Judges certificates as mod_ssl would, by what its directives say: for configuration tests. */
#ifndef CC_CONF_JUDGE_H
#define CC_CONF_JUDGE_H

#include <stdbool.h>

#include "base/error.h"
#include "httpd/conf/view.h"
#include "trust/trust.h"

/** The files of CAs that mod_ssl's directives name, without CRLs. Texts are in `p`. */
cc_trust_files_t cc_judge_files(const cc_conf_view_t *view, apr_pool_t *p);

/** By what a server judges certificates. */
typedef struct cc_judge_t {
    const char *never; /* NULL, or why no certificate counts there */
    cc_trust_t *trust; /* its CAs; NULL: it asks for no certificate, or trusts no CA */
    bool alone;        /* SSLVerifyDepth 0: a certificate stands for itself */
    apr_array_header_t *unseen; /* const char *: what is not judged, in plain words */
} cc_judge_t;

/**
 * What a server judges by in a handshake, as mod_ssl's directives say: mod_ssl itself is not at
 * work in a test. `own_sources`: the CRLs of those directives are left out. Lives as long as `p`.
 * CC0402: a file cannot be loaded.
 */
apr_status_t cc_judge_make(cc_judge_t *judge, const cc_conf_view_t *view, bool own_sources,
                           apr_pool_t *p, cc_error_t *err);

/**
 * NULL: the certificate would verify, and *seal is filled as in a handshake. Else the reason why
 * there would be no identity. `path` is a PEM file, with what a client sends along; texts are in
 * `p`.
 */
const char *cc_judge_certificate(cc_seal_t *seal, const cc_judge_t *judge, const char *path,
                                 apr_pool_t *p);

#endif
