/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the handlers clientcert-status, -metrics and -ledger, and reads SetHandler. */
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/handlers.h"
#include "httpd/metrics/handler.h"
#include "httpd/request/cache.h"
#include "httpd/request/failure.h"
#include "httpd/request/state.h"
#include "httpd/status/ledger.h"
#include "httpd/status/status.h"

/*
 * httpd does not record which directive set the handler of a request. So the module reads
 * SetHandler too, and records the handler that files of the administrator set.
 */
const char *cc_handlers_directive(cmd_parms *cmd, void *record, const char *args)
{
    bool is_htaccess = ap_check_cmd_context(cmd, NOT_IN_HTACCESS) != NULL;
    cc_dir_t *dir = record;

    dir->handler = CC_HANDLER_OTHER;
    if (strstr(args, "clientcert-metrics")) {
        if (is_htaccess) {
            return "CC0113: SetHandler clientcert-metrics is not for .htaccess: it shows the "
                   "metrics of the whole server";
        }
        dir->handler = CC_HANDLER_METRICS;
    } else if (strstr(args, "clientcert-ledger")) {
        if (is_htaccess) {
            return "CC0147: SetHandler clientcert-ledger is not for .htaccess: it shows the "
                   "certificates of other clients";
        }
        dir->handler = CC_HANDLER_LEDGER;
    } else if (strstr(args, "clientcert-status") && !is_htaccess) {
        dir->handler = CC_HANDLER_STATUS;
    }
    return NULL;
}

/*
 * mod_headers evaluates the expressions of RequestHeader after the last fixup of this module. If
 * such an expression failed, the request ends here: a back end must not be reached without the
 * header.
 */
int cc_handlers_run(request_rec *r)
{
    bool is_page;

    if (cc_use_ignores(r)) {
        return DECLINED;
    }
    is_page = cc_handler_is(r, "clientcert-status");
    if (cc_failure_ends(r, is_page)) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    cc_cache_guard(r);
    if (is_page) {
        return cc_status_serve(r);
    }
    if (cc_handler_is(r, "clientcert-ledger")) {
        return cc_status_ledger_serve(r);
    }
    return cc_handler_is(r, "clientcert-metrics") ? cc_metrics_serve(r) : DECLINED;
}
