/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the CRLs and OCSP responders of virtual hosts, at a start and at a restart. */
#ifndef CC_BACKGROUND_REVOCATION_START_H
#define CC_BACKGROUND_REVOCATION_START_H

#include "base/error.h"
#include "httpd/conf/module.h"
#include "revocation/revocation.h"
#include "trust/trust.h"

/**
 * Opens the CRLs and responders that the directives of a virtual host name. *revocation lives as
 * long as `p`; it is NULL if the directives name none. Virtual hosts with the same directive that
 * trust the same CAs share the CRLs. In the parent, at start. At a restart, bad files are not
 * errors: CRLs that were loaded from them before stay in use, and CC0181 or CC0182 is logged.
 * Otherwise errors are those of cc_crls_open and cc_ocsp_create.
 */
apr_status_t cc_revocation_create(cc_revocation_t **revocation, server_rec *s,
                                  const cc_trust_t *trust, apr_pool_t *p, cc_error_t *err);

/* ---- hooks: one thread ---------------------------------------------------------------------- */

/**
 * pre_config: prepares the cache of OCSP responses. Returns OK, or an error that ends the start.
 */
int cc_revocation_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

/**
 * post_config, after mod_ssl's, whose init_server hook makes the virtual hosts: ends the start if
 * CRLs are bad, and opens the cache of OCSP responses. Returns OK, or an error that ends the start
 * and is logged.
 */
int cc_revocation_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/** child_init: makes the threads that ask responders. */
void cc_revocation_child_start(apr_pool_t *pchild, server_rec *s);

#endif
