/* SPDX-License-Identifier: Apache-2.0 */
/* Names a place in the configuration as "FILE:LINE", also within macros. */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "httpd/conf/where.h"

/*
 * For a directive in a macro, mod_macro gives a sentence in place of the name of the file. If
 * macros are nested, there is a sentence in place of FILE:
 *
 *   macro 'NAME' (defined on line 65 of "FILE") used on line 89 of "FILE"
 */
#define MACRO "macro '"
#define USED " used on line "

/* The next use of a macro in the sentence that is not within the place of a definition. */
static const char *use_next(const char *text)
{
    int depth = 0;

    for (; *text; text++) {
        if (*text == '(') {
            depth++;
        } else if (*text == ')') {
            depth--;
        } else if (depth == 0 && !strncmp(text, USED, strlen(USED))) {
            return text + strlen(USED);
        }
    }
    return NULL;
}

/* From `LINE of "FILE"`: the name of the file; NULL: it is another macro. */
static const char *file_of(const char *use, apr_pool_t *p)
{
    const char *quote = strchr(use, '"');

    return quote && strncmp(quote + 1, MACRO, strlen(MACRO)) != 0
               ? apr_pstrndup(p, quote + 1, strcspn(quote + 1, "\""))
               : NULL;
}

/* "FILE:LINE" of the outermost use, then the line in each macro, from the outermost one on. */
static const char *macro_text(const char *sentence, int line, apr_pool_t *p)
{
    const char *lines = apr_itoa(p, line), *file = NULL;

    for (const char *use = use_next(sentence); use && !file; use = use_next(use)) {
        lines = apr_psprintf(p, "%d:%s", atoi(use), lines);
        file = file_of(use, p);
    }
    return apr_pstrcat(p, file ? file : sentence, ":", lines, NULL);
}

const char *cc_where_text(const char *file, int line, apr_pool_t *p)
{
    return strncmp(file, MACRO, strlen(MACRO)) == 0 ? macro_text(file, line, p)
                                                    : apr_psprintf(p, "%s:%d", file, line);
}
