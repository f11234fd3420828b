/* SPDX-License-Identifier: Apache-2.0 */
/* Takes and compares file stamps, which show that a file has changed or may still be changing. */
#include "base/file_stamp.h"

#include <apr_file_info.h>

/* Clocks of file systems tick every 4 or 10 ms, or, without fractions, every second or two. */
#define TICK apr_time_from_msec(50)
#define SLOW_TICK apr_time_from_sec(2)
#define QUIET apr_time_from_msec(500)

cc_file_stamp_t cc_file_stamp_of(const apr_finfo_t *info)
{
    cc_file_stamp_t stamp = {info->mtime, info->ctime, info->size, info->inode, info->device};

    return stamp;
}

cc_file_stamp_t cc_file_stamp_take(const char *path, apr_pool_t *p)
{
    static const cc_file_stamp_t none = {0, 0, 0, 0, 0};
    apr_finfo_t info;

    return apr_stat(&info, path, CC_FILE_STAMP_WANTED, p) == APR_SUCCESS ? cc_file_stamp_of(&info)
                                                                         : none;
}

bool cc_file_stamp_same(const cc_file_stamp_t *a, const cc_file_stamp_t *b)
{
    return a->modified == b->modified && a->changed == b->changed && a->size == b->size &&
           a->inode == b->inode && a->device == b->device;
}

bool cc_file_stamp_fresh(const cc_file_stamp_t *stamp, apr_time_t now)
{
    apr_interval_time_t tick = apr_time_usec(stamp->changed) ? TICK : SLOW_TICK;
    apr_interval_time_t age = now - stamp->changed;

    /*
     * On a busy machine the file may change after `now` was read and before its stamp is taken: it
     * is then younger than `now`. A clock that was set back does not keep a file fresh for long.
     */
    return age < tick && age > -SLOW_TICK;
}

/*
 * A write in place sets the times of the file when it begins. On a busy machine the writer may be
 * suspended halfway, and the stamp does not change when it continues. A rename sets only the ctime;
 * content that was written long before is complete.
 */
bool cc_file_stamp_settling(const cc_file_stamp_t *stamp, apr_time_t now)
{
    apr_interval_time_t age = now - stamp->changed;
    apr_interval_time_t since_written = stamp->changed - stamp->modified;
    bool written_last = since_written < TICK && since_written > -TICK;

    return cc_file_stamp_fresh(stamp, now) || (written_last && age < QUIET && age > -SLOW_TICK);
}

apr_uint64_t cc_file_stamp_digest(const cc_file_stamp_t *stamp)
{
    const apr_uint64_t parts[] = {(apr_uint64_t)stamp->modified, (apr_uint64_t)stamp->changed,
                                  (apr_uint64_t)stamp->size, (apr_uint64_t)stamp->inode,
                                  (apr_uint64_t)stamp->device};
    apr_uint64_t digest = 14695981039346656037u; /* FNV-1a, a word at a time */

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        digest = (digest ^ parts[i]) * 1099511628211u;
    }
    return digest;
}
