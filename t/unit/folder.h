/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a folder for the files of a test, and removes it. */
#ifndef FOLDER_H
#define FOLDER_H

#include <apr_pools.h>

/** Makes an empty folder for this process; returns its path in `p`: /tmp/NAME.XXXXXX. */
char *folder_make(const char *name, apr_pool_t *p);

/** Removes a folder and its content. */
void folder_remove(const char *path);

#endif
