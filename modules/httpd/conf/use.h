/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a virtual host uses this module at all: where it does not, nothing may change. */
#ifndef CC_CONF_USE_H
#define CC_CONF_USE_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"

/** What directives of ours there are for a virtual host. What is greater does more. */
typedef enum {
    CC_USE_NONE,      /* none, in no host at all: nothing is done, written or kept */
    CC_USE_ELSEWHERE, /* of other hosts alone: handshakes are sealed, in case that a request on the
                         connection is for one of these; and headers that could pass for ours are
                         removed, in case that a back end is for both; nothing else is done */
    CC_USE_FILES,     /* .htaccess may have some, or pages and scripts may ask: requests are served
                         as in CC_USE_HERE, but which sessions are resumed, and what is logged of
                         handshakes, stays mod_ssl's */
    CC_USE_HERE       /* some are in effect here */
} cc_use_t;

/** Of this virtual host; of the main server for what belongs to no host. Any thread. */
static inline cc_use_t cc_use_of(const server_rec *s)
{
    return (cc_use_t)cc_vhost_conf_of(s)->use;
}

/** The greatest of all virtual hosts, of one of which this is the record. Any thread. */
static inline cc_use_t cc_use_anywhere(const server_rec *s)
{
    return (cc_use_t)cc_configuration_of(s)->use;
}

/** True where requests to a virtual host are left alone, but for request/inbound.c. Any thread. */
static inline bool cc_use_ignores(const request_rec *r)
{
    return cc_use_of(r->server) < CC_USE_FILES;
}

/** check_config, before all others of ours: finds which virtual hosts use this module. OK. */
int cc_use_find(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

#endif
