/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how to see that a file is another one than before. */
#ifndef CC_STAMP_H
#define CC_STAMP_H

#include <stdbool.h>

#include <apr_file_info.h>

/** What tells one state of a file from another; all 0 where it is not there. */
typedef struct cc_stamp_t {
    apr_time_t modified;
    apr_time_t changed; /* ctime: nobody can set it back */
    apr_off_t size;
    apr_ino_t inode;
    apr_dev_t device;
} cc_stamp_t;

/** What apr_stat and apr_file_info_get are to be asked for. */
#define CC_STAMP_WANTED                                                                            \
    (APR_FINFO_MTIME | APR_FINFO_CTIME | APR_FINFO_SIZE | APR_FINFO_IDENT | APR_FINFO_TYPE)

cc_stamp_t cc_stamp_of(const apr_finfo_t *info);
cc_stamp_t cc_stamp_take(const char *path, apr_pool_t *p);
bool cc_stamp_same(const cc_stamp_t *a, const cc_stamp_t *b);

/** All of it in one number. */
apr_uint64_t cc_stamp_print(const cc_stamp_t *stamp);

/**
 * True while the clock of the file system is too coarse to tell the next change from this one: what
 * is read now may be half of what is being written.
 */
bool cc_stamp_fresh(const cc_stamp_t *stamp, apr_time_t now);

/**
 * True while the file is fresh, or was written within the last half second and not renamed since.
 * For files of which a half looks like a whole.
 */
bool cc_stamp_settling(const cc_stamp_t *stamp, apr_time_t now);

#endif
