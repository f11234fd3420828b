/* SPDX-License-Identifier: Apache-2.0 */
/* The table of directives, and what is checked once they have been read. */
#ifndef CC_DIRECTIVES_H
#define CC_DIRECTIVES_H

#include "httpd/conf/module.h"

/** The directives: ClientCertMap, ClientCertTable, ClientCertAuth, ClientCertExport ... */
extern const command_rec cc_directives[];

/** post_config: warns (CC0102) where mod_ssl is not loaded. Returns OK. */
int cc_directives_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/**
 * Registers the hooks and filters of virtual hosts that ask more of a certificate than that it has
 * verified, once (mod_clientcert.c). While the configuration is read.
 */
void cc_hooks_ask_more(void);

#endif
