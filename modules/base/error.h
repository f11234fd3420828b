/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the error struct of all components, which is filled where an error is found. */
#ifndef CC_ERROR_H
#define CC_ERROR_H

#include <apr_errno.h>
#include <apr_pools.h>

/**
 * One error. All text is allocated in the pool that was passed to cc_error_set (tags are literals)
 * and lives as long as that pool.
 */
typedef struct cc_error_t {
    const char *tag;     /* "CC0201": stable, explained in doc/messages.md */
    const char *where;   /* "conf/site.conf:12", or NULL where there is no place */
    const char *word;    /* the word at fault, or NULL */
    const char *message; /* what is wrong, and what would be legal */
} cc_error_t;

/**
 * Fills *err (which may be NULL: then nothing is filled) and returns APR_EINVAL, so that a function
 * can end with "return cc_error_set(...)". `where` is not changed. `word` is copied; it may be
 * NULL. Texts from outside in the message are made printable (cc_text_printable). Any thread may
 * call, each with its own pool.
 */
apr_status_t cc_error_set(cc_error_t *err, apr_pool_t *p, const char *tag, const char *word,
                          const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/**
 * The error as one line: CC0201: conf/site.conf:12: "sna.email": no such field; ...
 * The word is escaped (cc_text_escape rules), so the line is safe for a log or a terminal.
 */
const char *cc_error_text(const cc_error_t *err, apr_pool_t *p);

#endif
