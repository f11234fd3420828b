/* SPDX-License-Identifier: Apache-2.0 */
/* Splits a line of configuration into words, and quotes words, by httpd's rules. */
#ifndef CC_WORDS_H
#define CC_WORDS_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "base/error.h"

/**
 * Splits a line of configuration at its spaces into words (of const char *, in `p`). A word, or a
 * part of one, may be enclosed in "..." or '...'; inside, \\ is a backslash and \" the quote,
 * outside \\ is a backslash; any other backslash stands for itself (as in httpd). CC0210: a quote
 * that is not closed.
 */
apr_status_t cc_words_split(apr_array_header_t **words, const char *text, apr_pool_t *p,
                            cc_error_t *err);

/**
 * A word in double quotes that cc_words_split reads back as `text`. httpd substitutes its variables
 * before a line is read and cannot escape ${ itself, so ${ is written in two quoted parts of one
 * word.
 */
const char *cc_word_quote(const char *text, apr_pool_t *p);

#endif
