/* SPDX-License-Identifier: Apache-2.0 */
/* Tells whether a virtual host uses this module. If it does not, nothing may change there. */
#ifndef CC_CONF_USE_H
#define CC_CONF_USE_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"

/** The directives of this module for a virtual host. Greater values do more. */
typedef enum {
    CC_USE_NONE,      /* none, in any host: nothing is done, written or kept */
    CC_USE_ELSEWHERE, /* only in other hosts: handshakes are sealed, in case that a request on the
                         connection is for one of these; and headers that could pass for those of
                         the module are removed, in case that a back end serves both; nothing else
                         is done */
    CC_USE_FILES,     /* .htaccess may have some, or pages and scripts may use the module: requests
                         are served as in CC_USE_HERE, but mod_ssl alone decides which sessions are
                         resumed and what is logged of handshakes */
    CC_USE_HERE       /* some are in effect here */
} cc_use_t;

/** The use of this virtual host; the main server's for what belongs to no host. Any thread. */
static inline cc_use_t cc_use_of(const server_rec *s)
{
    return (cc_use_t)cc_vhost_conf_of(s)->use;
}

/** The greatest use of all virtual hosts; `s` is any of them. Any thread. */
static inline cc_use_t cc_use_anywhere(const server_rec *s)
{
    return (cc_use_t)cc_configuration_of(s)->use;
}

/**
 * True if requests to a virtual host are left unchanged, except by request/inbound.c. Any thread.
 */
static inline bool cc_use_ignores(const request_rec *r)
{
    return cc_use_of(r->server) < CC_USE_FILES;
}

/** check_config, the first of this module: finds which virtual hosts use this module. OK. */
int cc_use_find(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

#endif
