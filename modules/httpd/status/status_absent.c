/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses the handlers of the pages in a build without Jansson, which holds their documents. */
#include "httpd/conf/module.h"
#include "httpd/metrics/quota.h"
#include "httpd/status/ledger.h"
#include "httpd/status/status.h"

#define ABSENT "this mod_clientcert was built without Jansson"

const char *cc_status_missing(void)
{
    return "CC0290: " ABSENT ", so it has no handlers clientcert-status and clientcert-ledger; "
           "install one that has it, or remove this SetHandler";
}

/* AddHandler, or another module, chose the handler: only then is a request needed to see it. */
static int refuse(request_rec *r)
{
    if (cc_quota_lets(r->server, CC_QUOTA_NO_PAGE)) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "CC0291: 501: " ABSENT ", so it has no handler %s; remove the directive "
                      "that chose it",
                      r->handler);
    }
    return HTTP_NOT_IMPLEMENTED;
}

int cc_status_serve(request_rec *r)
{
    return refuse(r);
}

int cc_status_ledger_serve(request_rec *r)
{
    return refuse(r);
}
