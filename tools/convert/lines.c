/* SPDX-License-Identifier: Apache-2.0 */
/* Splits the input of a conversion into lines. */
#include <string.h>

#include <apr_strings.h>

#include "convert/internal.h"

/* NULL if the text is usable (cc_text_unusable) but for tabs, otherwise the reason. */
static const char *line_unusable(const char *text, apr_pool_t *p)
{
    char *copy = apr_pstrdup(p, text);

    for (char *c = copy; *c; c++) {
        *c = *c == '\t' ? ' ' : *c;
    }
    return cc_text_unusable(copy, strlen(copy));
}

/* Without the spaces around it. */
static char *line_trim(char *line, size_t len)
{
    while (len > 0 && strchr(" \t\r", line[len - 1])) {
        len--;
    }
    line[len] = '\0';
    return line + strspn(line, " \t");
}

static void line_take(cc_convert_t *convert, int number, char *line, cc_convert_line_fn *each,
                      void *baton)
{
    const char *unusable = NULL;

    if (*line == '\0' || *line == '#') {
        return;
    }
    if (strlen(line) > CC_CONVERT_LINE_MAX) {
        cc_convert_leave(convert, number, line, "the line is longer than 8192 bytes");
    } else if ((unusable = line_unusable(line, convert->pool))) {
        cc_convert_leave(convert, number, line, unusable);
    } else {
        each(convert, number, line, baton);
    }
}

void cc_convert_lines(cc_convert_t *convert, const char *text, cc_convert_line_fn *each,
                      void *baton)
{
    for (int number = 1; *text; number++) {
        size_t len = strcspn(text, "\n");
        char *line = apr_pstrmemdup(convert->pool, text, len);

        line_take(convert, number, line_trim(line, len), each, baton);
        text += len + (text[len] == '\n');
    }
}
