/* SPDX-License-Identifier: Apache-2.0 */
/* Configures, opens and uses the cache of OCSP responses. */
#ifndef CC_BACKGROUND_OCSP_CACHE_H
#define CC_BACKGROUND_OCSP_CACHE_H

#include <httpd.h>
#include <http_config.h>

#include "httpd/conf/module.h"
#include "ocsp/ocsp.h"

/* One cache for the whole configuration, in an ap_socache provider. All processes share it. */

/**
 * ClientCertOCSPCache TYPE[:ARGUMENTS]; the last one counts. Errors: CC0175 (no such provider is
 * loaded), CC0176 (it rejects the arguments).
 */
const char *cc_ocsp_cache_directive(cmd_parms *cmd, void *record, const char *arg);

/**
 * The I/O functions for cc_ocsp_create, the same for all virtual hosts. They live as long as the
 * configuration. Available from the first directive on. Before a child has started, these functions
 * cache nothing and ask no responder.
 */
const cc_ocsp_io_t *cc_ocsp_cache_io(server_rec *s);

/**
 * Notes that a virtual host asks responders. Without such a call before cc_ocsp_cache_start, no
 * cache is opened.
 */
void cc_ocsp_cache_use(server_rec *s);

/* ---- hooks, one thread --------------------------------------------------------------------- */

/**
 * pre_config: registers the mutex clientcert-ocsp, which `Mutex` can configure. Returns OK, or an
 * error that ends the start.
 */
int cc_ocsp_cache_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);

/**
 * post_config, after mod_ssl's, whose init_server hook makes the virtual hosts: opens the cache if
 * one is used. Returns OK, or an error that ends the start and is logged (CC0176 to CC0178).
 */
int cc_ocsp_cache_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/**
 * child_init: prepares the cache, and makes the threads that ask. They end before `pchild` is
 * destroyed. Errors are logged (CC0179).
 */
void cc_ocsp_cache_child_start(apr_pool_t *pchild, server_rec *s);

#endif
