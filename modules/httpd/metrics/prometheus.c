/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the numbers as Prometheus reads them (text exposition format 0.0.4). */
#include "httpd/metrics/prometheus.h"
#include "httpd/glue.h"
#include "httpd/request/served.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>

typedef struct sample_t {
    const char *labels; /* vhost="a:443",section="" */
    apr_uint64_t value;
} sample_t;

/* ---- samples ----------------------------------------------------------------------------- */

/* As the value of a label. What stands in a configuration is not always UTF-8. */
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

const char *cc_sample_label(const char *labels, const char *name, const char *value, apr_pool_t *p)
{
    return apr_pstrcat(p, labels, *labels ? "," : "", name, "=\"", escaped(value, p), "\"", NULL);
}

void cc_sample_add(cc_samples_t *samples, const cc_family_t *family, const char *labels,
                   apr_uint64_t value)
{
    sample_t *sample = apr_hash_get(samples->by_labels, labels, APR_HASH_KEY_STRING);

    if (sample) {
        sample->value += !strcmp(family->type, "counter") ? value : 0;
        return;
    }
    sample = apr_palloc(samples->pool, sizeof(*sample));
    sample->labels = labels;
    sample->value = value;
    APR_ARRAY_PUSH(samples->list, sample_t *) = sample;
    apr_hash_set(samples->by_labels, labels, APR_HASH_KEY_STRING, sample);
}

/* One for each word of a list. */
static void add_words(cc_samples_t *samples, const cc_family_t *family, const char *name,
                      const char *const *words, const cc_counter_t *counters)
{
    for (int i = 0; words[i]; i++) {
        cc_sample_add(samples, family, cc_sample_label("", name, words[i], samples->pool),
                      atomic_load(&counters[i]));
    }
}

/* ---- where they come from ---------------------------------------------------------------- */

static void collect_since(cc_samples_t *samples, const cc_family_t *family)
{
    cc_sample_add(samples, family, "", (apr_uint64_t)apr_time_sec(samples->numbers->since));
}

static const char *scope_labels(const cc_samples_t *samples, const cc_scope_t *scope)
{
    const char *vhost = cc_numbers_vhost(scope->server, samples->pool);

    return cc_sample_label(cc_sample_label("", "vhost", vhost, samples->pool), "section",
                           scope->section ? scope->section : "", samples->pool);
}

static void collect_decisions(cc_samples_t *samples, const cc_family_t *family)
{
    for (int i = 0; i < samples->scopes->nelts; i++) {
        const cc_scope_t *scope = &APR_ARRAY_IDX(samples->scopes, i, cc_scope_t);
        const char *labels = scope_labels(samples, scope);

        for (int j = 0; cc_result_words[j]; j++) {
            cc_sample_add(samples, family,
                          cc_sample_label(labels, "result", cc_result_words[j], samples->pool),
                          atomic_load(&scope->tally->results[j]));
        }
    }
}

static void collect_rules(cc_samples_t *samples, const cc_family_t *family)
{
    for (int i = 0; i < samples->scopes->nelts; i++) {
        const cc_scope_t *scope = &APR_ARRAY_IDX(samples->scopes, i, cc_scope_t);
        const char *labels = scope_labels(samples, scope);

        for (int j = 0; j < cc_rules_count(scope->rules); j++) {
            const char *where = cc_rules_where(scope->rules, j);
            cc_sample_add(samples, family, cc_sample_label(labels, "rule", where, samples->pool),
                          atomic_load(&scope->tally->rules[j]));
        }
    }
}

static void collect_notes(cc_samples_t *samples, const cc_family_t *family)
{
    add_words(samples, family, "note", cc_note_words, samples->numbers->shared->notes);
}

static void collect_rejections(cc_samples_t *samples, const cc_family_t *family)
{
    add_words(samples, family, "reason", cc_rejection_words, samples->numbers->shared->rejections);
}

static void collect_denied(cc_samples_t *samples, const cc_family_t *family)
{
    cc_sample_add(samples, family, "", atomic_load(&samples->numbers->shared->denied));
}

