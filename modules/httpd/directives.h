/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the table of directives, and a check after they have been read. */
#ifndef CC_DIRECTIVES_H
#define CC_DIRECTIVES_H

#include "httpd/conf/module.h"

/** The directives: ClientCertMap, ClientCertTable, ClientCertAuth, ClientCertExport ... */
extern const command_rec cc_directives[];

/**
 * post_config hook: warns (CC0102) if the module is used, mod_ssl is not loaded, and no proxy
 * passes on certificates. Returns OK.
 */
int cc_directives_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/**
 * Registers the hooks and filters that virtual hosts need for checks beyond the verification of a
 * certificate (mod_clientcert.c). Call it while the configuration is read; further calls have no
 * effect.
 */
void cc_hooks_ask_more(void);

/** The same for ClientCertCA. */
void cc_hooks_follow_cas(void);

/** The same for ClientCertTolerate. */
void cc_hooks_tolerate(void);

/** The same where headers with certificates are removed. */
void cc_hooks_reserve(void);

/** The same for ClientCertHeader; includes cc_hooks_reserve. */
void cc_hooks_take(void);

/** The same for ClientCertAuth Fallback, also where .htaccess may have it. */
void cc_hooks_fall_back(void);

/** The same for ClientCertForward and ClientCertForwardIdentity; includes cc_hooks_reserve. */
void cc_hooks_forward(void);

#endif
