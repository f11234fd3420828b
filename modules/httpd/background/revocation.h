/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the CRLs and OCSP responders of a configuration, and polls the files of CRLs. */
#ifndef CC_BACKGROUND_REVOCATION_H
#define CC_BACKGROUND_REVOCATION_H

#include <apr_hash.h>
#include <apr_tables.h>

#include "crl/crl.h"
#include "httpd/conf/module.h"
#include "ocsp/ocsp.h"
#include "trust/trust.h"

/** The certificates that virtual hosts look up in CRLs. A greater value includes the others. */
typedef enum {
    CC_CRL_REACH_NONE, /* none: no host verifies a certificate */
    CC_CRL_REACH_LEAF, /* those of clients */
    CC_CRL_REACH_CHAIN /* those of the CAs above them too */
} cc_crl_reach_t;

/** The CRLs of a ClientCertCRL, and a virtual host that uses them; others may share them. */
typedef struct cc_opened_crls_t {
    const cc_crl_spec_t *spec;
    const cc_trust_t *trust;
    cc_crls_t *crls;
    server_rec *server;
    cc_crl_reach_t reach; /* of all hosts that use them */
} cc_opened_crls_t;

/** A virtual host that asks responders. */
typedef struct cc_opened_ocsp_t {
    cc_ocsp_t *ocsp;
    server_rec *server;
} cc_opened_ocsp_t;

/** All CRLs and responders of a configuration. httpd initializes the last virtual host first. */
typedef struct cc_opened_t {
    apr_array_header_t *crls; /* of cc_opened_crls_t * */
    apr_array_header_t *ocsp; /* of cc_opened_ocsp_t */
    apr_hash_t *logged;       /* texts of errors: the same one in several hosts is logged once */
} cc_opened_t;

/**
 * The CRLs and responders of a configuration, which live as long as the configuration.
 * cc_revocation_create adds them at the start; the lists are complete after mod_ssl's post_config,
 * and then constant.
 */
const cc_opened_t *cc_revocation_opened(const server_rec *s);

/**
 * Polls the files of CRLs that are due, and logs changed and refused files; returns the time until
 * its next call, 0: never. In a child, by one thread.
 */
apr_interval_time_t cc_revocation_poll_child(server_rec *s, apr_time_t now);

/** The same in the parent, whose later children inherit its CRLs. Logs nothing. */
void cc_revocation_poll_parent(server_rec *s, apr_time_t now);

#endif
