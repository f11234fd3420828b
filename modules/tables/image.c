/* SPDX-License-Identifier: Apache-2.0 */
/* Makes and reads images, which carry the rows of a file from one process to others. */
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
 * The parent process of httpd reads a changed file once, and makes an image: the data that lookups
 * need, in a file without a name that exists only in memory. It passes the open file to the other
 * processes, which map it, so that they share one copy. An image belongs to one state of the file,
 * and contains the stamp of that state.
 *
 * Data that only root may read stays inside httpd: scripts of the server run as the children's
 * user, and could open any file that the children can open. An image is not accepted if the
 * children's user could have written it, or if it could still change.
 */

#define PIECE (1024 * 1024) /* octets written between two checks of `stop` */

static const char magic[8] = "ccmap\2\n";

typedef struct {
    char magic[sizeof(magic)];
    apr_uint64_t key;
    apr_uint64_t stamp[5];
    apr_uint64_t columns;
    apr_uint64_t good; /* 0: the file is bad, and there are no rows */
} image_head_t;

static image_head_t head_of(const cc_held_t *held, apr_uint64_t key)
{
    const cc_file_stamp_t *stamp = &held->stamp;
    image_head_t head = {
        .key = key, .columns = (apr_uint64_t)held->columns, .good = held->map != NULL};

    memcpy(head.magic, magic, sizeof(magic));
    head.stamp[0] = (apr_uint64_t)stamp->modified;
    head.stamp[1] = (apr_uint64_t)stamp->changed;
    head.stamp[2] = (apr_uint64_t)stamp->size;
    head.stamp[3] = (apr_uint64_t)stamp->inode;
    head.stamp[4] = (apr_uint64_t)stamp->device;
    return head;
}

apr_uint64_t cc_image_key(const cc_table_spec_t *spec, const char *path, apr_pool_t *p)
{
    const char *text = apr_psprintf(p, "%d%d%d%d%d%d %s", spec->gridmap, spec->issuer, spec->valid,
                                    spec->nocase, spec->octets, spec->columns, path);
    apr_uint64_t key = 14695981039346656037u; /* FNV-1a */

    for (; *text; text++) {
        key = (key ^ (unsigned char)*text) * 1099511628211u;
    }
    return key;
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

static apr_status_t image_fill(int image, apr_uint64_t key, const cc_held_t *held,
                               const atomic_bool *stop, apr_pool_t *p)
{
    image_head_t head = head_of(held, key);
    cc_key_t parts[3] = {{NULL, 0}};
    apr_status_t status;

    if (held->map) {
        cc_map_image_parts(parts, held->map, p);
    }
    status = octets_write(image, &head, sizeof(head), stop);
    for (int i = 0; i < 3 && status == APR_SUCCESS; i++) {
        status = octets_write(image, parts[i].at, parts[i].len, stop);
    }
    return status;
}

#ifdef F_ADD_SEALS

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

static int image_create(void)
{
    return memfd_create("clientcert-table", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/* Prevents any further writes, and opening it by another path. */
static bool image_seal(int image)
{
    return fchmod(image, 0400) == 0 && fcntl(image, F_ADD_SEALS, SEALS | F_SEAL_SEAL) == 0;
}

static bool is_sealed(int image)
{
    int seals = fcntl(image, F_GET_SEALS);

    return seals >= 0 && (seals & SEALS) == SEALS;
}

#else

static int image_create(void)
{
    errno = ENOSYS;
    return -1;
}

static bool image_seal(int image)
{
    (void)image;
    return false;
}

static bool is_sealed(int image)
{
    (void)image;
    return false;
}

#endif

apr_status_t cc_image_make(int *image, apr_uint64_t key, const cc_held_t *held,
                           const atomic_bool *stop, apr_pool_t *p)
{
    int made = image_create();
    apr_status_t status;

    if (made < 0) {
        return errno == ENOSYS ? APR_ENOTIMPL : APR_FROM_OS_ERROR(errno);
    }
    status = image_fill(made, key, held, stop, p);
    if (status == APR_SUCCESS && !image_seal(made)) {
        status = APR_FROM_OS_ERROR(errno);
    }
    if (status != APR_SUCCESS) {
        close(made);
        return status;
    }
    *image = made;
    return APR_SUCCESS;
}

/* ---- taking ---------------------------------------------------------------------------------- */

/* True if the owner of the sharing made the image, and it cannot have been changed. */
static bool may_be_trusted(int image, const struct stat *info, uid_t owner)
{
    return S_ISREG(info->st_mode) && info->st_uid == owner &&
           (info->st_mode & (S_IWGRP | S_IWOTH)) == 0 && is_sealed(image);
}

apr_status_t cc_image_take(cc_held_t *held, apr_uint64_t key, int image, uid_t owner)
{
    image_head_t wanted = head_of(held, key);
    apr_size_t len;
    struct stat info;
    image_head_t *head;

    if (fstat(image, &info) != 0 || !may_be_trusted(image, &info, owner) ||
        info.st_size < (off_t)sizeof(image_head_t)) {
        return APR_EACCES;
    }
    len = (apr_size_t)info.st_size;
    /*
     * Private, since some systems treat a shared mapping as an attempt to write. The pages are
     * shared.
     */
    head = mmap(NULL, len, PROT_READ, MAP_PRIVATE, image, 0);
    if (head == MAP_FAILED) {
        return APR_FROM_OS_ERROR(errno);
    }
    if (memcmp(head, &wanted, offsetof(image_head_t, good)) != 0) {
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
