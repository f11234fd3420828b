/* SPDX-License-Identifier: Apache-2.0 */
/* Makes external texts safe for a line of httpd's log. */
#ifndef CC_CONF_LOG_TEXT_H
#define CC_CONF_LOG_TEXT_H

#include <apr_pools.h>

/**
 * A text for a line of httpd's log, in `p`; a long text is cut off. The first function takes the
 * result of cc_text_escape, the second any text. Any thread.
 */
const char *cc_log_text(const char *text, apr_pool_t *p);
const char *cc_log_escaped(const char *text, apr_pool_t *p);

/* ---- the parts of these two, also for the fields of a line (log/line.h) -------------------- */

/** The limit of cc_log_text, in octets of the log. */
#define CC_LOG_TEXT_LONGEST 1024

/** Cuts a text to `max` octets of the log; "..." replaces the rest. */
const char *cc_log_text_cut(const char *text, apr_size_t max, apr_pool_t *p);

/** Makes a result of cc_text_escape safe between quotes; a bare quote becomes `quote`. */
const char *cc_log_text_requote(const char *text, char quote, apr_pool_t *p);

/**
 * Makes a text safe as a word without quotes: a space would end the word and begin another field.
 */
const char *cc_log_text_word(const char *text, apr_pool_t *p);

#endif
