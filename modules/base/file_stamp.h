/* SPDX-License-Identifier: Apache-2.0 */
/* File stamps: tell whether a file has changed, and whether it may still be changing. */
#ifndef CC_FILE_STAMP_H
#define CC_FILE_STAMP_H

#include <stdbool.h>

#include <apr_file_info.h>

/** What tells one state of a file from another; all 0 where there is no file. */
typedef struct cc_file_stamp_t {
    apr_time_t modified;
    apr_time_t changed; /* ctime: nobody can set it back */
    apr_off_t size;
    apr_ino_t inode;
    apr_dev_t device;
} cc_file_stamp_t;

/** What apr_stat and apr_file_info_get are to be asked for. */
#define CC_FILE_STAMP_WANTED                                                                       \
    (APR_FINFO_MTIME | APR_FINFO_CTIME | APR_FINFO_SIZE | APR_FINFO_IDENT | APR_FINFO_TYPE)

/** The stamp in `info`, which was filled with CC_FILE_STAMP_WANTED. */
cc_file_stamp_t cc_file_stamp_of(const apr_finfo_t *info);

/** The stamp of the file as it is now; `p` is scratch. Any thread, with a pool of its own. */
cc_file_stamp_t cc_file_stamp_take(const char *path, apr_pool_t *p);

/** True if the file has not changed between the two, as far as stamps can tell. */
bool cc_file_stamp_same(const cc_file_stamp_t *a, const cc_file_stamp_t *b);

/** All of it in one number. */
apr_uint64_t cc_file_stamp_digest(const cc_file_stamp_t *stamp);

/**
 * True while the clock of the file system is too coarse to tell the next change from this one: what
 * is read now may be half of what is being written. `now` was taken before the stamp.
 */
bool cc_file_stamp_fresh(const cc_file_stamp_t *stamp, apr_time_t now);

/**
 * True while the file is fresh, or was written within the last half second and not renamed since.
 * For files of which a half looks like a whole.
 */
bool cc_file_stamp_settling(const cc_file_stamp_t *stamp, apr_time_t now);

#endif
