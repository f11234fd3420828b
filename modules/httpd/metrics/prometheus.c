/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the metrics in the format of Prometheus (text exposition format 0.0.4). */
#include <string.h>

#include <apr_hash.h>

#include "base/text.h"
#include "httpd/metrics/collect.h"
#include "httpd/metrics/families.h"
#include "httpd/metrics/prometheus.h"
#include "httpd/metrics/sink.h"

/* The samples of the current family. */
typedef struct samples_t {
    apr_array_header_t *list; /* of sample_t *, in the order in which they were added */
    apr_hash_t *by_labels;
    apr_pool_t *pool;
} samples_t;

typedef struct sample_t {
    const char *labels; /* vhost="a:443",section="" */
    apr_int64_t value;
} sample_t;

/* Escapes the value of a label. Texts of a configuration are not always UTF-8. */
static const char *escaped(const char *text, apr_pool_t *p)
{
    char *value, *to;

    if (cc_text_unusable(text, strlen(text))) {
        text = cc_text_escape(text, strlen(text), p);
    }
    value = to = apr_palloc(p, 2 * strlen(text) + 1);
    for (; *text; text++) {
        if (*text == '\\' || *text == '"') {
            *to++ = '\\';
        }
        *to++ = *text;
    }
    *to = '\0';
    return value;
}

/* Adds a label to `labels` ("" at first). */
static const char *label_add(const char *labels, const char *name, const char *value, apr_pool_t *p)
{
    return apr_pstrcat(p, labels, *labels ? "," : "", name, "=\"", escaped(value, p), "\"", NULL);
}

/* The labels that distinguish an instance from others of its kind. */
static const char *labels_of(cc_kind_t kind, const cc_instance_t *instance, apr_pool_t *p)
{
    const cc_kind_info_t *info = &cc_kinds[kind];
    const char *labels = "";

    for (int i = 0; i < info->text_count; i++) {
        int at = cc_kind_text_at(info->first_label, i);

        if (info->texts[at].label) {
            labels = label_add(labels, info->texts[at].label, instance->texts[at], p);
        }
    }
    return labels;
}

/*
 * Two samples must not have the same labels. But two instances may have the same labels: virtual
 * hosts with the same name and port that include the same file. Then their counters are added up;
 * of two gauges, the first one is used.
 */
static void sample_add(samples_t *samples, const cc_metric_family_t *family, const char *labels,
                       apr_int64_t value)
{
    sample_t *sample = apr_hash_get(samples->by_labels, labels, APR_HASH_KEY_STRING);

    if (sample) {
        sample->value += family->type == CC_COUNTER ? value : 0;
        return;
    }
    sample = apr_palloc(samples->pool, sizeof(*sample));
    sample->labels = labels;
    sample->value = value;
    APR_ARRAY_PUSH(samples->list, sample_t *) = sample;
    apr_hash_set(samples->by_labels, labels, APR_HASH_KEY_STRING, sample);
}

static void instance_add(samples_t *samples, const cc_metric_family_t *family,
                         const cc_instance_t *instance)
{
    const char *labels = labels_of(family->kind, instance, samples->pool);

    for (int i = 0; i < cc_family_samples(family); i++) {
        sample_add(samples, family,
                   family->words ? label_add(labels, family->label, family->words[i], samples->pool)
                                 : labels,
                   cc_family_value(family, instance, i));
    }
}

static void sample_put(const cc_sink_t *sink, const cc_metric_family_t *family,
                       const sample_t *sample)
{
    cc_sink_put(sink, family->name);
    if (*sample->labels) {
        cc_sink_put(sink, "{");
        cc_sink_put(sink, sample->labels);
        cc_sink_put(sink, "}");
    }
    cc_sink_put(sink, " ");
    cc_sink_number(sink, sample->value);
    cc_sink_put(sink, "\n");
}

/* The memory of a family is freed before the next one, since there may be thousands of samples. */
void cc_prometheus_family(const cc_sink_t *sink, const cc_metric_family_t *family,
                          const cc_collected_t *collected)
{
    const char *type = family->type == CC_COUNTER ? "counter" : "gauge";
    samples_t samples;

    if (apr_pool_create(&samples.pool, sink->pool) != APR_SUCCESS) {
        return;
    }
    samples.list = apr_array_make(samples.pool, 16, sizeof(sample_t *));
    samples.by_labels = apr_hash_make(samples.pool);
    for (int i = 0; i < cc_collected_count(collected, family->kind); i++) {
        const cc_instance_t *instance = cc_collected_at(collected, family->kind, i);

        if (cc_family_has(family, instance)) {
            instance_add(&samples, family, instance);
        }
    }
    cc_sink_put(sink, apr_psprintf(samples.pool, "# HELP %s %s\n# TYPE %s %s\n", family->name,
                                   family->help, family->name, type));
    for (int i = 0; i < samples.list->nelts; i++) {
        sample_put(sink, family, APR_ARRAY_IDX(samples.list, i, const sample_t *));
    }
    apr_pool_destroy(samples.pool);
}

void cc_prometheus_put(const cc_sink_t *sink, const cc_collected_t *collected)
{
    for (int i = 0; i < cc_family_count; i++) {
        cc_prometheus_family(sink, &cc_families[i], collected);
    }
}
