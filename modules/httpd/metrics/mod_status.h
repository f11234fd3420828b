/* SPDX-License-Identifier: Apache-2.0 */
/* Shows the metrics in mod_status. */
#ifndef CC_MOD_STATUS_H
#define CC_MOD_STATUS_H

#include <stdbool.h>

#include "httpd/metrics/collect.h"
#include "httpd/metrics/families.h"
#include "httpd/metrics/sink.h"

struct request_rec;

/**
 * Write the metrics as lines for programs (?auto), and as a part of the page for people. Any
 * thread.
 */
void cc_mod_status_lines(const cc_sink_t *sink, const cc_collected_t *collected);
void cc_mod_status_page(const cc_sink_t *sink, const cc_collected_t *collected);

/**
 * The value of the i-th word for one instance, and its sum over all instances (mod_status_text.c).
 */
apr_int64_t cc_mod_status_value(const cc_metric_family_t *family, const cc_collected_t *collected,
                                const cc_instance_t *instance, int i);
apr_int64_t cc_mod_status_sum(const cc_metric_family_t *family, const cc_collected_t *collected,
                              int i);

/**
 * True if there is a sum: an instance has the metric, or it is a metric that every instance has.
 */
bool cc_mod_status_has_sum(const cc_metric_family_t *family, const cc_collected_t *collected);

/** "not_yet_valid": "NotYetValid", in `p`. */
const char *cc_mod_status_camel(const char *word, apr_pool_t *p);

/** Any text as HTML in ASCII, in `p`. */
const char *cc_mod_status_html(const char *text, apr_pool_t *p);

/**
 * mod_status's hook: shows the metrics on its page, or as lines for programs. Returns OK or
 * DECLINED.
 */
int cc_mod_status_show(struct request_rec *r, int flags);

#endif
