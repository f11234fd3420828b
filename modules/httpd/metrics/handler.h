/* SPDX-License-Identifier: Apache-2.0 */
/* Serves the metrics to Prometheus: SetHandler clientcert-metrics. */
#ifndef CC_METRICS_HANDLER_H
#define CC_METRICS_HANDLER_H

#include <httpd.h>

#include "httpd/conf/module.h"

/**
 * Serves all metrics in the format of Prometheus to a GET. DECLINED for OPTIONS, 405 otherwise. For
 * httpd/handlers.c, which finds out whether the configuration allows it.
 */
int cc_metrics_serve(request_rec *r);

#endif
