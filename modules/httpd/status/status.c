/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the handler clientcert-status, which answers a GET in HTML or JSON. */
#include "httpd/conf/module.h"
#include "httpd/request/cache.h"
#include "httpd/status/document.h"
#include "httpd/status/page.h"
#include "httpd/status/reply.h"
#include "httpd/status/status.h"

const char *cc_status_missing(void)
{
    return NULL;
}

int cc_status_serve(request_rec *r)
{
    int begun = cc_reply_begin(r);

    if (begun != OK) {
        return begun;
    }
    cc_cache_personal(r);
    cc_reply_put(r, cc_status_document(r, cc_reply_argument(r, "trace") != NULL), cc_page_write);
    return OK;
}
