/* SPDX-License-Identifier: Apache-2.0 */
/* Fills error structs, and formats an error as one line. */
#include "base/error.h"

#include <stdarg.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"

apr_status_t cc_error_set(cc_error_t *err, apr_pool_t *p, const char *tag, const char *word,
                          const char *fmt, ...)
{
    if (err) {
        va_list args;
        va_start(args, fmt);
        err->tag = tag;
        err->word = word ? apr_pstrdup(p, word) : NULL;
        err->message = cc_text_printable(apr_pvsprintf(p, fmt, args), p);
        va_end(args);
    }
    return APR_EINVAL;
}

const char *cc_error_text(const cc_error_t *err, apr_pool_t *p)
{
    const char *word = err->word ? cc_text_escape(err->word, strlen(err->word), p) : NULL;

    return apr_pstrcat(p, err->tag, ": ", err->where ? err->where : "", err->where ? ": " : "",
                       word ? "\"" : "", word ? word : "", word ? "\": " : "", err->message, NULL);
}
