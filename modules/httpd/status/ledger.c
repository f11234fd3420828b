/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the handler clientcert-ledger: the certificates that no rule of a host maps. */
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/metrics/quota.h"
#include "httpd/request/cache.h"
#include "httpd/status/ledger.h"
#include "httpd/status/reply.h"

static __attribute__((noinline)) int ledger_put(request_rec *r)
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

/* A ledger is for administrators, so no directive of a .htaccess file can enable it. */
int cc_status_ledger_serve(request_rec *r)
{
    if (cc_dir_of(r)->handler == CC_HANDLER_LEDGER) {
        return ledger_put(r);
    }
    if (cc_quota_lets(r->server, CC_QUOTA_LEDGER)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "CC0148: clientcert-ledger is refused here: only SetHandler in the "
                      "configuration of the server can enable it");
    }
    return HTTP_FORBIDDEN;
}
