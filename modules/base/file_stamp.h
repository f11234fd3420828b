/* SPDX-License-Identifier: Apache-2.0 */
/* Takes and compares file stamps, which show that a file has changed or may still be changing. */
#ifndef CC_FILE_STAMP_H
#define CC_FILE_STAMP_H

#include <stdbool.h>

#include <apr_file_info.h>

/** Distinguishes one state of a file from another; all 0 if there is no file. */
typedef struct cc_file_stamp_t {
    apr_time_t modified;
    apr_time_t changed; /* ctime: cannot be set back */
    apr_off_t size;
    apr_ino_t inode;
    apr_dev_t device;
} cc_file_stamp_t;

/** The fields of apr_finfo_t that a stamp needs: for apr_stat and apr_file_info_get. */
#define CC_FILE_STAMP_WANTED                                                                       \
    (APR_FINFO_MTIME | APR_FINFO_CTIME | APR_FINFO_SIZE | APR_FINFO_IDENT | APR_FINFO_TYPE)

/** The stamp in `info`, which was filled with CC_FILE_STAMP_WANTED. */
cc_file_stamp_t cc_file_stamp_of(const apr_finfo_t *info);

/** The stamp of the file as it is now; `p` is scratch. Any thread, with a pool of its own. */
cc_file_stamp_t cc_file_stamp_take(const char *path, apr_pool_t *p);

/** True if the file has not changed between the two, as far as stamps can tell. */
bool cc_file_stamp_same(const cc_file_stamp_t *a, const cc_file_stamp_t *b);

/** The whole stamp as one number. */
apr_uint64_t cc_file_stamp_digest(const cc_file_stamp_t *stamp);

/**
 * True while the clock of the file system is too coarse to distinguish the next change from this
 * one: content that is read now may be half written. `now` must be taken before the stamp.
 */
bool cc_file_stamp_fresh(const cc_file_stamp_t *stamp, apr_time_t now);

/**
 * True while the file is fresh, or was written within the last half second and not renamed since.
 * For files whose first half looks like a complete file.
 */
bool cc_file_stamp_settling(const cc_file_stamp_t *stamp, apr_time_t now);

#endif
