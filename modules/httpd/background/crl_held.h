/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the CRLs that this process holds, for pages and metrics. */
#ifndef CC_BACKGROUND_CRL_HELD_H
#define CC_BACKGROUND_CRL_HELD_H

#include <apr_tables.h>

#include "crl/crl.h"
#include "httpd/conf/module.h"

/** A CRL, and a virtual host that holds it. */
typedef struct cc_held_crl_t {
    const server_rec *server;
    cc_crl_info_t info;
} cc_held_crl_t;

/**
 * All CRLs in use (cc_held_crl_t) in this process. Texts are copies in `p`, so they remain valid
 * when a poll replaces the CRLs. Any thread.
 */
apr_array_header_t *cc_crl_held_list(const server_rec *s, apr_pool_t *p);

#endif
