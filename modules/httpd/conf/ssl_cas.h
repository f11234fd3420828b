/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the files of CAs that mod_ssl's directives name. */
#ifndef CC_CONF_SSL_CAS_H
#define CC_CONF_SSL_CAS_H

#include <apr_tables.h>

#include "httpd/conf/view.h"

/**
 * The files of SSLCACertificateFile, and of SSLCACertificatePath those that OpenSSL looks for there
 * (9d66eef0.0), as absolute paths (const char *) in `p`. They may be missing or damaged.
 */
apr_array_header_t *cc_ssl_ca_paths(const cc_conf_view_t *view, apr_pool_t *p);

#endif
