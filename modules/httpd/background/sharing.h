/* SPDX-License-Identifier: Apache-2.0 */
/* Has the parent read tables that have changed, once for all its children. */
#ifndef CC_BACKGROUND_SHARING_H
#define CC_BACKGROUND_SHARING_H

#include <httpd.h>

#include "httpd/conf/module.h"
#include "tables/table.h"

/**
 * How the tables of this configuration are shared, for cc_tables_reopen; in `pconf`. NULL where
 * they are not: httpd only tests its configuration, runs as one process (-X), or has no
 * socket. In the parent, at start.
 */
const cc_sharing_t *cc_sharing_make(const server_rec *s, apr_pool_t *pconf);

/**
 * Makes the thread of the parent that shares the opened tables; it ends with `pconf`. Where it
 * cannot be made (CC0286), each process reads for itself.
 */
void cc_sharing_start(const cc_sharing_t *sharing, cc_tables_t *tables, const server_rec *s,
                      apr_pool_t *pconf);

/** Readies a child: it asks the parent, and takes no requests. Once, before its threads. */
void cc_sharing_child(const server_rec *s);

#endif
