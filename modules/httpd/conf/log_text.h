/* SPDX-License-Identifier: Apache-2.0 */
/* Texts from outside, for a line of httpd's log. */
#ifndef CC_CONF_LOG_TEXT_H
#define CC_CONF_LOG_TEXT_H

#include <apr_pools.h>

/**
 * A text for a line of httpd's log, cut off where it is too long; in `p`. The first takes what
 * cc_text_escape gave, the second any text. Any thread.
 */
const char *cc_log_text(const char *text, apr_pool_t *p);
const char *cc_log_escaped(const char *text, apr_pool_t *p);

/* ---- what those two and the fields of a line (log/line.h) are made of ---------------------- */

/** How many octets of the log a text may take at most, as cc_log_text cuts it. */
#define CC_LOG_TEXT_LONGEST 1024

/** The text as far as `max` octets of the log hold it; "..." stands for the rest. */
const char *cc_log_text_cut(const char *text, apr_size_t max, apr_pool_t *p);

/** What cc_text_escape gave, safe between quotes; a bare quote becomes `quote`. */
const char *cc_log_text_requote(const char *text, char quote, apr_pool_t *p);

/**
 * A word that stands without quotes: a blank in it would end it, and what follows would be a field.
 */
const char *cc_log_text_word(const char *text, apr_pool_t *p);

#endif
