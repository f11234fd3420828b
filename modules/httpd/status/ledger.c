/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the handler clientcert-ledger: the certificates that no rule of a host maps. */
#include "httpd/conf/module.h"
#include "httpd/request/cache.h"
#include "httpd/status/ledger.h"
#include "httpd/status/ledger_document.h"
#include "httpd/status/reply.h"

int cc_status_ledger_serve(request_rec *r)
{
    int begun = cc_reply_begin(r);
    json_t *document = begun == OK ? cc_ledger_document(r) : NULL;

    if (begun != OK || !document) {
        return begun != OK ? begun : HTTP_NOT_FOUND;
    }
    cc_cache_personal(r);
    cc_reply_put(r, document, cc_ledger_page);
    json_decref(document);
    return OK;
}
