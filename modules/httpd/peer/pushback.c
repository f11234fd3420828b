/* SPDX-License-Identifier: Apache-2.0 */
/* Reads octets that a filter has read ahead, in the way that the filter above it asks for. */
#include <stdbool.h>
#include <stddef.h>

#include <httpd.h>

#include "httpd/peer/pushback.h"

/* Moves octets to the end of `bb`, at most so many. */
static apr_status_t bytes_move(apr_bucket_brigade *octets, apr_bucket_brigade *bb, apr_off_t most)
{
    apr_bucket *end;
    apr_status_t rv = apr_brigade_partition(octets, most, &end);

    if (rv != APR_SUCCESS && rv != APR_INCOMPLETE) {
        return rv;
    }
    while (APR_BRIGADE_FIRST(octets) != end) {
        apr_bucket *each = APR_BRIGADE_FIRST(octets);

        APR_BUCKET_REMOVE(each);
        APR_BRIGADE_INSERT_TAIL(bb, each);
    }
    return APR_SUCCESS;
}

/* Copies octets. The filters below add the next ones, if they have arrived. */
static apr_status_t bytes_copy(ap_filter_t *next, apr_bucket_brigade *octets,
                               apr_bucket_brigade *bb, apr_off_t most)
{
    apr_bucket *end, *copy;
    apr_off_t len;
    apr_status_t rv = apr_brigade_partition(octets, most, &end);

    if (rv != APR_SUCCESS && rv != APR_INCOMPLETE) {
        return rv;
    }
    for (apr_bucket *each = APR_BRIGADE_FIRST(octets); each != end; each = APR_BUCKET_NEXT(each)) {
        rv = apr_bucket_copy(each, &copy);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        APR_BRIGADE_INSERT_TAIL(bb, copy);
    }
    rv = apr_brigade_length(bb, 1, &len);
    if (rv == APR_SUCCESS && len < most) {
        ap_get_brigade(next, bb, AP_MODE_SPECULATIVE, APR_NONBLOCK_READ, most - len);
    }
    return rv;
}

static bool is_line(apr_bucket_brigade *bb)
{
    const char *text;
    apr_size_t len;

    return apr_bucket_read(APR_BRIGADE_LAST(bb), &text, &len, APR_BLOCK_READ) == APR_SUCCESS &&
           len > 0 && text[len - 1] == APR_ASCII_LF;
}

/*
 * At the end of a bucket, APR splits off an empty one, which would not be a line. An error of the
 * filters below will occur again in the next read.
 */
static apr_status_t line_move(ap_filter_t *next, apr_bucket_brigade *octets, apr_bucket_brigade *bb,
                              apr_read_type_e block, apr_off_t readbytes)
{
    apr_status_t rv = apr_brigade_split_line(bb, octets, APR_NONBLOCK_READ, HUGE_STRING_LEN);

    if (!APR_BRIGADE_EMPTY(octets) && APR_BRIGADE_FIRST(octets)->length == 0) {
        apr_bucket_delete(APR_BRIGADE_FIRST(octets));
    }
    if (rv == APR_SUCCESS && !is_line(bb)) {
        ap_get_brigade(next, bb, AP_MODE_GETLINE, block, readbytes);
    }
    return rv;
}

apr_status_t cc_pushback_read(ap_filter_t *next, apr_bucket_brigade *octets, apr_bucket_brigade *bb,
                              ap_input_mode_t mode, apr_read_type_e block, apr_off_t readbytes)
{
    switch (mode) {
    case AP_MODE_READBYTES:
        return bytes_move(octets, bb, readbytes);
    case AP_MODE_SPECULATIVE:
        return bytes_copy(next, octets, bb, readbytes);
    case AP_MODE_GETLINE:
        return line_move(next, octets, bb, block, readbytes);
    default:
        APR_BRIGADE_CONCAT(bb, octets);
        return APR_SUCCESS;
    }
}
