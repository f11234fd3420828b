/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the files of CAs: those that a directive names, and those in folders that it names. */
#include <string.h>

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/directory.h"
#include "ca/followed.h"

/* The state of a scan of one source. */
typedef struct {
    cc_cas_t *cas;
    cc_ca_source_t *source;
    apr_hash_t *by_path; /* -> cc_ca_file_t *: of this source */
    apr_hash_t *seen;    /* inode and device: links to one file are one file */
} ca_scan_t;

/* Identifies a file. Without padding, since it is a key. */
typedef struct {
    apr_uint64_t inode;
    apr_uint64_t device;
} file_identity_t;

/* ---- files ----------------------------------------------------------------------------------- */

/* Each file has its own pool, since files in folders come and go. */
static cc_ca_file_t *file_create(cc_cas_t *cas, cc_ca_source_t *source, const char *path)
{
    apr_pool_t *pool = NULL;
    cc_ca_file_t *file = NULL;

    apr_pool_create(&pool, cas->pool);
    file = apr_pcalloc(pool, sizeof(*file));
    file->pool = pool;
    file->source = source;
    file->path = apr_pstrdup(pool, path);
    cc_ca_file_count_from(cas, file);
    APR_ARRAY_PUSH(cas->files, cc_ca_file_t *) = file;
    return file;
}

cc_ca_file_t *cc_ca_file_of(cc_cas_t *cas, cc_ca_source_t *source, const char *path)
{
    for (int i = 0; i < cas->files->nelts; i++) {
        cc_ca_file_t *file = APR_ARRAY_IDX(cas->files, i, cc_ca_file_t *);

        if (file->source == source && strcmp(file->path, path) == 0) {
            return file;
        }
    }
    return file_create(cas, source, path);
}

static void file_mark(const ca_scan_t *scan, const char *path, const apr_finfo_t *info)
{
    file_identity_t *identity = apr_pcalloc(scan->cas->scratch, sizeof(*identity));
    cc_ca_file_t *file = NULL;

    identity->inode = (apr_uint64_t)info->inode;
    identity->device = (apr_uint64_t)info->device;
    if (apr_hash_get(scan->seen, identity, sizeof(*identity))) {
        return;
    }
    apr_hash_set(scan->seen, identity, sizeof(*identity), identity);
    file = apr_hash_get(scan->by_path, path, APR_HASH_KEY_STRING);
    if (!file) {
        file = file_create(scan->cas, scan->source, path);
    }
    file->present = true;
    file->gone = false;
    file->stamp = cc_file_stamp_of(info);
}

/* ---- folders --------------------------------------------------------------------------------- */

/* Times without fractions are from a clock that is too coarse. */
static apr_time_t changed_at(const char *path, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_MTIME, p);

    return status == APR_SUCCESS && apr_time_usec(info.mtime) ? info.mtime : 0;
}

static void name_take(const ca_scan_t *scan, const char *name)
{
    apr_pool_t *p = scan->cas->scratch;
    const char *path = apr_pstrcat(p, scan->source->path, "/", name, NULL);
    cc_ca_file_t *file = apr_hash_get(scan->by_path, path, APR_HASH_KEY_STRING);
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, CC_FILE_STAMP_WANTED, p);

    if (file) {
        file->listed = true;
    }
    if (status == APR_SUCCESS && info.filetype == APR_REG) {
        file_mark(scan, path, &info);
    } else if (file && status != APR_SUCCESS && !APR_STATUS_IS_ENOENT(status)) {
        file->present = true; /* it may well be there: it is refused, and its CAs stay */
        file->gone = false;
        file->stamp = (cc_file_stamp_t){.size = 0};
    }
}

static apr_status_t folder_scan(const ca_scan_t *scan)
{
    apr_pool_t *p = scan->cas->scratch;
    apr_array_header_t *names = apr_array_make(p, 16, sizeof(const char *));
    apr_status_t status = cc_directory_names(names, scan->source->path, p);

    scan->source->changed_at = changed_at(scan->source->path, p); /* after names were missed */
    for (int i = 0; status == APR_SUCCESS && i < names->nelts; i++) {
        name_take(scan, APR_ARRAY_IDX(names, i, const char *));
    }
    return status;
}

/* ---- sources --------------------------------------------------------------------------------- */

static void files_unmark(const ca_scan_t *scan)
{
    for (int i = 0; i < scan->cas->files->nelts; i++) {
        cc_ca_file_t *file = APR_ARRAY_IDX(scan->cas->files, i, cc_ca_file_t *);

        if (file->source == scan->source) {
            file->present = false;
            file->listed = false;
            apr_hash_set(scan->by_path, file->path, APR_HASH_KEY_STRING, file);
        }
    }
}

void cc_ca_source_scan(cc_cas_t *cas, cc_ca_source_t *source)
{
    ca_scan_t scan = {cas, source, apr_hash_make(cas->scratch), apr_hash_make(cas->scratch)};
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, source->path, CC_FILE_STAMP_WANTED, cas->scratch);

    source->problem.tag = NULL;
    files_unmark(&scan);
    if (status == APR_SUCCESS && info.filetype == APR_DIR) {
        source->folder = true;
        status = folder_scan(&scan);
    } else if (status == APR_SUCCESS && info.filetype == APR_REG) {
        source->folder = false;
        file_mark(&scan, source->path, &info);
    } else if (status == APR_SUCCESS) {
        status = EINVAL;
    }
    if (status != APR_SUCCESS) {
        cc_ca_unreadable(source->path, status,
                         status == EINVAL ? "it is neither a file nor a directory" : NULL,
                         cas->scratch, &source->problem);
    }
}
