/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the files of a directory, except those that are hidden or not finished. */
#ifndef CC_DIRECTORY_H
#define CC_DIRECTORY_H

#include <stdbool.h>

#include <apr_errno.h>
#include <apr_pools.h>
#include <apr_tables.h>

/** True for the name of a hidden or unfinished file: it begins with ".", or ends with ~ or .tmp. */
bool cc_directory_ignores(const char *name);

/**
 * Adds the names of the entries of a directory (const char *, in `p`) that are not ignored. The
 * whole array is sorted, so that of several links to a file the same one is always first. Errors
 * are those of the system; names may have been added before one. Any thread, with a pool of its
 * own.
 */
apr_status_t cc_directory_names(apr_array_header_t *names, const char *path, apr_pool_t *p);

#endif
