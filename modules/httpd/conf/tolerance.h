/* SPDX-License-Identifier: Apache-2.0 */
/* Checks whether ClientCertTolerate can work as configured, and is safe. */
#ifndef CC_CONF_TOLERANCE_H
#define CC_CONF_TOLERANCE_H

#include "httpd/conf/module.h"

/**
 * check_config: for each virtual host with ClientCertTolerate On, logs what has to be changed:
 * SSLVerifyClient (CC0451), a directive that makes a user of any certificate (CC0452), a condition
 * that any certificate may meet (CC0453). OK, or an error, which ends the start.
 */
int cc_tolerance_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

#endif
