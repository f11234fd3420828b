/* SPDX-License-Identifier: Apache-2.0 */
/* Invents metrics for tests of the renderers, and collects the text that these print. */
#ifndef METRICSET_H
#define METRICSET_H

#include "httpd/metrics/collect.h"
#include "httpd/metrics/sink.h"

extern cc_collected_t metricset;   /* without instances, after metricset_setup */
extern const char *metricset_text; /* the output since metricset_clear */
extern cc_sink_t metricset_sink;

void metricset_setup(void);
void metricset_teardown(void);
void metricset_clear(void);

/** Adds an instance with its first three texts; the others are "". */
cc_instance_t *metricset_add(cc_kind_t kind, const void *numbers, const char *first,
                             const char *second, const char *third);

#endif
