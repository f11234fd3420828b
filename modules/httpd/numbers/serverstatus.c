/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the numbers as mod_status shows them: a part of its page, and lines for programs. */
#include "httpd/numbers/counters.h"
#include "httpd/glue.h"
#include "httpd/revocation/revocation.h"
#include "httpd/numbers/serverstatus.h"

#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <mod_status.h>

/* What is to be shown. */
typedef struct shown_t {
    request_rec *r;
    const cc_numbers_t *numbers;
    const apr_array_header_t *scopes;
    const apr_array_header_t *crls; /* of cc_shown_crl_t */
    cc_ending_t *endings;
    int ending_count;
} shown_t;

/* Of a table; a number that it has not is CC_NONE. */
#define CC_NONE APR_UINT64_MAX

typedef struct figures_t {
    const char *name, *vhost, *type;
    apr_uint64_t rows, age, good, loads, failures;
    apr_uint64_t lookups[3], hits, misses, stale;
} figures_t;

static apr_uint64_t figure(const cc_counter_t *counter, bool has)
{
    return has ? atomic_load(counter) : CC_NONE;
}

static figures_t figures_of(const shown_t *shown, int i)
{
    const cc_table_t *table = cc_tables_at(shown->numbers->tables, i);
    const cc_table_counters_t *counters = &shown->numbers->table_counters[i];
    bool loaded = cc_table_is_loaded(table), cached = cc_table_is_cached(table);
    apr_uint64_t now = (apr_uint64_t)apr_time_sec(apr_time_now());
    figures_t f = {.name = cc_table_name(table), .type = cc_table_type(table)};

    f.vhost = cc_numbers_vhost(cc_table_scope(table), shown->r->pool);
    f.rows = figure(&counters->rows, cc_table_has_rows(table));
    f.age = figure(&counters->loaded_at, loaded);
    f.age = !loaded ? CC_NONE : now > f.age ? now - f.age : 0;
    f.good = figure(&counters->last_good, loaded);
    f.loads = figure(&counters->loads, loaded);
    f.failures = figure(&counters->load_failures, loaded);
    for (int j = 0; j < 3; j++) {
        f.lookups[j] = atomic_load(&counters->lookups[j]);
    }
    f.hits = figure(&counters->cache_hits, cached);
    f.misses = figure(&counters->cache_misses, cached);
    f.stale = figure(&counters->cache_stale, cached);
    return f;
}

static int tables_count(const shown_t *shown)
{
    return shown->numbers->tables ? cc_tables_count(shown->numbers->tables) : 0;
}

static apr_uint64_t results_sum(const shown_t *shown, int result)
{
    apr_uint64_t sum = 0;

    for (int i = 0; i < shown->scopes->nelts; i++) {
        sum += atomic_load(&APR_ARRAY_IDX(shown->scopes, i, cc_scope_t).tally->results[result]);
    }
    return sum;
}

/* ---- lines for programs ------------------------------------------------------------------ */

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

static void lines_of_rules(const shown_t *shown)
{
    request_rec *r = shown->r;
    int number = 0;

    for (int i = 0; i < shown->scopes->nelts; i++) {
        const cc_scope_t *scope = &APR_ARRAY_IDX(shown->scopes, i, cc_scope_t);

        for (int j = 0; j < cc_rules_count(scope->rules); j++) {
            const char *group = apr_psprintf(r->pool, "Rule[%d]", number++);
            line_text(r, group, "where", cc_rules_where(scope->rules, j));
            line_text(r, group, "vhost", cc_numbers_vhost(scope->server, r->pool));
            line_text(r, group, "section", scope->section ? scope->section : "");
            line_number(r, group, "matches", atomic_load(&scope->tally->rules[j]));
        }
    }
}

static void lines_of_table(request_rec *r, int number, const figures_t *f)
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
}

static void lines_of_crl(request_rec *r, int number, const cc_shown_crl_t *crl)
{
    const char *group = apr_psprintf(r->pool, "CRL[%d]", number);
    const cc_crl_info_t *info = &crl->info;

    line_text(r, group, "file", info->path);
    line_text(r, group, "vhost", cc_numbers_vhost(crl->server, r->pool));
    line_text(r, group, "issuer", info->issuer);
    line_text(r, group, "type", info->delta ? "delta" : "complete");
    line_text(r, group, "number", info->number);
    line_number(r, group, "entries", info->entries);
    line_number(r, group, "this_update", (apr_uint64_t)apr_time_sec(info->this_update));
    line_number(r, group, "next_update", (apr_uint64_t)apr_time_sec(info->next_update));
}

