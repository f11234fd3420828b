/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the clients of proxies: the last of a connection, and those in the cache of a process. */
#ifndef CC_PEER_FORWARDED_CACHE_H
#define CC_PEER_FORWARDED_CACHE_H

#include "httpd/conf/module.h"
#include "httpd/peer/forwarded.h"
#include "httpd/peer/forwarded_client.h"
#include "httpd/peer/octet_cache.h"

/** The cache of a process. Any thread may use it. */
typedef struct cc_forwarded_store_t cc_forwarded_store_t;

/**
 * What a proxy passed on for a request, as the virtual host of the request judges it now. The
 * caller is a holder of the entry. NULL: no memory. In the request's thread.
 */
cc_octet_entry_t *cc_forwarded_find(request_rec *r, const cc_forwarded_t *forwarded);

#endif
