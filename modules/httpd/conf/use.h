/* SPDX-License-Identifier: Apache-2.0 */
/* Finds whether a virtual host uses this module; one that does not must be left unchanged. */
#ifndef CC_CONF_USE_H
#define CC_CONF_USE_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"

/** How a virtual host uses this module. The module does more for greater values. */
typedef enum {
    CC_USE_NONE,      /* no host has its directives: nothing is done, written or kept */
    CC_USE_ELSEWHERE, /* only other hosts have them: handshakes are sealed, and tickets
                         authenticated, in case a request on the connection is for one of those
                         hosts, and headers that could forge those of the module are removed, in
                         case a back end serves both; nothing else is done */
    CC_USE_FILES,     /* .htaccess may have them, or pages and scripts may use the module: requests
                         are served as in CC_USE_HERE, but mod_ssl alone decides which sessions are
                         resumed and what is logged about handshakes */
    CC_USE_HERE       /* directives of this module are in effect here */
} cc_use_t;

/**
 * The use of this virtual host. For matters of no particular host, pass the main server. Any
 * thread.
 */
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

/** check_config, the first hook of this module: finds which hosts use the module. Returns OK. */
int cc_use_find(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

#endif
