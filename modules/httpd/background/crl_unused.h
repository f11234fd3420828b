/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the CRLs that no virtual host can use, because none trusts their issuer. */
#ifndef CC_BACKGROUND_CRL_UNUSED_H
#define CC_BACKGROUND_CRL_UNUSED_H

#include <stdbool.h>

#include <apr_tables.h>

#include "base/error.h"
#include "crl/crl.h"
#include "httpd/background/revocation.h"

/** A CRL whose issuer no virtual host trusts that has the directive. */
typedef struct cc_unused_crl_t {
    const cc_opened_crls_t *opened; /* those of one such virtual host, which passes it over */
    cc_crl_info_t info;
    bool whole_file; /* the directive names its file, and no virtual host uses anything in that */
} cc_unused_crl_t;

/**
 * All of them (cc_unused_crl_t, in `p`) among what virtual hosts have opened (cc_opened_crls_t *).
 * One thread, at a start.
 */
apr_array_header_t *cc_crl_unused_find(const apr_array_header_t *opened, apr_pool_t *p);

/** Fills the warning about one (CC0183). Its texts are in `p`. */
void cc_crl_unused_error(cc_error_t *err, const cc_unused_crl_t *crl, apr_pool_t *p);

#endif
