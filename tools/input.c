/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a text of limited size from a file or from standard input. */
#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/regular_file.h"
#include "tool.h"

#define INPUT_MAX (16 * 1024 * 1024) /* octets */

static apr_status_t unreadable(const char *path, const char *reason, cc_tool_t *tool)
{
    return cc_error_set(&tool->err, tool->pool, "CC0553", path, "the input cannot be read: %s",
                        reason);
}

static apr_status_t file_open(apr_file_t **file, const char *path, cc_tool_t *tool)
{
    const char *reason = NULL;
    char text[120];
    apr_status_t status = APR_SUCCESS;

    if (strcmp(path, "-") == 0) {
        status = apr_file_open_stdin(file, tool->pool);
        reason = apr_strerror(status, text, sizeof(text));
    } else {
        status = cc_regular_file_open(file, &reason, path, tool->pool);
    }
    return status == APR_SUCCESS ? APR_SUCCESS : unreadable(path, reason, tool);
}

apr_status_t cc_input_read(const char **text, const char *path, cc_tool_t *tool)
{
    apr_file_t *file = NULL;
    char *octets = NULL;
    apr_size_t len = 0;
    char reason[120];
    apr_status_t status = APR_SUCCESS;

    if (file_open(&file, path, tool) != APR_SUCCESS) {
        return APR_EINVAL;
    }
    octets = apr_palloc(tool->pool, INPUT_MAX + 2);
    status = apr_file_read_full(file, octets, INPUT_MAX + 1, &len);
    apr_file_close(file);
    if (status != APR_SUCCESS && !APR_STATUS_IS_EOF(status)) {
        return unreadable(path, apr_strerror(status, reason, sizeof(reason)), tool);
    }
    if (len > INPUT_MAX) {
        return unreadable(path, "it is larger than 16 MiB", tool);
    }
    octets[len] = '\0';
    if (strlen(octets) != len) {
        return unreadable(path, "it is not a text: it contains a NUL", tool);
    }
    *text = octets;
    return APR_SUCCESS;
}
