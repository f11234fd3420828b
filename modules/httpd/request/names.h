/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the compiled names that other modules look up. */
#ifndef CC_REQUEST_NAMES_H
#define CC_REQUEST_NAMES_H

#include "base/error.h"
#include "httpd/conf/module.h"
#include "httpd/request/lookup.h"

/** check_config: readies the list of names of a configuration. Returns OK. */
int cc_names_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/**
 * Compiles a name that is going to be looked up, and notes what it needs of verified paths, while
 * the configuration is read. `p` is the pool in which it is read. Errors as cc_lookup_parse.
 */
apr_status_t cc_names_check(const char *name, apr_pool_t *p, cc_error_t *err);

/**
 * The compiled form of a name: a kept one, or a new one, which is kept while there is room for it
 * and otherwise lives as long as `p`. Errors as cc_lookup_parse, and CC0166: the name needs more of
 * verified paths than the configuration has noted. Any thread.
 */
apr_status_t cc_names_find(const cc_lookup_t **lookup, const server_rec *s, const char *name,
                           apr_pool_t *p, cc_error_t *err);

#endif
