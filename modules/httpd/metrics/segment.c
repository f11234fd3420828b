/* SPDX-License-Identifier: Apache-2.0 */
/* Allocates memory that the parent and all its children share. */
#include <apr_shm.h>

#include "httpd/metrics/segment.h"

/* The system gives new memory of this kind as zeros, and takes it page by page, when it is used. */
void *cc_segment_make(const server_rec *s, apr_size_t size, apr_pool_t *p)
{
    apr_shm_t *segment;
    apr_status_t rv = apr_shm_create(&segment, size, NULL, p);

    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_EMERG, rv, s,
                     "CC0160: cannot create %" APR_SIZE_T_FMT
                     " bytes of shared memory for the metrics",
                     size);
        return NULL;
    }
    return apr_shm_baseaddr_get(segment);
}
