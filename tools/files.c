/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the certificates that a command line names: files, and the files of directories. */
#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "tool.h"

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Follows links. A path that is neither a file nor a directory is reported later. */
static bool is_folder(const char *path, apr_pool_t *p)
{
    apr_finfo_t info;

    return apr_stat(&info, path, APR_FINFO_TYPE, p) == APR_SUCCESS && info.filetype == APR_DIR;
}

static void entries_read(apr_array_header_t *paths, apr_dir_t *dir, const char *folder,
                         apr_pool_t *p)
{
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    apr_pool_t *scratch;
    apr_finfo_t info;

    apr_pool_create(&scratch, p);
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        const char *path = apr_pstrcat(p, folder, slash, info.name, NULL);

        if (*info.name != '.' && !is_folder(path, scratch)) {
            APR_ARRAY_PUSH(paths, const char *) = path;
        }
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
}

static apr_status_t folder_read(apr_array_header_t *paths, const char *folder, cc_tool_t *tool)
{
    int before = paths->nelts;
    apr_dir_t *dir;
    apr_status_t status = apr_dir_open(&dir, folder, tool->pool);
    char reason[120];

    if (status != APR_SUCCESS) {
        return cc_error_set(&tool->err, tool->pool, "CC0541", folder,
                            "the directory cannot be read: %s",
                            apr_strerror(status, reason, sizeof(reason)));
    }
    entries_read(paths, dir, folder, tool->pool);
    apr_dir_close(dir);
    if (paths->nelts == before) {
        return cc_error_set(&tool->err, tool->pool, "CC0541", folder,
                            "the directory contains no file; subdirectories, and files whose names "
                            "begin with a dot, are ignored");
    }
    qsort(paths->elts + before * paths->elt_size, (size_t)(paths->nelts - before),
          sizeof(const char *), by_name);
    return APR_SUCCESS;
}

const char *cc_files_path(const char *word)
{
    return strcmp(word, "-") ? word : NULL;
}

apr_status_t cc_files_list(apr_array_header_t **paths, bool *one, cc_tool_t *tool)
{
    const apr_array_header_t *files = tool->options.words;

    *paths = apr_array_make(tool->pool, 16, sizeof(const char *));
    *one = files->nelts == 1;
    for (int i = 0; i < files->nelts; i++) {
        const char *path = APR_ARRAY_IDX(files, i, const char *);

        if (!cc_files_path(path) || !is_folder(path, tool->pool)) {
            APR_ARRAY_PUSH(*paths, const char *) = path;
        } else if (folder_read(*paths, path, tool) == APR_SUCCESS) {
            *one = false;
        } else {
            return APR_EINVAL;
        }
    }
    return APR_SUCCESS;
}
