/* SPDX-License-Identifier: Apache-2.0 */
/* Splits a line of configuration into words, and quotes words, by httpd's rules. */

#include <stdbool.h>
#include <string.h>

#include <apr_lib.h>

#include "base/words.h"

static const char *blanks_skip(const char *text)
{
    while (apr_isspace(*text)) {
        text++;
    }
    return text;
}

/* Copies one word without its quotes and advances both; false if a quote is not closed. */
static bool word_copy(const char **text, char **out)
{
    const char *in = *text;
    char *to = *out;
    char quote = '\0';

    for (; *in && (quote || !apr_isspace(*in)); in++) {
        if (*in == '\\' && (in[1] == '\\' || (quote && in[1] == quote))) {
            *to++ = *++in;
        } else if (quote && *in == quote) {
            quote = '\0';
        } else if (!quote && (*in == '"' || *in == '\'')) {
            quote = *in;
        } else {
            *to++ = *in;
        }
    }
    *to++ = '\0';
    *text = in;
    *out = to;
    return quote == '\0';
}

apr_status_t cc_words_split(apr_array_header_t **words, const char *text, apr_pool_t *p,
                            cc_error_t *err)
{
    /* A word with its NUL is never longer than its source with the space that ends it. */
    char *out = apr_palloc(p, strlen(text) + 1);

    *words = apr_array_make(p, 8, sizeof(const char *));
    for (text = blanks_skip(text); *text; text = blanks_skip(text)) {
        const char *start = text;

        APR_ARRAY_PUSH(*words, const char *) = out;
        if (!word_copy(&text, &out)) {
            return cc_error_set(err, p, "CC0210", start,
                                "the quote is not closed; close it, and put a backslash before a "
                                "quote that is part of the text");
        }
    }
    return APR_SUCCESS;
}

/* A backslash stands for itself, but not before another one, a quote or the end. */
static bool needs_backslash(const char *c)
{
    return *c == '"' || (*c == '\\' && (c[1] == '\\' || c[1] == '"' || c[1] == '\0'));
}

const char *cc_word_quote(const char *text, apr_pool_t *p)
{
    char *word = apr_palloc(p, 3 * strlen(text) + 3);
    char *to = word;

    *to++ = '"';
    for (const char *c = text; *c; c++) {
        if (needs_backslash(c)) {
            *to++ = '\\';
        }
        *to++ = *c;
        if (*c == '$' && c[1] == '{') {
            *to++ = '"';
            *to++ = '"';
        }
    }
    *to++ = '"';
    *to = '\0';
    return word;
}
