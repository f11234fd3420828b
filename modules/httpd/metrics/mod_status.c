/* SPDX-License-Identifier: Apache-2.0 */
/* Shows the metrics on the page and in the lines of mod_status. */
#include <http_protocol.h>
#include <mod_status.h>

#include "httpd/conf/module.h"
#include "httpd/metrics/collect.h"
#include "httpd/metrics/mod_status.h"
#include "httpd/metrics/sink.h"

static void put(void *r, const char *text)
{
    ap_rputs(text, r);
}

int cc_mod_status_show(request_rec *r, int flags)
{
    const cc_collected_t *collected = cc_metrics_collect(r->server, r->pool);
    cc_sink_t sink = {put, r, r->pool};

    if (!collected) {
        return DECLINED;
    }
    if (flags & AP_STATUS_SHORT) {
        cc_mod_status_lines(&sink, collected);
    } else {
        cc_mod_status_page(&sink, collected);
    }
    return OK;
}
