/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the files of CRLs: those that the directive names, and those in folders that it names. */
#include <string.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/directory.h"
#include "crl/internal.h"
#include "crl/kept.h"

/* The state of a scan. */
typedef struct {
    cc_crls_t *crls;
    apr_hash_t *by_path; /* -> cc_crl_file_t * */
    apr_hash_t *seen;    /* inode and device: links to one file are one file */
} scan_t;

/* Identifies a file. Without padding, since it is a key. */
typedef struct {
    apr_uint64_t inode;
    apr_uint64_t device;
} identity_t;

static void refuse(const scan_t *scan, cc_crl_source_t *source, apr_status_t status)
{
    char reason[120];

    if (source->reported) {
        return;
    }
    source->reported = true;
    cc_error_set(&source->refusal, scan->crls->scratch, "CC0406", source->path,
                 "this file or directory cannot be read: %s",
                 status == EINVAL ? "it is neither a file nor a directory"
                                  : apr_strerror(status, reason, sizeof(reason)));
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Each file has its own pool, since files in folders come and go. */
cc_crl_file_t *cc_crl_file_create(cc_crls_t *crls, const char *path)
{
    apr_pool_t *pool = NULL;
    cc_crl_file_t *file = NULL;

    apr_pool_create_unmanaged_ex(&pool, NULL, NULL);
    file = apr_pcalloc(pool, sizeof(*file));
    file->pool = pool;
    file->path = apr_pstrdup(pool, path);
    APR_ARRAY_PUSH(crls->files, cc_crl_file_t *) = file;
    return file;
}

static void file_mark(const scan_t *scan, const cc_crl_source_t *source, const char *path,
                      const cc_file_stamp_t *stamp)
{
    cc_crl_file_t *file = apr_hash_get(scan->by_path, path, APR_HASH_KEY_STRING);

    if (!file) {
        file = cc_crl_file_create(scan->crls, path);
        apr_hash_set(scan->by_path, file->path, APR_HASH_KEY_STRING, file);
    }
    file->source = source;
    file->present = true;
    file->stamp = *stamp;
}

/* The same, unless it is a link to a file that is marked already. */
static void file_mark_once(const scan_t *scan, const cc_crl_source_t *source, const char *path,
                           const apr_finfo_t *info)
{
    identity_t *identity = apr_pcalloc(scan->crls->scratch, sizeof(*identity));
    cc_file_stamp_t stamp = cc_file_stamp_of(info);

    identity->inode = (apr_uint64_t)info->inode;
    identity->device = (apr_uint64_t)info->device;
    if (!apr_hash_get(scan->seen, identity, sizeof(*identity))) {
        apr_hash_set(scan->seen, identity, sizeof(*identity), identity);
        file_mark(scan, source, path, &stamp);
    }
}

/* ---- folders --------------------------------------------------------------------------------- */

/*
 * A link may lead to a place that this process cannot reach. Such a file is not a removed one. It
 * has no stamp, and reading it gives the error.
 */
static void name_scan(const scan_t *scan, const cc_crl_source_t *source, const char *path)
{
    static const cc_file_stamp_t none = {.size = 0};
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, CC_FILE_STAMP_WANTED, scan->crls->scratch);

    if (status == APR_SUCCESS && info.filetype == APR_REG) {
        file_mark_once(scan, source, path, &info);
    } else if (status != APR_SUCCESS && !APR_STATUS_IS_ENOENT(status)) {
        file_mark(scan, source, path, &none);
    }
}

static apr_status_t folder_scan(const scan_t *scan, const cc_crl_source_t *source)
{
    apr_pool_t *p = scan->crls->scratch;
    apr_array_header_t *names = apr_array_make(p, 16, sizeof(const char *));
    apr_status_t status = cc_directory_names(names, source->path, p);

    for (int i = 0; status == APR_SUCCESS && i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);

        name_scan(scan, source, apr_pstrcat(p, source->path, "/", name, NULL));
    }
    return status;
}

/* ---- sources --------------------------------------------------------------------------------- */

/* Files that cannot be read are not treated as removed. */
static void files_keep(const scan_t *scan, const cc_crl_source_t *source)
{
    for (int i = 0; i < scan->crls->files->nelts; i++) {
        cc_crl_file_t *file = APR_ARRAY_IDX(scan->crls->files, i, cc_crl_file_t *);

        if (file->source == source) {
            file->present = true;
        }
    }
}

static void source_scan(const scan_t *scan, cc_crl_source_t *source)
{
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, source->path, CC_FILE_STAMP_WANTED, scan->crls->scratch);
    bool gone = APR_STATUS_IS_ENOENT(status) && !source->folder;

    if (status == APR_SUCCESS && info.filetype == APR_DIR) {
        source->folder = true;
        status = folder_scan(scan, source);
    } else if (status == APR_SUCCESS && info.filetype == APR_REG) {
        source->folder = false;
        file_mark_once(scan, source, source->path, &info);
    } else if (status == APR_SUCCESS) {
        status = EINVAL;
    }
    if (status == APR_SUCCESS) {
        scan->crls->changed = scan->crls->changed || source->unread;
        source->reported = source->unread = false;
        return;
    }
    refuse(scan, source, status);
    if (!gone || source->unread) {
        files_keep(scan, source);
    }
}

void cc_crls_scan(cc_crls_t *crls)
{
    scan_t scan = {crls, apr_hash_make(crls->scratch), apr_hash_make(crls->scratch)};

    for (int i = 0; i < crls->files->nelts; i++) {
        cc_crl_file_t *file = APR_ARRAY_IDX(crls->files, i, cc_crl_file_t *);

        file->present = false;
        apr_hash_set(scan.by_path, file->path, APR_HASH_KEY_STRING, file);
    }
    for (int i = 0; i < crls->sources->nelts; i++) {
        source_scan(&scan, &APR_ARRAY_IDX(crls->sources, i, cc_crl_source_t));
    }
}
