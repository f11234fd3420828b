/* SPDX-License-Identifier: Apache-2.0 */
/* Answers a request with 500 if it needs an identity and a lookup failed. */
#ifndef CC_REQUEST_FAILURE_H
#define CC_REQUEST_FAILURE_H

#include <stdbool.h>

#include <util_filter.h>

#include "httpd/conf/module.h"
#include "httpd/request/state.h"

/**
 * Records that a lookup failed for this request, or for a part included in it: it has to be
 * answered with 500. False if it is too late: an error is being sent, or the request is being
 * logged; the value then counts as absent. cc_failure_report also adds the filters below, for
 * callers that cannot fail; after cc_failure_note, the caller has to act on cc_failure_noted.
 * cc_failure_stands, for a request that has a state: true if a failure is recorded and it is not
 * too late.
 */
bool cc_failure_report(request_rec *r);
bool cc_failure_note(request_rec *r);
bool cc_failure_stands(const request_rec *r);
static inline bool cc_failure_noted(const request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    return kept && kept->failing && cc_failure_stands(r);
}

/**
 * True if the request is to be answered with 500 now. The page of clientcert-status is served
 * nevertheless, because it shows the failure.
 */
static inline bool cc_failure_ends(const request_rec *r, bool is_page)
{
    return !is_page && cc_failure_noted(r);
}

/**
 * The filter of a request to be answered with 500, after filters that may need the identity
 * (mod_headers) and before those that write the headers; and the filter of an included part, which
 * discards it.
 */
extern const char cc_failure_filter[], cc_failure_include_filter[];
apr_status_t cc_failure_refuse(ap_filter_t *f, apr_bucket_brigade *bb);
apr_status_t cc_failure_drop(ap_filter_t *f, apr_bucket_brigade *bb);

/** insert_error_filter: a response of httpd itself has lost the filters of the request. */
void cc_failure_insert_again(request_rec *r);

#endif
