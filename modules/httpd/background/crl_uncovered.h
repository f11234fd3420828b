/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the CAs whose certificates give no identity, or are not checked, for want of a CRL. */
#ifndef CC_BACKGROUND_CRL_UNCOVERED_H
#define CC_BACKGROUND_CRL_UNCOVERED_H

#include <apr_tables.h>

#include "base/error.h"
#include "httpd/background/revocation.h"
#include "httpd/conf/view.h"

/** Notes that a virtual host uses these CRLs, for the next function. */
void cc_crl_uncovered_note(cc_opened_crls_t *opened, const cc_conf_view_t *view);

/**
 * Warnings about the CRLs that virtual hosts have opened (cc_opened_crls_t *): CAs of which no
 * certificate gives an identity because of their CRLs, and expired CRLs without which certificates
 * are accepted (CC0728, CC0729, CC0731). Returns an array of cc_error_t, in `p`. Takes time in
 * proportion to the number of CAs and CRLs. One thread, at a start or in a test.
 */
apr_array_header_t *cc_crl_uncovered_find(const apr_array_header_t *opened, apr_pool_t *p);

#endif
