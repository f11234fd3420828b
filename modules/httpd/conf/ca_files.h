/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the CAs of ClientCertCA from their files, for tests and checks of the configuration. */
#ifndef CC_CONF_CA_FILES_H
#define CC_CONF_CA_FILES_H

#include "base/error.h"
#include "ca/ca.h"
#include "httpd/conf/module.h"

/** The CA sets that were loaded for some servers. Used by one thread. */
typedef struct cc_ca_files_t cc_ca_files_t;

/** Makes an empty record, which lives as long as `p`. */
cc_ca_files_t *cc_ca_files_make(apr_pool_t *p);

/**
 * The CAs that the files of ClientCertCA contain now, for a server. They are not those of a running
 * server, and are not followed. Servers whose directives say the same share one set, which is
 * loaded once, and lives as long as `files`. *cas is NULL if the server has no ClientCertCA. An
 * error is that of cc_cas_open, the same at each call.
 */
apr_status_t cc_ca_files_load(cc_cas_t **cas, cc_ca_files_t *files, const server_rec *s,
                              cc_error_t *err);

/**
 * The first directive of a server that names the file of a CA, or its folder, for this trust domain
 * (NULL: for none). NULL: there is none.
 */
const cc_ca_spec_t *cc_ca_files_spec(const server_rec *s, const char *domain, const char *file,
                                     apr_pool_t *p);

#endif
