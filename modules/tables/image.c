/* SPDX-License-Identifier: Apache-2.0 */
/* Hands the rows of a file from the process that read them to others, as a file of their own. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "tables/internal.h"

/*
 * The parent of httpd's processes reads a file that has changed, once, and writes what lookups need
 * (an image) to a folder where it alone may write. The others map it: they have one copy in memory
 * together. An image belongs to one state of the file, whose stamp stands in it. Nobody waits for
 * an image for ever, and nobody takes one that its own user could have written.
 */

#define PIECE (1024 * 1024) /* so much is written between two looks at `stop` */

static const char magic[8] = "ccmap\1\n";

typedef struct {
    char magic[sizeof(magic)];
    apr_uint64_t stamp[5];
    apr_uint64_t columns;
    apr_uint64_t good; /* 0: the file is bad, and there are no rows */
} head_t;

static head_t head_of(const cc_held_t *held)
{
    const cc_stamp_t *stamp = &held->stamp;
    head_t head = {.columns = (apr_uint64_t)held->columns, .good = held->map != NULL};

    memcpy(head.magic, magic, sizeof(magic));
    head.stamp[0] = (apr_uint64_t)stamp->modified;
    head.stamp[1] = (apr_uint64_t)stamp->changed;
    head.stamp[2] = (apr_uint64_t)stamp->size;
    head.stamp[3] = (apr_uint64_t)stamp->inode;
    head.stamp[4] = (apr_uint64_t)stamp->device;
    return head;
}

const char *cc_image_path(const cc_table_spec_t *spec, const char *path, apr_pool_t *p)
{
    const char *key = apr_psprintf(p, "%d%d%d %s", spec->nocase, spec->octets, spec->columns, path);
    apr_uint64_t print = 14695981039346656037u; /* FNV-1a */

    for (; *key; key++) {
        print = (print ^ (unsigned char)*key) * 1099511628211u;
    }
    return apr_psprintf(p, "%s%016" APR_UINT64_T_HEX_FMT, spec->sharing->prefix, print);
}

/* ---- writing --------------------------------------------------------------------------------- */

static apr_status_t octets_write(int fd, const void *octets, apr_size_t len,
                                 const atomic_bool *stop)
{
    const char *at = octets;

    while (len > 0) {
        ssize_t written = write(fd, at, len < PIECE ? len : PIECE);

        if (written < 0 && errno != EINTR) {
            return APR_FROM_OS_ERROR(errno);
        }
        if (atomic_load(stop)) {
            return APR_EINTR;
        }
        at += written > 0 ? written : 0;
        len -= written > 0 ? (apr_size_t)written : 0;
    }
    return APR_SUCCESS;
}

/* For the group of the others alone. Without the right to give it to them they are of our user. */
static apr_status_t image_fill(int fd, const cc_held_t *held, const cc_sharing_t *sharing,
                               const atomic_bool *stop, apr_pool_t *p)
{
    head_t head = head_of(held);
    cc_key_t parts[3] = {{NULL, 0}};
    apr_status_t status;

    if (fchown(fd, (uid_t)-1, sharing->group) == 0 && fchmod(fd, 0440) != 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    if (held->map) {
        cc_map_image_parts(parts, held->map, p);
    }
    status = octets_write(fd, &head, sizeof(head), stop);
    for (int i = 0; i < 3 && status == APR_SUCCESS; i++) {
        status = octets_write(fd, parts[i].at, parts[i].len, stop);
    }
    return status;
}

apr_status_t cc_image_write(const char *path, const cc_held_t *held, const cc_sharing_t *sharing,
                            const atomic_bool *stop, apr_pool_t *p)
{
    const char *fresh = apr_pstrcat(p, path, ".new", NULL);
    apr_status_t status;
    int fd;

    unlink(fresh);
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    if (fd < 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    status = image_fill(fd, held, sharing, stop, p);
    close(fd);
    if (status == APR_SUCCESS && rename(fresh, path) != 0) {
        status = APR_FROM_OS_ERROR(errno);
    }
    if (status != APR_SUCCESS) {
        unlink(fresh);
    }
    return status;
}

/* ---- taking ---------------------------------------------------------------------------------- */

/* Of the one who writes images, and nobody else could have changed it. */
static bool may_be_trusted(const struct stat *info, const cc_sharing_t *sharing)
{
    return S_ISREG(info->st_mode) && info->st_uid == sharing->owner &&
           (info->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* The map of an open image of this state of the file. */
static apr_status_t image_take(cc_held_t *held, int fd, const cc_sharing_t *sharing)
{
    head_t wanted = head_of(held);
    apr_size_t len;
    struct stat info;
    head_t *head;

    if (fstat(fd, &info) != 0 || !may_be_trusted(&info, sharing) ||
        info.st_size < (off_t)sizeof(head_t)) {
        return APR_EACCES;
    }
    len = (apr_size_t)info.st_size;
    head = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
    if (head == MAP_FAILED) {
        return APR_FROM_OS_ERROR(errno);
    }
    if (memcmp(head, &wanted, offsetof(head_t, good)) != 0) {
        munmap(head, len);
        return APR_ENOENT; /* of another state */
    }
    held->map = head->good ? cc_map_image_take(head, len, sizeof(*head)) : NULL;
    if (!held->map) {
        munmap(head, len);
        return APR_EGENERAL;
    }
    return APR_SUCCESS;
}

apr_status_t cc_image_take(cc_held_t *held, const char *path, const cc_sharing_t *sharing)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    apr_status_t status;

    if (fd < 0) {
        return APR_FROM_OS_ERROR(errno);
    }
    status = image_take(held, fd, sharing);
    close(fd);
    return status;
}
