/* SPDX-License-Identifier: Apache-2.0 */
/* Folds the case of Unicode text, and prepares the text of names for comparison (RFC 4518). */
#ifndef CC_FOLD_H
#define CC_FOLD_H

#include <stdbool.h>

#include <apr_pools.h>

/* Every `text` here is usable (cc_text_unusable), and need not be NUL-terminated. */

/** True if the text is ASCII. */
bool cc_fold_is_ascii(const char *text, apr_size_t len);

/** More combining marks in a row than this are no text (UAX #15, Stream-Safe Text Format). */
#define CC_FOLD_MARKS_MAX 30

/**
 * The form by which two values of an attribute are compared (RFC 5280 7.1): the string preparation
 * of RFC 4518 with the folding of case and the handling of insignificant spaces. Two values are
 * equal if and only if their forms are. The form is decomposed (NFKD), has no space at its ends,
 * and one for each run of spaces. Characters that RFC 4518 2.4 prohibits remain as they are: to
 * find them equal to themselves alone is safe. *prepared lives as long as `p`. Returns NULL, or a
 * literal: the reason why there is no such form. Takes time and space in proportion to `len`.
 */
const char *cc_fold_prepare(const char **prepared, apr_size_t *prepared_len, const char *text,
                            apr_size_t len, apr_pool_t *p);

/**
 * The text in lower or upper case, by the mapping of single characters of Unicode (simple case
 * mapping: the sharp s remains one letter, and a sigma at the end is like any other). No character
 * beyond ASCII becomes ASCII: the Kelvin sign, whose lower case is `k`, and the three other
 * characters of this kind are unchanged. NUL-terminated, lives as long as `p`.
 */
const char *cc_fold_lower(const char *text, apr_size_t len, apr_size_t *folded_len, apr_pool_t *p);
const char *cc_fold_upper(const char *text, apr_size_t len, apr_size_t *folded_len, apr_pool_t *p);

/** True if cc_fold_lower leaves the text as it is. Any octets are allowed. */
bool cc_fold_is_lower(const char *text, apr_size_t len);

#endif
