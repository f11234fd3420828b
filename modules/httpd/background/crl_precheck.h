/* SPDX-License-Identifier: Apache-2.0 */
/* Checks CRLs and the files of ClientCertOCSP before they are used: in httpd -t, before a start. */
#ifndef CC_BACKGROUND_CRL_PRECHECK_H
#define CC_BACKGROUND_CRL_PRECHECK_H

#include <stdbool.h>

#include <apr_tables.h>

#include "httpd/conf/module.h"

/** A fault in the CRLs of a configuration, or in the files of ClientCertOCSP. */
typedef struct cc_crl_fault_t {
    const char *tag;    /* a literal */
    const char *where;  /* FILE:LINE of the directive */
    const char *text;   /* the message, without tag and place */
    bool warning;       /* the server starts anyway */
    bool no_vhost_asks; /* no virtual host that can have clients has the directive, so none
                           opens its files at the start: only this check finds the fault */
} cc_crl_fault_t;

/**
 * The faults of a configuration that was read and is not used yet (cc_crl_fault_t, in `p`). Opens
 * the CRLs as the virtual hosts would, with the CAs that the directives of mod_ssl name. One
 * thread.
 */
apr_array_header_t *cc_crl_precheck_faults(server_rec *s, apr_pool_t *p);

/**
 * check_config: checks and logs, in a test and before a start. Returns OK, except in a test with
 * errors. At a start, errors take effect later: cc_crl_precheck_passed fails, or the CRLs cannot be
 * opened.
 */
int cc_crl_precheck(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/**
 * For post_config at a start: false, and logs the error, if cc_crl_precheck found an error that no
 * virtual host finds when it opens its CRLs.
 */
bool cc_crl_precheck_passed(server_rec *s);

#endif
