/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the metrics as a part of the page of mod_status, for people. */
#include <string.h>

#include <apr_escape.h>

#include "httpd/metrics/collect.h"
#include "httpd/metrics/expiring.h"
#include "httpd/metrics/families.h"
#include "httpd/metrics/mod_status.h"
#include "httpd/metrics/sink.h"

/* ---- cells ------------------------------------------------------------------------------- */

static void cell(const cc_sink_t *sink, const char *text)
{
    cc_sink_put(sink, "<td>");
    cc_sink_put(sink, cc_mod_status_html(text, sink->pool));
    cc_sink_put(sink, "</td>");
}

static void cell_number(const cc_sink_t *sink, apr_int64_t value)
{
    cc_sink_put(sink, "<td align=\"right\">");
    cc_sink_number(sink, value);
    cc_sink_put(sink, "</td>");
}

static void cell_date(const cc_sink_t *sink, apr_time_t when)
{
    char text[APR_RFC822_DATE_LEN] = "";

    apr_rfc822_date(text, when);
    cell(sink, text);
}

static void headings(const cc_sink_t *sink, const char *texts)
{
    char *rest = NULL, *text = apr_strtok(apr_pstrdup(sink->pool, texts), "|", &rest);

    for (; text; text = apr_strtok(NULL, "|", &rest)) {
        cc_sink_put(sink, apr_pstrcat(sink->pool, "<th scope=\"col\">", text, "</th>", NULL));
    }
}

static void table_begin(const cc_sink_t *sink, const char *title)
{
    cc_sink_put(sink,
                apr_pstrcat(sink->pool, "<h3>", title, "</h3>\n<table border=\"1\">\n<tr>", NULL));
}

/* ---- sums -------------------------------------------------------------------------------- */

static const char *which_text(const cc_metric_family_t *family, const char *unsaid, int i)
{
    if (!family->words) {
        return unsaid;
    }
    return family->phrases ? family->phrases[i] : family->words[i];
}

static void row_of_sum(const cc_sink_t *sink, const cc_metric_family_t *family, int i,
                       apr_int64_t sum)
{
    char *which = NULL, *what = apr_strtok(apr_pstrdup(sink->pool, family->heading), "|", &which);

    cc_sink_put(sink, "<tr>");
    cell(sink, what);
    cell(sink, which_text(family, which, i));
    cell_number(sink, sum);
    cc_sink_put(sink, "</tr>\n");
}

/* NULL: no more rows. */
static const cc_metric_family_t *family_of_row(int row)
{
    for (int i = 0; i < cc_family_count; i++) {
        if (cc_families[i].row == row) {
            return &cc_families[i];
        }
    }
    return NULL;
}

/* Most sums are 0, so these are left out. The heading is written before the first row. */
static int rows_of_sums(const cc_sink_t *sink, const cc_collected_t *collected)
{
    const cc_metric_family_t *family;
    int count = 0;

    for (int row = 1; (family = family_of_row(row)); row++) {
        for (int i = 0; i < cc_family_samples(family); i++) {
            apr_int64_t sum = cc_mod_status_sum(family, collected, i);

            if (sum > 0 && count++ == 0) {
                table_begin(sink, "Client certificates");
                headings(sink, "What|Which|Count");
                cc_sink_put(sink, "</tr>\n");
            }
            if (sum > 0) {
                row_of_sum(sink, family, i, sum);
            }
        }
    }
    return count;
}

static void sums_put(const cc_sink_t *sink, const cc_collected_t *collected)
{
    char since[APR_RFC822_DATE_LEN] = "";
    int count = rows_of_sums(sink, collected);

    apr_rfc822_date(since, collected->server.since);
    cc_sink_put(sink, apr_pstrcat(sink->pool, count > 0 ? "</table>\n" : "", "<p>",
                                  count > 0 ? "Counted since " : "Nothing has been counted since ",
                                  since, ".</p>\n", NULL));
}

/* ---- a table of each kind ---------------------------------------------------------------- */

static void kind_headings(const cc_sink_t *sink, cc_kind_t kind)
{
    for (int i = 0; i < cc_kinds[kind].text_count; i++) {
        headings(sink, cc_kinds[kind].texts[i].heading);
    }
    for (int i = 0; i < cc_family_count; i++) {
        if (cc_families[i].kind == kind) {
            headings(sink, cc_families[i].heading);
        }
    }
}

static bool is_date(cc_form_t form)
{
    return form == CC_FORM_TIME || form == CC_FORM_SECONDS || form == CC_FORM_UNTIL;
}

static void cell_of(const cc_sink_t *sink, const cc_metric_family_t *family,
                    const cc_collected_t *collected, const cc_instance_t *instance, int i)
{
    apr_int64_t value = cc_mod_status_value(family, collected, instance, i);

    if (!cc_family_has(family, instance)) {
        cc_sink_put(sink, "<td>-</td>");
    } else if (is_date(family->form)) {
        cell_date(sink, apr_time_from_sec(value));
    } else {
        cell_number(sink, value);
    }
}

static void row_of_instance(const cc_sink_t *sink, cc_kind_t kind, const cc_instance_t *instance,
                            const cc_collected_t *collected)
{
    cc_sink_put(sink, "<tr>");
    for (int i = 0; i < cc_kinds[kind].text_count; i++) {
        cell(sink, instance->texts[i]);
    }
    for (const cc_metric_family_t *family = cc_families; family < cc_families + cc_family_count;
         family++) {
        for (int i = 0; family->kind == kind && i < cc_family_samples(family); i++) {
            cell_of(sink, family, collected, instance, i);
        }
    }
    cc_sink_put(sink, "</tr>\n");
}

static void kind_put(const cc_sink_t *sink, cc_kind_t kind, const cc_collected_t *collected)
{
    table_begin(sink, cc_kinds[kind].title);
    kind_headings(sink, kind);
    cc_sink_put(sink, "</tr>\n");
    for (int i = 0; i < cc_collected_count(collected, kind); i++) {
        row_of_instance(sink, kind, cc_collected_at(collected, kind, i), collected);
    }
    cc_sink_put(sink, "</table>\n");
}

/* ---- certificates that expire soon, which are not a metric -------------------------------- */

static void expiries_put(const cc_sink_t *sink, const cc_collected_t *collected)
{
    if (collected->server.expiring == 0) {
        return;
    }
    table_begin(sink, "Certificates that expire within 30 days");
    headings(sink, "Ends|Subject|User|SHA-256|Last seen");
    cc_sink_put(sink, "</tr>\n");
    for (apr_uint32_t i = 0; i < collected->server.expiring; i++) {
        const cc_expiry_t *expiry = &collected->expiries[i];

        cc_sink_put(sink, "<tr>");
        cell_date(sink, expiry->not_after);
        cell(sink, expiry->subject);
        cell(sink, expiry->user);
        cell(sink, apr_pescape_hex(sink->pool, expiry->sha256, sizeof(expiry->sha256), 0));
        cell_date(sink, expiry->seen);
        cc_sink_put(sink, "</tr>\n");
    }
    cc_sink_put(sink, "</table>\n");
}

void cc_mod_status_page(const cc_sink_t *sink, const cc_collected_t *collected)
{
    cc_sink_put(sink, "<hr />\n<h2>mod_clientcert</h2>\n");
    sums_put(sink, collected);
    for (int kind = 0; kind < CC_KIND_COUNT; kind++) {
        if (cc_kinds[kind].title && cc_collected_count(collected, (cc_kind_t)kind) > 0) {
            kind_put(sink, (cc_kind_t)kind, collected);
        }
    }
    expiries_put(sink, collected);
}
