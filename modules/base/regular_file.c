/* SPDX-License-Identifier: Apache-2.0 */
/* Opens regular files only, since any other file could make the reader wait. */
#include "base/regular_file.h"

#include <apr_file_info.h>
#include <apr_strings.h>

static const char *kind_of(apr_filetype_e type)
{
    static const struct {
        apr_filetype_e type;
        const char *name;
    } kinds[] = {
        {APR_DIR, "a directory"}, {APR_PIPE, "a FIFO"},  {APR_SOCK, "a socket"},
        {APR_CHR, "a device"},    {APR_BLK, "a device"},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].type == type) {
            return kinds[i].name;
        }
    }
    return "something else";
}

static apr_status_t other_kind(apr_filetype_e type, const char **reason, apr_pool_t *p)
{
    *reason = apr_pstrcat(p, "it is ", kind_of(type), ", not a regular file", NULL);
    return APR_EINVAL;
}

static apr_status_t failed(apr_status_t status, const char **reason, apr_pool_t *p)
{
    char text[120];

    *reason = apr_pstrdup(p, apr_strerror(status, text, sizeof(text)));
    return status;
}

/*
 * The type is checked before the file is opened, since some devices act when they are opened, and
 * once more after that, since the path may lead to another file by then.
 */
apr_status_t cc_regular_file_open(apr_file_t **file, const char **reason, const char *path,
                                  apr_pool_t *p)
{
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_TYPE, p);

    if (status == APR_SUCCESS && info.filetype != APR_REG) {
        return other_kind(info.filetype, reason, p);
    }
    if (status == APR_SUCCESS) {
        status = apr_file_open(file, path, APR_FOPEN_READ | APR_FOPEN_BINARY | APR_FOPEN_NONBLOCK,
                               APR_FPROT_OS_DEFAULT, p);
    }
    if (status != APR_SUCCESS) {
        return failed(status, reason, p);
    }
    status = apr_file_info_get(&info, APR_FINFO_TYPE, *file);
    if (status == APR_SUCCESS && info.filetype == APR_REG) {
        return APR_SUCCESS;
    }
    apr_file_close(*file);
    return status == APR_SUCCESS ? other_kind(info.filetype, reason, p) : failed(status, reason, p);
}
