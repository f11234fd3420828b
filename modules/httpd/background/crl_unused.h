/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the CRLs that no virtual host can use, because none trusts their issuer. */
#ifndef CC_BACKGROUND_CRL_UNUSED_H
#define CC_BACKGROUND_CRL_UNUSED_H

#include <stdbool.h>

#include <apr_tables.h>

#include "base/error.h"
#include "crl/crl.h"
#include "httpd/background/revocation.h"

/** A CRL whose issuer is trusted by no virtual host with the directive. */
typedef struct cc_unused_crl_t {
    const cc_opened_crls_t *opened; /* the CRLs of one such virtual host, which ignores it */
    cc_crl_info_t info;
    bool whole_file; /* an error: the directive names its file, no virtual host uses a CRL of the
                        file, and none follows a set of CAs */
} cc_unused_crl_t;

/**
 * All unused CRLs (cc_unused_crl_t, in `p`) among those that virtual hosts have opened
 * (cc_opened_crls_t *). One thread, at a start.
 */
apr_array_header_t *cc_crl_unused_find(const apr_array_header_t *opened, apr_pool_t *p);

/** Fills the warning about an unused CRL (CC0183). Its texts are in `p`. */
void cc_crl_unused_error(cc_error_t *err, const cc_unused_crl_t *crl, apr_pool_t *p);

#endif
