/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the CRLs of a configuration that does not serve yet: httpd -t, and before a start. */
#ifndef CC_BACKGROUND_CRL_PRECHECK_H
#define CC_BACKGROUND_CRL_PRECHECK_H

#include <stdbool.h>

#include <apr_tables.h>

#include "httpd/conf/module.h"

/** What is wrong with CRLs. */
typedef struct cc_crl_fault_t {
    const char *tag;    /* a literal */
    const char *where;  /* FILE:LINE of the directive */
    const char *text;   /* without these two */
    bool warning;       /* the server starts all the same */
    bool no_vhost_asks; /* no virtual host with TLS has the directive, so that none will open it at
                           the start: only this check finds the fault */
} cc_crl_fault_t;

/**
 * What is wrong with the CRLs of a configuration that was read, and does not serve yet
 * (cc_crl_fault_t, in `p`): they are opened as the virtual hosts would, with the CAs that the
 * directives of mod_ssl name. One thread.
 */
apr_array_header_t *cc_crl_precheck_faults(server_rec *s, apr_pool_t *p);

/**
 * check_config: checks and logs, in a test and before a start. Not OK in a test with errors; a
 * start is ended later, by cc_crl_precheck_passed or by what opens the CRLs.
 */
int cc_crl_precheck(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/**
 * post_config of the start: false, and logs, if cc_crl_precheck has found an error that no virtual
 * host will meet when it opens its CRLs.
 */
bool cc_crl_precheck_passed(server_rec *s);

#endif
