/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the files of CAs before a configuration is used: in httpd -t, before a start. */
#ifndef CC_BACKGROUND_CA_PRECHECK_H
#define CC_BACKGROUND_CA_PRECHECK_H

#include <stdbool.h>

#include <apr_tables.h>

#include "base/error.h"
#include "httpd/conf/module.h"

/** A file of CAs that cannot be used: of ClientCertCA, or of a server without TLS. */
typedef struct cc_ca_fault_t {
    cc_error_t err; /* with the place of ClientCertCA */
    bool unused;    /* no virtual host that can have clients has the directive, so none loads it */
} cc_ca_fault_t;

/**
 * The faults of a configuration that was read and is not used yet (cc_ca_fault_t, in `p`). Loads
 * each directive once, for however many virtual hosts it counts. One thread.
 */
apr_array_header_t *cc_ca_precheck_faults(server_rec *s, apr_pool_t *p);

/**
 * check_config: checks and logs, in a test and before a start. Returns OK, except in a test with
 * faults. At a start they take effect later: virtual hosts cannot load their CAs, or
 * cc_ca_precheck_end ends the start.
 */
int cc_ca_precheck(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/**
 * post_config: ends a start, and logs the fault again, if cc_ca_precheck found one in a directive
 * that no virtual host loads.
 */
int cc_ca_precheck_end(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

#endif
