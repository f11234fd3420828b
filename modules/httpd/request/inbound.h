/* SPDX-License-Identifier: Apache-2.0 */
/* Removes what clients send that could pass for ours: request headers, and trailers. */
#ifndef CC_REQUEST_INBOUND_H
#define CC_REQUEST_INBOUND_H

#include <util_filter.h>

#include "httpd/conf/module.h"

/**
 * post_read_request: removes request headers that could pass for ours, and from Connection what
 * names others; trailers are watched for the same. DECLINED.
 */
int cc_inbound_clean(request_rec *r);

/** The filter of a request that may have trailers: removes the same from these. */
extern const char cc_inbound_filter[];
apr_status_t cc_inbound_read_trailers(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                      apr_read_type_e block, apr_off_t readbytes);

#endif
