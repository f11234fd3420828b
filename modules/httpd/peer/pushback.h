/* SPDX-License-Identifier: Apache-2.0 */
/* Reads octets that a filter has read ahead, in the way that the filter above it asks for. */
#ifndef CC_PEER_PUSHBACK_H
#define CC_PEER_PUSHBACK_H

#include <util_filter.h>

/**
 * As ap_get_brigade on a list of filters that begins with `octets`, and continues with `next`.
 * Takes from `octets`, which is not empty and has buckets of data alone, what it returns. For the
 * modes that read: AP_MODE_READBYTES, AP_MODE_GETLINE, AP_MODE_SPECULATIVE, AP_MODE_EXHAUSTIVE. As
 * usual, a read may return less than was asked for, and never waits once it has octets; but a line
 * is completed from `next`.
 */
apr_status_t cc_pushback_read(ap_filter_t *next, apr_bucket_brigade *octets, apr_bucket_brigade *bb,
                              ap_input_mode_t mode, apr_read_type_e block, apr_off_t readbytes);

#endif
