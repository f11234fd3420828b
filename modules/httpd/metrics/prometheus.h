/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the metrics in the format of Prometheus (text exposition format 0.0.4). */
#ifndef CC_PROMETHEUS_H
#define CC_PROMETHEUS_H

#include "httpd/metrics/collect.h"
#include "httpd/metrics/families.h"
#include "httpd/metrics/sink.h"

/** Writes one metric, with HELP and TYPE, or all of cc_families. Any thread. */
void cc_prometheus_family(const cc_sink_t *sink, const cc_metric_family_t *family,
                          const cc_collected_t *collected);
void cc_prometheus_put(const cc_sink_t *sink, const cc_collected_t *collected);

#endif
