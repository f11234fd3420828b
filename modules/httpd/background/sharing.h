/* SPDX-License-Identifier: Apache-2.0 */
/* Lets the parent read changed tables, once for all its children. */
#ifndef CC_BACKGROUND_SHARING_H
#define CC_BACKGROUND_SHARING_H

#include <httpd.h>

#include "httpd/conf/module.h"
#include "tables/table.h"

/**
 * Prepares the sharing of the tables of this configuration, for cc_tables_reopen; in `pconf`. NULL
 * if they are not shared: httpd only tests its configuration, runs as one process (-X), or has no
 * socket. In the parent, at start.
 */
const cc_sharing_t *cc_sharing_make(const server_rec *s, apr_pool_t *pconf);

/**
 * Makes the thread of the parent that reads the opened tables for all children; it ends with
 * `pconf`. If it could not be created (CC0286), each process reads the files itself.
 */
void cc_sharing_start(const cc_sharing_t *sharing, cc_tables_t *tables, const server_rec *s,
                      apr_pool_t *pconf);

/**
 * Prepares a child: closes the end of the socket that receives requests, since only the parent
 * answers them. Call it once, before the child makes threads.
 */
void cc_sharing_child(const server_rec *s);

#endif
