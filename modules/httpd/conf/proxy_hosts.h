/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that virtual hosts can judge the certificates that proxies pass on to them. */
#ifndef CC_CONF_PROXY_HOSTS_H
#define CC_CONF_PROXY_HOSTS_H

#include "httpd/conf/module.h"

/**
 * check_config: logs a ClientCertHeader of which no virtual host names CAs (CC0454), and a
 * ClientCertTrustedProxyCert of which no virtual host requests a certificate of the proxy (CC0455,
 * CC0456). Returns OK, or an error, which ends the start.
 */
int cc_proxy_hosts_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

#endif