static void lines_put(const shown_t *shown)
{
    request_rec *r = shown->r;
    const cc_shared_t *shared = shown->numbers->shared;

    line_number(r, "", "start_time", (apr_uint64_t)apr_time_sec(shown->numbers->since));
    for (int i = 0; cc_result_words[i]; i++) {
        line_number(r, "Decisions", cc_result_words[i], results_sum(shown, i));
    }
    lines_of_words(r, "Notes", cc_note_words, shared->notes);
    lines_of_words(r, "Rejected", cc_rejection_words, shared->rejections);
    line_number(r, "", "requests_denied", atomic_load(&shared->denied));
    line_number(r, "", "expiring", (apr_uint64_t)shown->ending_count);
    if (shown->ending_count > 0) {
        line_number(r, "", "earliest_end", (apr_uint64_t)apr_time_sec(shown->endings[0].not_after));
    }
    lines_of_rules(shown);
    for (int i = 0; i < tables_count(shown); i++) {
        figures_t f = figures_of(shown, i);
        lines_of_table(r, i, &f);
    }
    for (int i = 0; i < shown->crls->nelts; i++) {
        lines_of_crl(r, i, &APR_ARRAY_IDX(shown->crls, i, cc_shown_crl_t));
    }
}

/* ---- the page ---------------------------------------------------------------------------- */

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

static void page_of_results(const shown_t *shown)
{
    request_rec *r = shown->r;
    const cc_shared_t *shared = shown->numbers->shared;

    table_begin(r, "Client certificates", "What|Which|Count");
    for (int i = 0; cc_result_words[i]; i++) {
        row_of_word(r, "decision", cc_result_words[i], results_sum(shown, i));
    }
    for (int i = 0; cc_rejection_words[i]; i++) {
        row_of_word(r, "rejected", cc_rejection_words[i], atomic_load(&shared->rejections[i]));
    }
    for (int i = 0; cc_note_words[i]; i++) {
        row_of_word(r, "note", cc_note_words[i], atomic_load(&shared->notes[i]));
    }
    row_of_word(r, "request", "denied", atomic_load(&shared->denied));
    table_end(r);
}

static void page_of_rules(const shown_t *shown)
{
    request_rec *r = shown->r;

    table_begin(r, "Rules", "Virtual host|Section|Rule|Matches");
    for (int i = 0; i < shown->scopes->nelts; i++) {
        const cc_scope_t *scope = &APR_ARRAY_IDX(shown->scopes, i, cc_scope_t);

        for (int j = 0; j < cc_rules_count(scope->rules); j++) {
            ap_rputs("<tr>", r);
            cell(r, cc_numbers_vhost(scope->server, r->pool));
            cell(r, scope->section ? scope->section : "");
            cell(r, cc_rules_where(scope->rules, j));
            cell_number(r, atomic_load(&scope->tally->rules[j]));
            ap_rputs("</tr>\n", r);
        }
    }
    table_end(r);
}

static void page_of_tables(const shown_t *shown)
{
    request_rec *r = shown->r;

    table_begin(r, "Tables",
                "Name|Virtual host|Type|Rows|Age (s)|Last load good|Loads|Failed loads|Found|"
                "Missing|Failed|Cache hits|Cache misses|Stale answers");
    for (int i = 0; i < tables_count(shown); i++) {
        figures_t f = figures_of(shown, i);
        const apr_uint64_t numbers[] = {f.rows,     f.age,        f.good,       f.loads,
                                        f.failures, f.lookups[0], f.lookups[1], f.lookups[2],
                                        f.hits,     f.misses,     f.stale};
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

static void page_of_crls(const shown_t *shown)
{
    request_rec *r = shown->r;

    table_begin(r, "CRLs", "File|Virtual host|Issuer|Type|Number|Entries|This update|Next update");
    for (int i = 0; i < shown->crls->nelts; i++) {
        const cc_shown_crl_t *crl = &APR_ARRAY_IDX(shown->crls, i, cc_shown_crl_t);

        ap_rputs("<tr>", r);
        cell(r, crl->info.path);
        cell(r, cc_numbers_vhost(crl->server, r->pool));
        cell(r, crl->info.issuer);
        cell(r, crl->info.delta ? "delta" : "complete");
        cell(r, crl->info.number);
        cell_number(r, crl->info.entries);
        cell(r, date(crl->info.this_update, r->pool));
        cell(r, date(crl->info.next_update, r->pool));
        ap_rputs("</tr>\n", r);
    }
    table_end(r);
}

static void page_of_endings(const shown_t *shown)
{
    request_rec *r = shown->r;

    table_begin(r, "Certificates that end within 30 days", "Ends|Subject|User|SHA-256|Last seen");
    for (int i = 0; i < shown->ending_count; i++) {
        const cc_ending_t *ending = &shown->endings[i];
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

static int status_hook(request_rec *r, int flags)
{
    shown_t shown = {.r = r, .numbers = cc_numbers_of(r->server)};

    shown.scopes = cc_scopes_of(r->server);
    shown.crls = cc_revocation_crls(r->server, r->pool);
    shown.ending_count = cc_numbers_endings(shown.numbers, &shown.endings, r->pool);
    if (flags & AP_STATUS_SHORT) {
        lines_put(&shown);
        return OK;
    }
    ap_rputs("<hr />\n<h2>mod_clientcert</h2>\n", r);
    page_of_results(&shown);
    page_of_rules(&shown);
    page_of_tables(&shown);
    page_of_crls(&shown);
    page_of_endings(&shown);
    return OK;
}

void cc_serverstatus_register(void)
{
    APR_OPTIONAL_HOOK(ap, status_hook, status_hook, NULL, NULL, APR_HOOK_MIDDLE);
}
