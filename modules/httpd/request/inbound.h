/* SPDX-License-Identifier: Apache-2.0 */
/* Removes request headers and trailers that could forge those of this module. */
#ifndef CC_REQUEST_INBOUND_H
#define CC_REQUEST_INBOUND_H

#include <util_filter.h>

#include "httpd/conf/module.h"

/**
 * post_read_request: takes what a trusted proxy passed on (peer/forwarded.h). Removes request
 * headers with reserved names, and from Connection all names except those that HTTP itself uses.
 * Where certificates are forwarded or taken (cc_hooks_reserve), also removes the headers that
 * directives name, and all headers by which proxies pass on certificates (forward/forward.h). Adds
 * a filter that removes trailers with such names, and trailers named Connection. Returns DECLINED.
 */
int cc_inbound_clean(request_rec *r);

/** The filter of a request that may have trailers. */
extern const char cc_inbound_filter[];
apr_status_t cc_inbound_read_trailers(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                      apr_read_type_e block, apr_off_t readbytes);

#endif
