/* SPDX-License-Identifier: Apache-2.0 */
/* Serves the metrics to Prometheus: SetHandler clientcert-metrics. */
#ifndef CC_METRICS_HANDLER_H
#define CC_METRICS_HANDLER_H

#include <httpd.h>

#include "httpd/conf/module.h"

/**
 * Serves all metrics in the format of Prometheus; 403 unless the server's configuration enables it.
 */
int cc_metrics_serve(request_rec *r);

#endif
