/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers clientcert-status and clientcert-metrics, and SetHandler, which names them. */
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/handlers.h"
#include "httpd/metrics/handler.h"
#include "httpd/request/cache.h"
#include "httpd/request/failure.h"
#include "httpd/request/state.h"
#include "httpd/status/status.h"

/*
 * httpd does not keep what set the handler of a request. So we take part in its own directive, and
 * note what that says in files that only the administrator writes.
 */
const char *cc_handlers_directive(cmd_parms *cmd, void *record, const char *args)
{
    bool is_htaccess = ap_check_cmd_context(cmd, NOT_IN_HTACCESS) != NULL;
    cc_dir_t *dir = record;

    dir->handler = CC_HANDLER_OTHER;
    if (strstr(args, "clientcert-metrics")) {
        if (is_htaccess) {
            return "CC0113: SetHandler clientcert-metrics is not for .htaccess: it shows the "
                   "numbers of the whole server";
        }
        dir->handler = CC_HANDLER_METRICS;
    } else if (strstr(args, "clientcert-status") && !is_htaccess) {
        dir->handler = CC_HANDLER_STATUS;
    }
    return NULL;
}

/*
 * mod_headers asks for what RequestHeader says behind our last fixup. What would be reached without
 * that header could do what it is to keep from.
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
    return cc_handler_is(r, "clientcert-metrics") ? cc_metrics_serve(r) : DECLINED;
}
