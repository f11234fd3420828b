/* SPDX-License-Identifier: Apache-2.0 */
/* Ends a request in 500 where it asked who its client is, and a lookup failed. */
#ifndef CC_REQUEST_FAILURE_H
#define CC_REQUEST_FAILURE_H

#include <stdbool.h>

#include <util_filter.h>

#include "httpd/conf/module.h"
#include "httpd/request/state.h"

/**
 * A lookup failed that this request, or what is included in it, has asked for: its answer is to be
 * 500. False where it is too late for that: an error is being answered, or the request logged. What
 * was asked for then counts as absent. cc_failure_report sees to it in any phase, also where the
 * caller cannot fail; cc_failure_note leaves it to the caller and cc_failure_noted.
 */
bool cc_failure_report(request_rec *r);
bool cc_failure_note(request_rec *r);
bool cc_failure_stands(const request_rec *r);
static inline bool cc_failure_noted(const request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    return kept && kept->failing && cc_failure_stands(r);
}

/** Whether it is to be answered with 500 now. Our page tells what failed, unless that denies it. */
static inline bool cc_failure_ends(const request_rec *r, bool is_page)
{
    return !is_page && cc_failure_noted(r);
}

/**
 * The filter of a request whose answer is to be 500, after those that may ask (mod_headers) and
 * before those that write the headers; and that of what a page includes, which comes to nothing.
 */
extern const char cc_failure_filter[], cc_failure_include_filter[];
apr_status_t cc_failure_refuse(ap_filter_t *f, apr_bucket_brigade *bb);
apr_status_t cc_failure_drop(ap_filter_t *f, apr_bucket_brigade *bb);

/** insert_error_filter: an answer of httpd itself has lost the filters that the request had. */
void cc_failure_insert_again(request_rec *r);

#endif
