/* SPDX-License-Identifier: Apache-2.0 */
/* Opens regular files only, since any other file could make the reader wait. */
#ifndef CC_REGULAR_FILE_H
#define CC_REGULAR_FILE_H

#include <apr_file_io.h>

/**
 * Opens a file for reading if it is a regular one, or a link to one. Anything else is not opened: a
 * FIFO waits for a writer, and a device may do anything. Then the status is APR_EINVAL, and *reason
 * says what it is: "it is a FIFO, not a regular file". For other errors *reason is the system's.
 * *reason lives as long as `p`, *file until it is closed, or as long as `p`. Any thread may call,
 * with a pool of its own.
 */
apr_status_t cc_regular_file_open(apr_file_t **file, const char **reason, const char *path,
                                  apr_pool_t *p);

#endif
