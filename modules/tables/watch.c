/* SPDX-License-Identifier: Apache-2.0 */
/* Knows where the file of a source is. */
#include <apr_file_info.h>

#include "tables/internal.h"

const char *cc_source_path(const cc_table_spec_t *spec, const char *path, apr_pool_t *p)
{
    char *merged = NULL;

    if (apr_filepath_merge(&merged, spec->root, path, 0, p) != APR_SUCCESS) {
        return path;
    }
    return merged;
}
