/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the conversions share. */
#ifndef CC_CONVERT_INTERNAL_H
#define CC_CONVERT_INTERNAL_H

#include "convert/convert.h"

#define CC_CONVERT_LINE_MAX 8192 /* octets of one line or word of the input */

/* ---- output.c ---- */

/* Appends a line to the output. The arguments must be safe for a terminal. */
void cc_convert_put(cc_convert_t *convert, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A text of the input for a comment: as it is, or escaped and cut if it is long or not usable. */
const char *cc_convert_shown(const char *text, apr_pool_t *p);

/* A text with the letters A to Z in lower case, as |lower gives it. */
const char *cc_convert_lower(const char *text, apr_pool_t *p);

/* Notes that an entry was left out, with the reason, and appends a comment. CC0550. */
void cc_convert_leave(cc_convert_t *convert, int line, const char *text, const char *reason);

/*
 * Appends a row of a table: its key, and a column with this one value; NULL: no column. Both must
 * be usable text.
 */
void cc_convert_put_row(cc_convert_t *convert, const char *key, const char *value);

/*
 * Appends `ClientCertMap` with the issuer and this text, if the parser accepts it. Returns NULL, or
 * why the parser refuses it; then nothing is appended.
 */
const char *cc_convert_put_rule(cc_convert_t *convert, int line, const char *text);

/* NULL, or why a value of a map cannot be a user: it is not usable, or a flag such as 0 or deny. */
const char *cc_convert_value_fault(const char *value);

/* "user=..." as a word of a rule that gives exactly this name. */
const char *cc_convert_user(const char *name, apr_pool_t *p);

/*
 * The number of the earlier line with this name; 0 if this line is the first, which is then
 * remembered.
 */
int cc_convert_earlier(cc_convert_t *convert, const char *name, int line);

/* Nothing in the input is of this kind: fills convert->err. CC0554. */
apr_status_t cc_convert_nothing(cc_convert_t *convert, const char *what);

/* ---- lines.c ---- */

/*
 * Calls `each` for every line of the text without the spaces around it, which is usable text except
 * for tabs. Empty lines and lines that begin with # are skipped; lines that are too long or not
 * usable are left out.
 */
typedef void cc_convert_line_fn(cc_convert_t *convert, int line, char *text, void *baton);
void cc_convert_lines(cc_convert_t *convert, const char *text, cc_convert_line_fn *each,
                      void *baton);

/* ---- slash_form.c ---- */

/* cc_value_oneline or cc_value_legacy. */
typedef cc_value_t cc_slash_form_fn(const cc_value_t *name, apr_pool_t *p);

/*
 * Reads a subject in a slash form (/C=DE/O=Example/CN=alice), and sets *form to the text that
 * `write` gives for a certificate with this subject. Returns NULL, or the reason why no certificate
 * can have such a text.
 */
const char *cc_slash_form_read(const char **form, const char *text, cc_slash_form_fn *write,
                               apr_pool_t *p);

/* ---- pattern.c ---- */

/* A pattern that matches exactly this text. */
const char *cc_pattern_of_text(const char *text, apr_pool_t *p);

/*
 * A pattern that matches a whole value if and only if `pattern` matches somewhere in it. NULL: this
 * cannot be done with such a pattern, for the *reason.
 */
const char *cc_pattern_anywhere(const char *pattern, const char **reason, apr_pool_t *p);

/*
 * A pattern that matches a text in lower case if and only if `pattern` matches it regardless of the
 * case of A to Z; NULL: this cannot be done. `(?i)` would match other letters too, such as the
 * Kelvin sign.
 */
const char *cc_pattern_lower(const char *pattern, apr_pool_t *p);

/* True if the pattern certainly does not match an empty text; false: it may. */
bool cc_pattern_needs_text(const char *pattern);

/* ---- one file each ---- */

cc_convert_fn cc_convert_fakebasicauth;
cc_convert_fn cc_convert_gridmap;
cc_convert_fn cc_convert_haproxy_str;
cc_convert_fn cc_convert_haproxy_beg;
cc_convert_fn cc_convert_haproxy_reg;
cc_convert_fn cc_convert_nginx;
cc_convert_fn cc_convert_sslrequire;

#endif
