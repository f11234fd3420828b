/* SPDX-License-Identifier: Apache-2.0 */
/* Notes what the configuration uses of verified paths: ca.X, root.X and chain.X. */
#ifndef CC_CONF_PATH_NEED_H
#define CC_CONF_PATH_NEED_H

#include "cert/cert.h"
#include "httpd/conf/module.h"

/**
 * Notes that a directive or expression in a configuration needs this much of verified paths. `p` is
 * the pool in which it is parsed: one in .htaccess, which concerns a single request, is not noted.
 */
void cc_path_need_note(const server_rec *s, apr_pool_t *p, cc_path_need_t need);

/** What the configuration of a server needs. Once it has been read. */
cc_path_need_t cc_path_need_of(const server_rec *s);

#endif
