/* SPDX-License-Identifier: Apache-2.0 */
/* Splits a list of values at its commas, except those in the escapes \, and \\. */
#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "tables/table.h"

static bool is_escape(const char *at)
{
    return at[0] == '\\' && (at[1] == ',' || at[1] == '\\');
}

const char *cc_column_read(cc_column_t *column, const char *text, apr_pool_t *p)
{
    apr_array_header_t *values = apr_array_make(p, 4, sizeof(const char *));
    char *to = apr_palloc(p, strlen(text) + 1);
    const char *wrong = NULL;

    column->count = 0;
    if (!*text) {
        return NULL;
    }
    APR_ARRAY_PUSH(values, const char *) = to;
    for (; *text; text++) {
        if (is_escape(text)) {
            *to++ = *++text;
        } else if (*text == ',') {
            *to++ = '\0';
            APR_ARRAY_PUSH(values, const char *) = to;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
    for (int i = 0; i < values->nelts; i++) {
        if (!*APR_ARRAY_IDX(values, i, const char *)) {
            wrong = "a value of the list is empty; put a backslash before a comma that is part of "
                    "a value";
        }
    }
    column->count = values->nelts;
    column->values = (const char *const *)values->elts;
    return wrong;
}

const char *cc_column_whole(cc_column_t *column, const char *text, apr_pool_t *p)
{
    const char **value = apr_palloc(p, sizeof(*value));

    *value = apr_pstrdup(p, text);
    column->count = *text ? 1 : 0;
    column->values = value;
    return NULL;
}
