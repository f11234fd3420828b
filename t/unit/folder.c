/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a folder for the files of a test, and removes it. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include <apr_strings.h>

#include "folder.h"

char *folder_make(const char *name, apr_pool_t *p)
{
    char *path = apr_pstrcat(p, "/tmp/", name, ".XXXXXX", NULL);

    if (!mkdtemp(path))
        abort();
    return path;
}

static int file_remove(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

void folder_remove(const char *path)
{
    nftw(path, file_remove, 8, FTW_DEPTH | FTW_PHYS);
}
