/* SPDX-License-Identifier: Apache-2.0 */
/* Serves the metrics to Prometheus: SetHandler clientcert-metrics. */
#include <http_protocol.h>
#include <http_request.h>

#include "httpd/conf/module.h"
#include "httpd/metrics/collect.h"
#include "httpd/metrics/handler.h"
#include "httpd/metrics/prometheus.h"
#include "httpd/metrics/sink.h"

static void put(void *r, const char *text)
{
    ap_rputs(text, r);
}

int cc_metrics_serve(request_rec *r)
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
