/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the handlers clientcert-status, -metrics and -ledger, and reads SetHandler. */
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/conf/use.h"
#include "httpd/handlers.h"
#include "httpd/metrics/handler.h"
#include "httpd/metrics/quota.h"
#include "httpd/request/cache.h"
#include "httpd/request/failure.h"
#include "httpd/request/state.h"
#include "httpd/status/ledger.h"
#include "httpd/status/status.h"

/*
 * A handler whose document is about the whole server, or about other clients. It is for
 * administrators, so no directive of a .htaccess file can enable it.
 */
typedef struct admin_handler_t {
    const char *name;
    int handler;                  /* of cc_handler_t */
    const char *not_for_htaccess; /* the error of SetHandler there */
    const char *refusal;          /* the message if anything else chose the handler */
    cc_quota_kind_t quota;
    int (*serve)(request_rec *r);
} admin_handler_t;

static const admin_handler_t metrics = {
    "clientcert-metrics",
    CC_HANDLER_METRICS,
    "CC0113: SetHandler clientcert-metrics is not for .htaccess: it shows the metrics of the whole "
    "server",
    "CC0114: clientcert-metrics is refused here: only SetHandler in the configuration of the "
    "server can enable it",
    CC_QUOTA_METRICS,
    cc_metrics_serve};

static const admin_handler_t ledger = {
    "clientcert-ledger",
    CC_HANDLER_LEDGER,
    "CC0147: SetHandler clientcert-ledger is not for .htaccess: it shows the certificates of other "
    "clients",
    "CC0148: clientcert-ledger is refused here: only SetHandler in the configuration of the server "
    "can enable it",
    CC_QUOTA_LEDGER,
    cc_status_ledger_serve};

/*
 * httpd does not record which directive set the handler of a request. So the module reads
 * SetHandler too, and records the handler that files of the administrator set.
 */
const char *cc_handlers_directive(cmd_parms *cmd, void *record, const char *args)
{
    bool is_htaccess = ap_check_cmd_context(cmd, NOT_IN_HTACCESS) != NULL;
    const admin_handler_t *admin = strstr(args, metrics.name)  ? &metrics
                                   : strstr(args, ledger.name) ? &ledger
                                                               : NULL;
    cc_dir_t *dir = record;
    bool is_page = strstr(args, "clientcert-status") != NULL;

    dir->handler = CC_HANDLER_OTHER;
    if (admin && is_htaccess) {
        return admin->not_for_htaccess;
    }
    if (admin) {
        dir->handler = admin->handler;
    } else if (is_page && !is_htaccess) {
        dir->handler = CC_HANDLER_STATUS;
    }
    return is_page || admin == &ledger ? cc_status_missing() : NULL;
}

static __attribute__((noinline)) int admin_serve(request_rec *r, const admin_handler_t *admin)
{
    if (cc_dir_of(r)->handler == admin->handler) {
        return admin->serve(r);
    }
    if (cc_quota_lets(r->server, admin->quota)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "%s", admin->refusal);
    }
    return HTTP_FORBIDDEN;
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
        return admin_serve(r, &ledger);
    }
    return cc_handler_is(r, "clientcert-metrics") ? admin_serve(r, &metrics) : DECLINED;
}
