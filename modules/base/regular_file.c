/* SPDX-License-Identifier: Apache-2.0 */
/* Opens files that may be anything, without ever waiting for one. */
#include "base/regular_file.h"

#include <apr_file_info.h>
#include <apr_strings.h>

static const char *kind_of(apr_filetype_e type)
{
    static const struct {
        apr_filetype_e type;
        const char *name;
    } kinds[] = {
        {APR_DIR, "a folder"}, {APR_PIPE, "a FIFO"},  {APR_SOCK, "a socket"},
        {APR_CHR, "a device"}, {APR_BLK, "a device"},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].type == type) {
            return kinds[i].name;
        }
    }
    return "something else";
}

static apr_status_t other_kind(apr_filetype_e type, const char **why, apr_pool_t *p)
{
    *why = apr_pstrcat(p, "it is ", kind_of(type), ", not a file", NULL);
    return APR_EINVAL;
}

static apr_status_t failed(apr_status_t status, const char **why, apr_pool_t *p)
{
    char reason[120];

    *why = apr_pstrdup(p, apr_strerror(status, reason, sizeof(reason)));
    return status;
}

/*
 * It is looked at before it is opened, since some devices act on that alone, and once more when it
 * is open, since it may be another one by then.
 */
apr_status_t cc_regular_open(apr_file_t **file, const char **why, const char *path, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_TYPE, p);

    if (status == APR_SUCCESS && info.filetype != APR_REG) {
        return other_kind(info.filetype, why, p);
    }
    if (status == APR_SUCCESS) {
        status = apr_file_open(file, path, APR_FOPEN_READ | APR_FOPEN_BINARY | APR_FOPEN_NONBLOCK,
                               APR_FPROT_OS_DEFAULT, p);
    }
    if (status != APR_SUCCESS) {
        return failed(status, why, p);
    }
    status = apr_file_info_get(&info, APR_FINFO_TYPE, *file);
    if (status == APR_SUCCESS && info.filetype == APR_REG) {
        return APR_SUCCESS;
    }
    apr_file_close(*file);
    return status == APR_SUCCESS ? other_kind(info.filetype, why, p) : failed(status, why, p);
}
