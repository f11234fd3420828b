/* SPDX-License-Identifier: Apache-2.0 */
/* Names a place in the configuration as "FILE:LINE", and shortens such a name. */
#include <string.h>

#include <apr_strings.h>

#include "httpd/conf/where.h"

const char *cc_where_text(const char *file, int line, apr_pool_t *p)
{
    return apr_psprintf(p, "%s:%d", file, line);
}

/* The last component of a path that ends at `end`. */
static const char *name_of(const char *path, const char *end)
{
    while (end > path && end[-1] != '/') {
        end--;
    }
    return end;
}

/*
 * The sentence of mod_macro has paths in quotes; the sentence of a nested macro contains another
 * sentence.
 */
static const char *macro_short(const char *where, apr_pool_t *p)
{
    char *text = apr_palloc(p, strlen(where) + 1);
    char *to = text;

    while (*where) {
        if (where[0] == '"' && where[1] == '/') {
            const char *path = where + 1;

            *to++ = '"';
            where = name_of(path, path + strcspn(path, "\""));
        } else {
            *to++ = *where++;
        }
    }
    *to = '\0';
    return text;
}

const char *cc_where_short(const char *where, apr_pool_t *p)
{
    return strncmp(where, "macro '", 7) == 0 ? macro_short(where, p)
                                             : name_of(where, where + strlen(where));
}
