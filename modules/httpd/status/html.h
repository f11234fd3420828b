/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the values of a document as HTML elements; each text is escaped. */
#ifndef CC_STATUS_HTML_H
#define CC_STATUS_HTML_H

#include <stdbool.h>

#include <jansson.h>

#include "httpd/conf/module.h"

/** How a value is written. */
typedef enum {
    CC_HTML_TEXT,
    CC_HTML_CODE,
    CC_HTML_TIME /* ISO 8601 as a date for people */
} cc_html_form_t;

/** A row of a definition list: its label, its key in an object, and the form of its value. */
typedef struct cc_html_row_t {
    const char *label;
    const char *key; /* NULL: the end of an array of rows */
    cc_html_form_t form;
} cc_html_row_t;

/** True if an object has a value for this key that is neither null nor an empty list. */
bool cc_html_has(const json_t *object, const char *key);

/** The text of an object for this key; "" if it has none. */
const char *cc_html_text_of(const json_t *object, const char *key);

/** A text. */
void cc_html_text(request_rec *r, const char *text);

/** `<TAG>TEXT</TAG>`, or nothing without a text; `tag` may include attributes. */
void cc_html_element(request_rec *r, const char *tag, const char *text);

/** A label in a colour: that of something good, or of something wrong. */
void cc_html_tag(request_rec *r, bool good, const char *text);

/** A link. Without a URL, its text alone. */
void cc_html_link(request_rec *r, const char *url, const char *text);

/** One value: a text, or an object with a name or a note and its rule. */
void cc_html_single(request_rec *r, const json_t *value, cc_html_form_t form);

/** " by RULE" if the object has this key. */
void cc_html_rule(request_rec *r, const json_t *object, const char *key);

/** `<dt>` and `<dd>` of one value or of a list of values. */
void cc_html_term(request_rec *r, const char *label, const json_t *value, cc_html_form_t form);

/** The same for those rows for which an object has a value; and with their `<dl>`. */
void cc_html_terms(request_rec *r, const json_t *object, const cc_html_row_t *rows);
void cc_html_rows(request_rec *r, const json_t *object, const cc_html_row_t *rows);

#endif
