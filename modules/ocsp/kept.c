/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the files of issuer= and signer=, as last accepted, across restarts. */
/*
 * Meanwhile httpd unloads this module and OpenSSL and may load other versions, so only octets are
 * kept here.
 */
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "ocsp/internal.h"

/* A file, as last accepted. */
typedef struct {
    apr_pool_t *pool;
    const char *path;
    const char *content; /* ends with a NUL */
    apr_size_t len;
    apr_time_t since;
    bool used; /* since the last sweep */
} kept_signer_t;

struct cc_ocsp_kept_t {
    apr_pool_t *pool;
    apr_hash_t *files; /* path -> kept_signer_t * */
};

cc_ocsp_kept_t *cc_ocsp_kept_create(apr_pool_t *p)
{
    cc_ocsp_kept_t *kept = apr_palloc(p, sizeof(*kept));

    *kept = (cc_ocsp_kept_t){p, apr_hash_make(p)};
    return kept;
}

static kept_signer_t *file_find(const cc_ocsp_files_t *files, const char *path)
{
    kept_signer_t *file =
        files->kept ? apr_hash_get(files->kept->files, path, APR_HASH_KEY_STRING) : NULL;

    if (file) {
        file->used = true;
    }
    return file;
}

static void file_remove(cc_ocsp_kept_t *kept, kept_signer_t *file)
{
    apr_hash_set(kept->files, file->path, APR_HASH_KEY_STRING, NULL);
    apr_pool_destroy(file->pool);
}

const char *cc_ocsp_kept_get(apr_size_t *len, apr_time_t *since, const cc_ocsp_files_t *files,
                             const char *path)
{
    const kept_signer_t *file = file_find(files, path);

    *since = file ? file->since : 0;
    *len = file ? file->len : 0;
    return file ? file->content : NULL;
}

void cc_ocsp_kept_put(const cc_ocsp_files_t *files, const char *path, const char *content,
                      apr_size_t len)
{
    cc_ocsp_kept_t *kept = files->kept;
    kept_signer_t *file = file_find(files, path);
    apr_pool_t *pool = NULL;

    if (!kept || (file && file->len == len && memcmp(file->content, content, len) == 0)) {
        return;
    }
    if (file) {
        file_remove(kept, file);
    }
    apr_pool_create(&pool, kept->pool);
    file = apr_palloc(pool, sizeof(*file));
    *file = (kept_signer_t){.pool = pool, .len = len, .since = apr_time_now(), .used = true};
    file->path = apr_pstrdup(pool, path);
    file->content = apr_pstrmemdup(pool, content, len);
    apr_hash_set(kept->files, file->path, APR_HASH_KEY_STRING, file);
}

void cc_ocsp_kept_sweep(cc_ocsp_kept_t *kept)
{
    for (apr_hash_index_t *i = apr_hash_first(NULL, kept->files); i; i = apr_hash_next(i)) {
        kept_signer_t *file = apr_hash_this_val(i);

        if (!file->used) {
            file_remove(kept, file); /* removing the current one is allowed */
        } else {
            file->used = false;
        }
    }
}
