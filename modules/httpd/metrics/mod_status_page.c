/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the numbers as a part of the page of mod_status, for people. */
#include <apr_strings.h>

#include <http_protocol.h>

#include "base/counter.h"
#include "crl/crl.h"
#include "httpd/background/revocation.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/expiring.h"
#include "httpd/metrics/mod_status.h"
#include "httpd/metrics/quota.h"
#include "ocsp/ocsp.h"
#include "rules/rules.h"

static void cell(request_rec *r, const char *text)
{
    ap_rvputs(r, "<td>", cc_shown_html(text, r->pool), "</td>", NULL);
}

static void cell_number(request_rec *r, apr_uint64_t value)
{
    if (value == CC_NONE) {
        ap_rputs("<td>-</td>", r);
    } else {
        ap_rprintf(r, "<td align=\"right\">%" APR_UINT64_T_FMT "</td>", value);
    }
}

/* `heads`: "Rule|Matches". */
static void table_begin(request_rec *r, const char *title, const char *heads)
{
    char *rest = NULL, *head = apr_strtok(apr_pstrdup(r->pool, heads), "|", &rest);

    ap_rvputs(r, "<h3>", title, "</h3>\n<table border=\"1\">\n<tr>", NULL);
    for (; head; head = apr_strtok(NULL, "|", &rest)) {
        ap_rvputs(r, "<th>", head, "</th>", NULL);
    }
    ap_rputs("</tr>\n", r);
}

static void table_end(request_rec *r)
{
    ap_rputs("</table>\n", r);
}

static void row_of_word(request_rec *r, const char *kind, const char *word, apr_uint64_t value)
{
    ap_rputs("<tr>", r);
    cell(r, kind);
    cell(r, word);
    cell_number(r, value);
    ap_rputs("</tr>\n", r);
}

static void page_of_results(const cc_shown_t *shown)
{
    request_rec *r = shown->r;
    const cc_shared_t *shared = shown->numbers->shared;

    table_begin(r, "Client certificates", "What|Which|Count");
    for (int i = 0; cc_result_words[i]; i++) {
        row_of_word(r, "decision", cc_result_words[i], cc_shown_decisions(shown, i));
    }
    for (int i = 0; cc_rejection_words[i]; i++) {
        row_of_word(r, "rejected", cc_rejection_words[i], atomic_load(&shared->rejections[i]));
    }
    for (int i = 0; cc_note_words[i]; i++) {
        row_of_word(r, "note", cc_note_words[i], atomic_load(&shared->notes[i]));
    }
    row_of_word(r, "request", "denied", atomic_load(&shared->denied));
    for (int kind = 0; kind < CC_QUOTA_COUNT; kind++) {
        row_of_word(r, "lines left out of the log", cc_quota_tags[kind],
                    atomic_load(&shared->quotas[kind].left_out));
    }
    table_end(r);
}

static void page_of_rules(const cc_shown_t *shown)
{
    request_rec *r = shown->r;

    table_begin(r, "Rules", "Virtual host|Section|Rule|Matches");
    for (int i = 0; i < shown->scopes->nelts; i++) {
        const cc_scope_t *scope = &APR_ARRAY_IDX(shown->scopes, i, cc_scope_t);

        for (int j = 0; j < cc_rules_count(scope->rules); j++) {
            ap_rputs("<tr>", r);
            cell(r, cc_metrics_vhost(scope->server, r->pool));
            cell(r, scope->section ? scope->section : "");
            cell(r, cc_rules_where(scope->rules, j));
            cell_number(r, atomic_load(&scope->tally->rules[j]));
            ap_rputs("</tr>\n", r);
        }
    }
    table_end(r);
}

static void page_of_tables(const cc_shown_t *shown)
{
    request_rec *r = shown->r;

    table_begin(r, "Tables",
                "Name|Virtual host|Type|Rows|Age (s)|Last load good|Loads|Failed loads|Found|"
                "Missing|Failed|Cache hits|Cache misses|Stale answers|Turned away");
    for (int i = 0; i < cc_shown_tables(shown); i++) {
        cc_figures_t f = cc_shown_table(shown, i);
        const apr_uint64_t numbers[] = {f.rows,     f.age,        f.good,       f.loads,
                                        f.failures, f.lookups[0], f.lookups[1], f.lookups[2],
                                        f.hits,     f.misses,     f.stale,      f.turned_away};
        ap_rputs("<tr>", r);
        cell(r, f.name);
        cell(r, f.vhost);
        cell(r, f.type);
        for (size_t j = 0; j < sizeof(numbers) / sizeof(numbers[0]); j++) {
            cell_number(r, numbers[j]);
        }
        ap_rputs("</tr>\n", r);
    }
    table_end(r);
}