static void collect_expiring(cc_samples_t *samples, const cc_family_t *family)
{
    cc_sample_add(samples, family, "", (apr_uint64_t)samples->ending_count);
}

static void collect_earliest(cc_samples_t *samples, const cc_family_t *family)
{
    if (samples->ending_count > 0) {
        cc_sample_add(samples, family, "",
                      (apr_uint64_t)apr_time_sec(samples->ending[0].not_after));
    }
}

static void collect_left_out(cc_samples_t *samples, const cc_family_t *family)
{
    for (int kind = 0; kind < CC_QUOTA_COUNT; kind++) {
        const char *tag = cc_quota_tag((cc_quota_kind_t)kind, samples->pool);

        cc_sample_add(samples, family, cc_sample_label("", "tag", tag, samples->pool),
                      atomic_load(&samples->numbers->shared->quotas[kind].left_out));
    }
}

static const char *table_labels(const cc_samples_t *samples, const cc_table_t *table)
{
    const char *vhost = cc_numbers_vhost(cc_table_scope(table), samples->pool);
    const char *labels = cc_sample_label("", "table", cc_table_name(table), samples->pool);

    return cc_sample_label(cc_sample_label(labels, "vhost", vhost, samples->pool), "type",
                           cc_table_type(table), samples->pool);
}

static void collect_tables(cc_samples_t *samples, const cc_family_t *family)
{
    const cc_tables_t *tables = samples->numbers->tables;

    for (int i = 0; tables && i < cc_tables_count(tables); i++) {
        const cc_table_t *table = cc_tables_at(tables, i);
        const cc_table_counters_t *counters = &samples->numbers->table_counters[i];

        if (family->has(table)) {
            cc_sample_add(samples, family, table_labels(samples, table),
                          cc_sample_counted(family, counters));
        }
    }
}

static void collect_lookups(cc_samples_t *samples, const cc_family_t *family)
{
    const cc_tables_t *tables = samples->numbers->tables;

    for (int i = 0; tables && i < cc_tables_count(tables); i++) {
        const char *labels = table_labels(samples, cc_tables_at(tables, i));
        const cc_table_counters_t *counters = &samples->numbers->table_counters[i];

        for (int j = 0; cc_lookup_words[j]; j++) {
            cc_sample_add(samples, family,
                          cc_sample_label(labels, "result", cc_lookup_words[j], samples->pool),
                          atomic_load(&counters->lookups[j]));
        }
    }
}

/* ---- the metrics ------------------------------------------------------------------------- */

#define OF_TABLE(has, member) collect_tables, has, offsetof(cc_table_counters_t, member)

static const cc_family_t families[] = {
    {"clientcert_start_time_seconds", "gauge",
     "When the configuration took effect, since when everything is counted.", collect_since, NULL,
     0},
    {"clientcert_decisions_total", "counter",
     "What the rules of a scope said of a client, once per connection.", collect_decisions, NULL,
     0},
    {"clientcert_rule_matches_total", "counter", "Decisions in which the rule fitted.",
     collect_rules, NULL, 0},
    {"clientcert_notes_total", "counter", "What was noted while rules were evaluated.",
     collect_notes, NULL, 0},
    {"clientcert_certificates_rejected_total", "counter",
     "Certificates that gave no identity whatever the rules, once per connection.",
     collect_rejections, NULL, 0},
    {"clientcert_requests_denied_total", "counter",
     "Requests that were answered with 403 in which a certificate, or its user, had a part.",
     collect_denied, NULL, 0},
    {"clientcert_log_lines_left_out_total", "counter",
     "Lines of the log that were left out, because clients that nobody knows caused too many.",
     collect_left_out, NULL, 0},
    {"clientcert_table_rows", "gauge", "Rows of the table.", OF_TABLE(cc_table_has_rows, rows)},
    {"clientcert_table_last_load_timestamp_seconds", "gauge",
     "When the table was loaded successfully for the last time.",
     OF_TABLE(cc_table_is_loaded, loaded_at)},
    {"clientcert_table_last_load_successful", "gauge",
     "0 where the source was bad when it last changed, so that older rows serve.",
     OF_TABLE(cc_table_is_loaded, last_good)},
    {"clientcert_table_loads_total", "counter", "States of the source that were loaded.",
     OF_TABLE(cc_table_is_loaded, loads)},
    {"clientcert_table_load_failures_total", "counter", "States of the source that were bad.",
     OF_TABLE(cc_table_is_loaded, load_failures)},
    {"clientcert_table_lookups_total", "counter", "Lookups in the table.", collect_lookups, NULL,
     0},
    {"clientcert_table_cache_hits_total", "counter", "Lookups answered from the cache.",
     OF_TABLE(cc_table_is_cached, cache_hits)},
    {"clientcert_table_cache_misses_total", "counter", "Lookups for which the source was asked.",
     OF_TABLE(cc_table_is_cached, cache_misses)},
    {"clientcert_table_stale_answers_total", "counter",
     "Lookups answered with an old answer because the source failed.",
     OF_TABLE(cc_table_is_cached, cache_stale)},
    {"clientcert_table_turned_away_total", "counter",
     "Waits that were cut short because the source is slow and enough others wait for it.",
     OF_TABLE(cc_table_is_remote, turned_away)},
    {"clientcert_certificates_expiring", "gauge",
     "Certificates seen that end within 30 days and have not ended; at most 256.", collect_expiring,
     NULL, 0},
    {"clientcert_certificates_earliest_end_timestamp_seconds", "gauge",
     "When the first of these ends.", collect_earliest, NULL, 0},
    {NULL, NULL, NULL, NULL, NULL, 0},
};

