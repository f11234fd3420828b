/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what ClientCertHeader proxy-protocol needs from mod_remoteip. */
#ifndef CC_CONF_REMOTEIP_H
#define CC_CONF_REMOTEIP_H

#include "httpd/conf/module.h"

/**
 * check_config: for each virtual host with ClientCertHeader proxy-protocol, logs what its address
 * lacks: RemoteIPProxyProtocol On (CC0499), or the same ClientCertHeader in the first virtual host
 * of the address, by which the header is read (CC0498). OK, or an error, which ends the start.
 */
int cc_remoteip_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

#endif
