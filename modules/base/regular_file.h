/* SPDX-License-Identifier: Apache-2.0 */
/* Opens files that may be anything, without ever waiting for one. */
#ifndef CC_REGULAR_H
#define CC_REGULAR_H

#include <apr_file_io.h>

/**
 * Opens a file for reading if it is a regular one, or a link to one. Anything else is not read: a
 * FIFO waits for somebody who writes, and a device does what it likes. Then the status is
 * APR_EINVAL, and *why says what it is: "it is a FIFO, not a file"; for other errors it is the
 * system's reason. *why lives as long as `p`, *file until it is closed, or as long as `p`. Any
 * thread may call, with a pool of its own.
 */
apr_status_t cc_regular_open(apr_file_t **file, const char **why, const char *path, apr_pool_t *p);

#endif
