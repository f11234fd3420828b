/* SPDX-License-Identifier: Apache-2.0 */
/* The page of clientcert-status, in HTML. */
#ifndef CC_STATUS_PAGE_H
#define CC_STATUS_PAGE_H

#include <stdbool.h>

#include <jansson.h>

#include "httpd/conf/module.h"

/** Sends a document (cc_status_document) as HTML. `links`: with links to its other forms. */
void cc_page_write(request_rec *r, const json_t *document, bool links);

#endif
