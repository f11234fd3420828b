/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the clients of proxies: the last of a connection, and those in the cache of a process. */
#ifndef CC_PEER_FORWARDED_CACHE_H
#define CC_PEER_FORWARDED_CACHE_H

#include <stdbool.h>

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

/**
 * True if an entry that was found for the same octets from the same proxy is what cc_forwarded_find
 * would find for this request: the host and its CAs are the same, and nothing has to be checked
 * again. Any thread.
 */
bool cc_forwarded_is_current(const cc_octet_entry_t *entry, const request_rec *r);

#endif
