/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the numbers as lines of mod_status, for programs. */
#include <apr_strings.h>

#include <http_protocol.h>

#include "base/counter.h"
#include "base/text.h"
#include "cert/cert.h"
#include "crl/crl.h"
#include "httpd/background/revocation.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/mod_status.h"
#include "httpd/metrics/quota.h"
#include "ocsp/ocsp.h"
#include "rules/rules.h"

static void line_number(request_rec *r, const char *group, const char *word, apr_uint64_t value)
{
    if (value != CC_NONE) {
        ap_rprintf(r, "ClientCert%s%s: %" APR_UINT64_T_FMT "\n", group,
                   cc_shown_camel(word, r->pool), value);
    }
}

/* What stands in a configuration is not always one line. */
static void line_text(request_rec *r, const char *group, const char *word, const char *text)
{
    if (cc_text_unusable(text, strlen(text))) {
        text = cc_text_escape(text, strlen(text), r->pool);
    }
    ap_rvputs(r, "ClientCert", group, cc_shown_camel(word, r->pool), ": ", text, "\n", NULL);
}

static void lines_of_words(request_rec *r, const char *group, const char *const *words,
                           const cc_counter_t *counters)
{
    for (int i = 0; words[i]; i++) {
        line_number(r, group, words[i], atomic_load(&counters[i]));
    }
}

static void lines_of_rules(const cc_shown_t *shown)
{
    request_rec *r = shown->r;
    int number = 0;

    for (int i = 0; i < shown->scopes->nelts; i++) {
        const cc_scope_t *scope = &APR_ARRAY_IDX(shown->scopes, i, cc_scope_t);

        for (int j = 0; j < cc_rules_count(scope->rules); j++) {
            const char *group = apr_psprintf(r->pool, "Rule[%d]", number++);
            line_text(r, group, "where", cc_rules_where(scope->rules, j));
            line_text(r, group, "vhost", cc_metrics_vhost(scope->server, r->pool));
            line_text(r, group, "section", scope->section ? scope->section : "");
            line_number(r, group, "matches", atomic_load(&scope->tally->rules[j]));
        }
    }
}

static void lines_of_table(request_rec *r, int number, const cc_figures_t *f)
{
    const char *group = apr_psprintf(r->pool, "Table[%d]", number);

    line_text(r, group, "name", f->name);
    line_text(r, group, "vhost", f->vhost);
    line_text(r, group, "type", f->type);
    line_number(r, group, "rows", f->rows);
    line_number(r, group, "age", f->age);
    line_number(r, group, "last_load_successful", f->good);
    line_number(r, group, "loads", f->loads);
    line_number(r, group, "load_failures", f->failures);
    for (int i = 0; cc_lookup_words[i]; i++) {
        line_number(r, group, apr_pstrcat(r->pool, "lookups_", cc_lookup_words[i], NULL),
                    f->lookups[i]);
    }
    line_number(r, group, "cache_hits", f->hits);
    line_number(r, group, "cache_misses", f->misses);
    line_number(r, group, "stale_answers", f->stale);
    line_number(r, group, "turned_away", f->turned_away);
}

static void lines_of_crl(request_rec *r, int number, const cc_held_crl_t *crl)
{
    const char *group = apr_psprintf(r->pool, "CRL[%d]", number);
    const cc_crl_info_t *info = &crl->info;

    line_text(r, group, "file", info->path);
    line_text(r, group, "vhost", cc_metrics_vhost(crl->server, r->pool));
    line_text(r, group, "issuer", info->issuer);
    line_text(r, group, "type", info->delta ? "delta" : "complete");
    line_text(r, group, "number", info->number);
    line_number(r, group, "entries", info->entries);
    line_number(r, group, "this_update", (apr_uint64_t)apr_time_sec(info->this_update));
    line_number(r, group, "next_update", (apr_uint64_t)apr_time_sec(info->next_update));
    line_number(r, group, "last_load", (apr_uint64_t)apr_time_sec(info->loaded_at));
}

static void lines_of_crl_files(const cc_shown_t *shown, int number)
{
    request_rec *r = shown->r;
    const char *group = apr_psprintf(r->pool, "CRLFiles[%d]", number);
    const cc_crl_counters_t *counters = &shown->numbers->crl_counters[number];

    line_text(r, group, "vhost", cc_shown_crls_vhost(shown, number));
    line_number(r, group, "loads", atomic_load(&counters->loads));
    line_number(r, group, "load_failures", atomic_load(&counters->load_failures));
    line_number(r, group, "refused", atomic_load(&counters->refused));
    line_number(r, group, "last_look", atomic_load(&counters->looked_at));
}

static void lines_of_ocsp(const cc_shown_t *shown, int number)
{
    request_rec *r = shown->r;
    const char *group = apr_psprintf(r->pool, "OCSP[%d]", number);
    const cc_ocsp_counters_t *counters = &shown->numbers->ocsp_counters[number];

    line_text(r, group, "vhost", cc_shown_ocsp_vhost(shown, number));
    lines_of_words(r, apr_pstrcat(r->pool, group, "Checks", NULL), cc_check_words,
                   counters->checks);
    line_number(r, group, "cache_hits", atomic_load(&counters->cache_hits));
    line_number(r, group, "stale_answers", atomic_load(&counters->stale_answers));
    line_number(r, group, "waits", atomic_load(&counters->waits));
    line_number(r, group, "turned_away", atomic_load(&counters->turned_away));
    lines_of_words(r, apr_pstrcat(r->pool, group, "Questions", NULL), cc_question_words,
                   counters->questions);
}

static void lines_of_revocation(const cc_shown_t *shown)
{
    for (int i = 0; i < shown->crls->nelts; i++) {
        lines_of_crl(shown->r, i, &APR_ARRAY_IDX(shown->crls, i, cc_held_crl_t));
    }
    for (int i = 0; i < shown->numbers->opened->crls->nelts; i++) {
        lines_of_crl_files(shown, i);
    }
    for (int i = 0; i < shown->numbers->opened->ocsp->nelts; i++) {
        lines_of_ocsp(shown, i);
    }
}

void cc_shown_lines(const cc_shown_t *shown)
{
    request_rec *r = shown->r;
    const cc_shared_t *shared = shown->numbers->shared;

    line_number(r, "", "start_time", (apr_uint64_t)apr_time_sec(shown->numbers->since));
    for (int i = 0; cc_result_words[i]; i++) {
        line_number(r, "Decisions", cc_result_words[i], cc_shown_decisions(shown, i));
    }
    lines_of_words(r, "Notes", cc_note_words, shared->notes);
    lines_of_words(r, "Rejected", cc_rejection_words, shared->rejections);
    line_number(r, "", "requests_denied", atomic_load(&shared->denied));
    for (int kind = 0; kind < CC_QUOTA_COUNT; kind++) {
        line_number(r, "LogLinesLeftOut", cc_quota_tags[kind],
                    atomic_load(&shared->quotas[kind].left_out));
    }
    line_number(r, "", "expiring", (apr_uint64_t)shown->ending_count);
    if (shown->ending_count > 0) {
        line_number(r, "", "earliest_end", (apr_uint64_t)apr_time_sec(shown->endings[0].not_after));
    }
    lines_of_rules(shown);
    for (int i = 0; i < cc_shown_tables(shown); i++) {
        cc_figures_t f = cc_shown_table(shown, i);
        lines_of_table(r, i, &f);
    }
    lines_of_revocation(shown);
}
