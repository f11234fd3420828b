/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the page of clientcert-status in HTML. */
#ifndef CC_STATUS_PAGE_H
#define CC_STATUS_PAGE_H

#include <stdbool.h>

#include <jansson.h>

#include "httpd/conf/module.h"

/**
 * Sends a document (cc_status_document) as HTML. `links`: adds links to the other forms of the
 * page.
 */
void cc_page_write(request_rec *r, const json_t *document, bool links);

/**
 * The beginning of a page, up to the content of its <header>, and the end, after its last section.
 */
void cc_page_begin(request_rec *r, const char *title);
void cc_page_end(request_rec *r);

#endif