static const char *date(apr_time_t when, apr_pool_t *p)
{
    char *text = apr_palloc(p, APR_RFC822_DATE_LEN);

    apr_rfc822_date(text, when);
    return text;
}

static void page_of_crls(const cc_shown_t *shown)
{
    request_rec *r = shown->r;

    table_begin(r, "CRLs",
                "File|Virtual host|Issuer|Type|Number|Entries|This update|Next update|Last load");
    for (int i = 0; i < shown->crls->nelts; i++) {
        const cc_held_crl_t *crl = &APR_ARRAY_IDX(shown->crls, i, cc_held_crl_t);

        ap_rputs("<tr>", r);
        cell(r, crl->info.path);
        cell(r, cc_metrics_vhost(crl->server, r->pool));
        cell(r, crl->info.issuer);
        cell(r, crl->info.delta ? "delta" : "complete");
        cell(r, crl->info.number);
        cell_number(r, crl->info.entries);
        cell(r, date(crl->info.this_update, r->pool));
        cell(r, date(crl->info.next_update, r->pool));
        cell(r, date(crl->info.loaded_at, r->pool));
        ap_rputs("</tr>\n", r);
    }
    table_end(r);
}

static void page_of_crl_files(const cc_shown_t *shown)
{
    request_rec *r = shown->r;

    table_begin(r, "Files of CRLs", "Virtual host|Loads|Failed loads|Refused now|Last look");
    for (int i = 0; i < shown->numbers->opened->crls->nelts; i++) {
        const cc_crl_counters_t *counters = &shown->numbers->crl_counters[i];
        apr_time_t looked_at = apr_time_from_sec((apr_time_t)atomic_load(&counters->looked_at));

        ap_rputs("<tr>", r);
        cell(r, cc_shown_crls_vhost(shown, i));
        cell_number(r, atomic_load(&counters->loads));
        cell_number(r, atomic_load(&counters->load_failures));
        cell_number(r, atomic_load(&counters->refused));
        cell(r, date(looked_at, r->pool));
        ap_rputs("</tr>\n", r);
    }
    table_end(r);
}

static void cells_of_words(request_rec *r, const char *const *words, const cc_counter_t *counters)
{
    for (int i = 0; words[i]; i++) {
        cell_number(r, atomic_load(&counters[i]));
    }
}

/* The columns of results are those of cc_check_words and cc_question_words. */
static void page_of_ocsp(const cc_shown_t *shown)
{
    request_rec *r = shown->r;

    table_begin(r, "OCSP",
                "Virtual host|Checks: failed|Good|Revoked|Unknown|Cache hits|Stale answers|Waits|"
                "Turned away|"
                "Questions: failed|Good|Revoked|Unknown|Left alone|Not asked");
    for (int i = 0; i < shown->numbers->opened->ocsp->nelts; i++) {
        const cc_ocsp_counters_t *counters = &shown->numbers->ocsp_counters[i];

        ap_rputs("<tr>", r);
        cell(r, cc_shown_ocsp_vhost(shown, i));
        cells_of_words(r, cc_check_words, counters->checks);
        cell_number(r, atomic_load(&counters->cache_hits));
        cell_number(r, atomic_load(&counters->stale_answers));
        cell_number(r, atomic_load(&counters->waits));
        cell_number(r, atomic_load(&counters->turned_away));
        cells_of_words(r, cc_question_words, counters->questions);
        ap_rputs("</tr>\n", r);
    }
    table_end(r);
}

static void page_of_endings(const cc_shown_t *shown)
{
    request_rec *r = shown->r;

    table_begin(r, "Certificates that end within 30 days", "Ends|Subject|User|SHA-256|Last seen");
    for (int i = 0; i < shown->ending_count; i++) {
        const cc_expiry_t *ending = &shown->endings[i];
        char digest[2 * sizeof(ending->sha256) + 1];

        ap_bin2hex(ending->sha256, sizeof(ending->sha256), digest);
        ap_rputs("<tr>", r);
        cell(r, date(ending->not_after, r->pool));
        cell(r, ending->subject);
        cell(r, ending->user);
        cell(r, digest);
        cell(r, date(ending->seen, r->pool));
        ap_rputs("</tr>\n", r);
    }
    table_end(r);
}

void cc_shown_page(const cc_shown_t *shown)
{
    ap_rputs("<hr />\n<h2>mod_clientcert</h2>\n", shown->r);
    page_of_results(shown);
    page_of_rules(shown);
    page_of_tables(shown);
    page_of_crls(shown);
    page_of_crl_files(shown);
    page_of_ocsp(shown);
    page_of_endings(shown);
}
