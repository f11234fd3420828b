/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the files of a directory, except those that are hidden or not finished. */
#include "base/directory.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

static bool ends_with(const char *name, const char *end)
{
    apr_size_t len = strlen(name);

    return len >= strlen(end) && strcmp(name + len - strlen(end), end) == 0;
}

bool cc_directory_ignores(const char *name)
{
    return *name == '.' || ends_with(name, "~") || ends_with(name, ".tmp");
}

static int text_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

apr_status_t cc_directory_names(apr_array_header_t *names, const char *path, apr_pool_t *p)
{
    apr_dir_t *dir = NULL;
    apr_finfo_t info;
    apr_status_t status = apr_dir_open(&dir, path, p);

    if (status != APR_SUCCESS) {
        return status;
    }
    status = apr_dir_read(&info, APR_FINFO_NAME, dir);
    while (status == APR_SUCCESS || status == APR_INCOMPLETE) {
        if (!cc_directory_ignores(info.name)) {
            APR_ARRAY_PUSH(names, const char *) = apr_pstrdup(p, info.name);
        }
        status = apr_dir_read(&info, APR_FINFO_NAME, dir);
    }
    apr_dir_close(dir);
    if (names->nelts > 0) {
        qsort(names->elts, (size_t)names->nelts, sizeof(const char *), text_compare);
    }
    return APR_STATUS_IS_ENOENT(status) ? APR_SUCCESS : status;
}
