/* SPDX-License-Identifier: Apache-2.0 */
/* Serves the metrics to Prometheus: SetHandler clientcert-metrics. */
#include <http_protocol.h>
#include <http_request.h>

#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/metrics/collect.h"
#include "httpd/metrics/handler.h"
#include "httpd/metrics/prometheus.h"
#include "httpd/metrics/quota.h"
#include "httpd/metrics/sink.h"

static void put(void *r, const char *text)
{
    ap_rputs(text, r);
}

static __attribute__((noinline)) int metrics_put(request_rec *r)
{
    cc_sink_t sink = {put, r, r->pool};
    int discarded;

    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS, -1);
    if (r->method_number != M_GET) {
        return r->method_number == M_OPTIONS ? DECLINED : HTTP_METHOD_NOT_ALLOWED;
    }
    discarded = ap_discard_request_body(r);
    if (discarded != OK) {
        return discarded;
    }
    ap_set_content_type(r, "text/plain; version=0.0.4; charset=utf-8");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    cc_prometheus_put(&sink, cc_metrics_collect(r->server, r->pool));
    return OK;
}

/* The metrics concern the whole server, so no directive of a .htaccess file can enable them. */
int cc_metrics_serve(request_rec *r)
{
    if (cc_dir_of(r)->handler == CC_HANDLER_METRICS) {
        return metrics_put(r);
    }
    if (cc_quota_lets(r->server, CC_QUOTA_METRICS)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "CC0114: clientcert-metrics is refused here: only SetHandler in the "
                      "configuration of the server can enable it");
    }
    return HTTP_FORBIDDEN;
}
