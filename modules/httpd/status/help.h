/* SPDX-License-Identifier: Apache-2.0 */
/* Gives what helps a person: the administrator's text and address, and the issuers. */
#ifndef CC_STATUS_HELP_H
#define CC_STATUS_HELP_H

#include <jansson.h>

#include "httpd/status/advice.h"

/*
 * Each of these returns a new reference: an object, or null if there is nothing to show. Texts are
 * usable text, which the caller has to quote for its output format.
 */

/**
 * ClientCertStatusText of the request that failed, or else of the page: {"text": TEXT, "url": URL
 * or null, "link": TEXT or null}. Without "link", the text itself is the link.
 */
json_t *cc_help_text(const cc_status_t *status, apr_pool_t *p);

/**
 * ServerAdmin: {"text": TEXT, "url": URL or null}, unless it is unset or has the value that httpd
 * or its example configuration gives it.
 */
json_t *cc_help_contact(const cc_status_t *status, apr_pool_t *p);

/**
 * The CAs that the server names when it requests a certificate: {"names": [TEXT], "more": NUMBER
 * or null}.
 * For a client whose certificate gives no identity, or that presented none.
 */
json_t *cc_help_issuers(const cc_status_t *status, apr_pool_t *p);

#endif
