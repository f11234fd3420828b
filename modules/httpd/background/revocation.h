/* SPDX-License-Identifier: Apache-2.0 */
/* What the virtual hosts ask about revocation: opened at the start, followed, and listed. */
#ifndef CC_BACKGROUND_REVOCATION_H
#define CC_BACKGROUND_REVOCATION_H

#include <stdbool.h>

#include <apr_hash.h>

#include "base/error.h"
#include "crl/crl.h"
#include "httpd/conf/module.h"
#include "ocsp/ocsp.h"
#include "revocation/revocation.h"
#include "trust/trust.h"

/* ---- what is asked (revocation.c) ---------------------------------------------------------- */

/**
 * Opens what the virtual host asks; *revocation is NULL where it asks nobody. Hosts that are told
 * and trust the same share what they hold. In the parent, at start. Errors are those of
 * cc_crls_open and cc_ocsp_create.
 */
apr_status_t cc_revocation_create(cc_revocation_t **revocation, server_rec *s,
                                  const cc_trust_t *trust, apr_pool_t *p, cc_error_t *err);

/** The CRLs of a ClientCertCRL, and a virtual host that asks them: others may share them. */
typedef struct cc_opened_crls_t {
    const cc_crl_spec_t *spec;
    const cc_trust_t *trust;
    cc_crls_t *crls;
    server_rec *server;
} cc_opened_crls_t;

/** A virtual host that asks responders. */
typedef struct cc_opened_ocsp_t {
    cc_ocsp_t *ocsp;
    server_rec *server;
} cc_opened_ocsp_t;

/** All that the virtual hosts of a configuration ask; httpd sets the last one up first. */
typedef struct cc_opened_t {
    apr_array_header_t *crls; /* of cc_opened_crls_t * */
    apr_array_header_t *ocsp; /* of cc_opened_ocsp_t */
    apr_hash_t *told;         /* texts, so that hosts with one trouble tell it once */
} cc_opened_t;

/** To be had at any time of the start; complete after mod_ssl's post_config, then constant. */
const cc_opened_t *cc_revocation_opened(const server_rec *s);

/* ---- CRLs that nobody uses (foreign.c) ----------------------------------------------------- */

/** A CRL whose issuer no host trusts that was told of it. */
typedef struct cc_nobodys_t {
    const cc_opened_crls_t *opened; /* a host's that passes it over */
    cc_crl_info_t info;
    bool whole; /* it stands in a file that is named, and that is no use to anybody */
} cc_nobodys_t;

/** All of those (of cc_nobodys_t, in `p`) among what was opened (of cc_opened_crls_t *). */
apr_array_header_t *cc_revocation_nobodys(const apr_array_header_t *opened, apr_pool_t *p);

/** The warning (CC0183), in `p`. */
void cc_nobodys_error(cc_error_t *err, const cc_nobodys_t *one, apr_pool_t *p);

/* ---- before a start (precheck.c) ----------------------------------------------------------- */

/** What is wrong with CRLs. */
typedef struct cc_crl_fault_t {
    const char *tag;   /* a literal */
    const char *where; /* file:line of the directive */
    const char *text;  /* without the two */
    bool warning;      /* the server starts all the same */
    bool unused;       /* no host with TLS has the directive: nobody will open it at the start */
} cc_crl_fault_t;

/**
 * What is wrong with the CRLs of a configuration that was read, and does not serve yet (of
 * cc_crl_fault_t, in `p`): they are opened as the hosts would, with the CAs that mod_ssl is told
 * of. One thread.
 */
apr_array_header_t *cc_revocation_faults(server_rec *s, apr_pool_t *p);

/** post_config: true unless cc_revocation_precheck has found what the start does not find. Logs. */
bool cc_revocation_precheck_borne(server_rec *s);

/** A CRL, and a virtual host that holds it. */
typedef struct cc_held_crl_t {
    const server_rec *server;
    cc_crl_info_t info;
} cc_held_crl_t;

/**
 * All CRLs that count (of cc_held_crl_t, in `p`), as this process holds them. They are copies: who
 * shows them to a client may be held up. Any thread.
 */
apr_array_header_t *cc_revocation_crls(const server_rec *s, apr_pool_t *p);


/* ---- hooks ------------------------------------------------------------------------------ */

/**
 * Of what is asked about revocation. pre_config and post_config (after mod_ssl's, who makes the
 * virtual hosts); child_init.
 */
int cc_revocation_precheck(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);
int cc_revocation_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);
int cc_revocation_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);
void cc_revocation_child_start(apr_pool_t *pchild, server_rec *s);

/** As cc_tables_poll_child and cc_tables_poll_parent, for the files of CRLs. */
apr_interval_time_t cc_revocation_poll_child(server_rec *s, apr_time_t now);
void cc_revocation_poll_parent(server_rec *s, apr_time_t now);

#endif
