/* SPDX-License-Identifier: Apache-2.0 */
/* Checks whether untrusted text may be used for decisions, and escapes it for one line. */
#ifndef CC_TEXT_H
#define CC_TEXT_H

#include <apr_pools.h>

/**
 * NULL if these octets are UTF-8 (RFC 3629) without NUL, C0, DEL, C1, line and paragraph
 * separators, bidirectional controls and noncharacters; otherwise a literal with the reason. Any
 * thread may call.
 */
const char *cc_text_unusable(const char *text, apr_size_t len);

/**
 * The octets as printable UTF-8 for one line of a log or a terminal: everything that
 * cc_text_unusable refuses becomes \xHH; quotes and backslashes become \" and \\. Nothing is cut.
 * Allocated in `p`.
 */
const char *cc_text_escape(const char *text, apr_size_t len, apr_pool_t *p);

/**
 * A sentence that quotes texts from outside, printable on one line: everything that
 * cc_text_unusable refuses becomes \xHH, and the rest stays. `text` itself if all of it is usable;
 * else in `p`.
 */
const char *cc_text_printable(const char *text, apr_pool_t *p);

/** The length of an excerpt, in octets of its escaped form. */
#define CC_EXCERPT_MAX 256

/**
 * The same for a log or a page, which no certificate must be able to fill. A text whose escaped
 * form is longer than CC_EXCERPT_MAX is cut at a whole character, and followed by its length, as in
 * "aaaa... (102400 octets)". In `p`.
 */
const char *cc_text_excerpt(const char *text, apr_size_t len, apr_pool_t *p);

#endif
