/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the metrics as lines of mod_status, for programs. */
#include <string.h>

#include "base/text.h"
#include "httpd/metrics/collect.h"
#include "httpd/metrics/families.h"
#include "httpd/metrics/mod_status.h"
#include "httpd/metrics/sink.h"

/*
 * Writes a line like "ClientCertTable[0]Name: t". A text of a configuration may have several lines.
 */
static void line_put(const cc_sink_t *sink, const char *group, const char *name, const char *text)
{
    if (cc_text_unusable(text, strlen(text))) {
        text = cc_text_escape(text, strlen(text), sink->pool);
    }
    cc_sink_put(sink, apr_pstrcat(sink->pool, group, name, ": ", text, "\n", NULL));
}

/* The value for programs: of a moment to come, the seconds until then. */
static apr_int64_t value_of(const cc_metric_family_t *family, const cc_collected_t *collected,
                            const cc_instance_t *instance, int i)
{
    apr_int64_t value = cc_mod_status_value(family, collected, instance, i);

    return family->form == CC_FORM_UNTIL ? value - apr_time_sec(collected->now) : value;
}

static void number_put(const cc_sink_t *sink, const char *group, const cc_metric_family_t *family,
                       int i, apr_int64_t value)
{
    const char *word = family->words ? cc_mod_status_camel(family->words[i], sink->pool) : "";

    line_put(sink, group, apr_pstrcat(sink->pool, family->line, word, NULL),
             apr_psprintf(sink->pool, "%" APR_INT64_T_FMT, value));
}

static void sum_put(const cc_sink_t *sink, const cc_metric_family_t *family,
                    const cc_collected_t *collected)
{
    if (!cc_mod_status_has_sum(family, collected)) {
        return;
    }
    for (int i = 0; i < cc_family_samples(family); i++) {
        number_put(sink, "ClientCert", family, i, cc_mod_status_sum(family, collected, i));
    }
}

static void texts_put(const cc_sink_t *sink, const char *group, const cc_kind_info_t *info,
                      const cc_instance_t *instance)
{
    for (int i = 0; i < info->text_count; i++) {
        int at = cc_kind_text_at(info->first_line, i);

        line_put(sink, group, info->texts[at].line, instance->texts[at]);
    }
}

static void instance_put(const cc_sink_t *sink, cc_kind_t kind, int number,
                         const cc_collected_t *collected)
{
    const cc_instance_t *instance = cc_collected_at(collected, kind, number);
    const char *group = apr_psprintf(sink->pool, "ClientCert%s[%d]", cc_kinds[kind].line, number);

    texts_put(sink, group, &cc_kinds[kind], instance);
    for (const cc_metric_family_t *family = cc_families; family < cc_families + cc_family_count;
         family++) {
        bool has = family->kind == kind && cc_family_has(family, instance);

        for (int i = 0; has && i < cc_family_samples(family); i++) {
            number_put(sink, group, family, i, value_of(family, collected, instance, i));
        }
    }
}

void cc_mod_status_lines(const cc_sink_t *sink, const cc_collected_t *collected)
{
    for (int i = 0; i < cc_family_count; i++) {
        if (!cc_kinds[cc_families[i].kind].line) {
            sum_put(sink, &cc_families[i], collected);
        }
    }
    for (int kind = 0; kind < CC_KIND_COUNT; kind++) {
        int count = cc_kinds[kind].line ? cc_collected_count(collected, (cc_kind_t)kind) : 0;

        for (int i = 0; i < count; i++) {
            instance_put(sink, (cc_kind_t)kind, i, collected);
        }
    }
}
