/* SPDX-License-Identifier: Apache-2.0 */
/* Answers a GET in HTML or JSON, as the client prefers, for the handlers with pages. */
#ifndef CC_STATUS_REPLY_H
#define CC_STATUS_REPLY_H

#include <stdbool.h>

#include <jansson.h>

#include "httpd/conf/module.h"

/** Writes a document as HTML. `links`: adds links to the other forms of the page. */
typedef void cc_reply_page_fn(request_rec *r, const json_t *document, bool links);

/** Discards the body of a GET or HEAD. OK; otherwise what the handler returns. */
int cc_reply_begin(request_rec *r);

/** The value of a parameter in the query string; NULL: there is no parameter of this name. */
const char *cc_reply_argument(request_rec *r, const char *name);

/**
 * Sends a document as JSON, or as HTML by `page`, by ?format= or Accept; with headers that keep it
 * out of caches and allow the page nothing but its own style.
 */
void cc_reply_put(request_rec *r, const json_t *document, cc_reply_page_fn *page);

#endif