static void family_put(request_rec *r, cc_samples_t *samples, const cc_family_t *family)
{
    samples->list = apr_array_make(samples->pool, 16, sizeof(sample_t *));
    samples->by_labels = apr_hash_make(samples->pool);
    family->collect(samples, family);
    ap_rprintf(r, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
               family->type);
    for (int i = 0; i < samples->list->nelts; i++) {
        const sample_t *sample = APR_ARRAY_IDX(samples->list, i, const sample_t *);
        const char *braces[] = {*sample->labels ? "{" : "", *sample->labels ? "}" : ""};

        ap_rvputs(r, family->name, braces[0], sample->labels, braces[1], " ", NULL);
        ap_rprintf(r, "%" APR_UINT64_T_FMT "\n", sample->value);
    }
}

static void families_put(request_rec *r, cc_samples_t *samples, const cc_family_t *family)
{
    for (; family->name; family++) {
        family_put(r, samples, family);
    }
}

static __attribute__((noinline)) int metrics_put(request_rec *r)
{
    cc_samples_t samples = {.pool = r->pool};
    cc_ending_t *endings;
    int discarded;

    ap_allow_standard_methods(r, REPLACE_ALLOW, M_GET, M_OPTIONS, -1);
    if (r->method_number != M_GET) {
        return r->method_number == M_OPTIONS ? DECLINED : HTTP_METHOD_NOT_ALLOWED;
    }
    discarded = ap_discard_request_body(r);
    if (discarded != OK) {
        return discarded;
    }
    ap_set_content_type(r, "text/plain; version=0.0.4; charset=utf-8");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    samples.numbers = cc_numbers_of(r->server);
    samples.scopes = cc_scopes_of(r->server);
    samples.crls = cc_revocation_crls(r->server, r->pool);
    samples.ending_count = cc_numbers_endings(samples.numbers, &endings, r->pool);
    samples.ending = endings;
    families_put(r, &samples, families);
    families_put(r, &samples, cc_families_of_revocation);
    return OK;
}

/* ---- where they may be seen -------------------------------------------------------------- */

/*
 * The numbers are those of the whole server: a .htaccess file cannot show them, by any
 * directive.
 */
int cc_metrics_serve(request_rec *r)
{
    if (cc_dir_of(r)->handler == CC_HANDLER_METRICS) {
        return metrics_put(r);
    }
    if (cc_quota_lets(r->server, CC_QUOTA_METRICS)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "CC0114: clientcert-metrics is refused: no SetHandler of the server's "
                      "configuration names it here");
    }
    return HTTP_FORBIDDEN;
}
