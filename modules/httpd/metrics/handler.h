/* SPDX-License-Identifier: Apache-2.0 */
/* The handler of SetHandler clientcert-metrics. */
#ifndef CC_METRICS_HANDLER_H
#define CC_METRICS_HANDLER_H

#include <httpd.h>

#include "httpd/conf/module.h"

/** Serves all metrics as Prometheus reads them; 403 where no server's configuration says so. */
int cc_metrics_serve(request_rec *r);

#endif
