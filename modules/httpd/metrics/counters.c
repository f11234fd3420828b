/* SPDX-License-Identifier: Apache-2.0 */
/* Allocates the counters of a configuration, and counts in them. */
#include <string.h>

#include <apr_strings.h>

#include "base/counter.h"
#include "base/text.h"
#include "ca/ca.h"
#include "cert/cert.h"
#include "crl/crl.h"
#include "httpd/background/ca_sets.h"
#include "httpd/background/revocation.h"
#include "httpd/background/tables.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/metrics/counted.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/expiring.h"
#include "httpd/metrics/ledgers.h"
#include "httpd/metrics/segment.h"
#include "ocsp/ocsp.h"
#include "rules/rules.h"
#include "tables/table.h"

/* ---- start ------------------------------------------------------------------------------- */

static int tables_count(const cc_metrics_t *metrics)
{
    return metrics->tables ? cc_tables_count(metrics->tables) : 0;
}

/*
 * The main server, and every virtual host that uses the module. The others have no counters: a
 * rejection there counts for the main server.
 */
static const apr_array_header_t *vhosts_of(server_rec *main, apr_pool_t *p)
{
    apr_array_header_t *vhosts = apr_array_make(p, 4, sizeof(cc_counted_vhost_t));

    for (server_rec *s = main; s; s = s->next) {
        if (s == main || cc_use_of(s) >= CC_USE_FILES) {
            APR_ARRAY_PUSH(vhosts, cc_counted_vhost_t).server = s;
        }
    }
    return vhosts;
}

/*
 * The segment has the counters of the server, then those of each virtual host, ruleset, table,
 * ClientCertCRL, virtual host that asks responders, and set of CAs.
 */
static apr_size_t size_needed(const cc_metrics_t *metrics, const apr_array_header_t *rulesets)
{
    apr_size_t size = sizeof(cc_shared_t);

    size += sizeof(cc_vhost_counters_t) * (apr_size_t)metrics->vhosts->nelts;
    size += sizeof(cc_table_counters_t) * (apr_size_t)tables_count(metrics);
    size += sizeof(cc_crl_counters_t) * (apr_size_t)metrics->opened->crls->nelts;
    size += sizeof(cc_ocsp_counters_t) * (apr_size_t)metrics->opened->ocsp->nelts;
    size += sizeof(cc_ca_counters_t) * (apr_size_t)metrics->ca_sets->nelts;
    for (int i = 0; i < rulesets->nelts; i++) {
        const cc_rules_t *rules = APR_ARRAY_IDX(rulesets, i, cc_ruleset_t).rules;
        size += sizeof(cc_counter_t) * (CC_RESULT_COUNT + (apr_size_t)cc_rules_count(rules));
    }
    return size;
}

static void *vhosts_place(const cc_metrics_t *metrics, server_rec *main, void *memory)
{
    cc_vhost_counters_t *counters = memory;

    for (server_rec *s = main; s; s = s->next) {
        cc_vhost_conf_of(s)->counters = counters;
    }
    for (int i = 0; i < metrics->vhosts->nelts; i++) {
        cc_counted_vhost_t *vhost = &APR_ARRAY_IDX(metrics->vhosts, i, cc_counted_vhost_t);

        vhost->counters = &counters[i];
        cc_vhost_conf_of(vhost->server)->counters = &counters[i];
    }
    return counters + metrics->vhosts->nelts;
}

static void *rulesets_place(const apr_array_header_t *rulesets, void *memory)
{
    cc_counter_t *at = memory;

    for (int i = 0; i < rulesets->nelts; i++) {
        const cc_ruleset_t *ruleset = &APR_ARRAY_IDX(rulesets, i, cc_ruleset_t);
        ruleset->tally->results = at;
        ruleset->tally->rules = at + CC_RESULT_COUNT;
        at = ruleset->tally->rules + cc_rules_count(ruleset->rules);
    }
    return at;
}

static void *tables_place(cc_metrics_t *metrics, void *memory)
{
    metrics->table_counters = memory;
    for (int i = 0; i < tables_count(metrics); i++) {
        cc_table_counters_start(&metrics->table_counters[i], cc_tables_at(metrics->tables, i));
    }
    return metrics->table_counters + tables_count(metrics);
}

static cc_crls_t *crls_at(const cc_metrics_t *metrics, int i)
{
    return APR_ARRAY_IDX(metrics->opened->crls, i, const cc_opened_crls_t *)->crls;
}

static void *revocation_place(cc_metrics_t *metrics, void *memory)
{
    int crls = metrics->opened->crls->nelts;

    metrics->crl_counters = memory;
    for (int i = 0; i < crls; i++) {
        cc_crls_counters_start(&metrics->crl_counters[i], crls_at(metrics, i));
    }
    metrics->ocsp_counters = (void *)(metrics->crl_counters + crls);
    return metrics->ocsp_counters + metrics->opened->ocsp->nelts;
}

static cc_cas_t *cas_at(const cc_metrics_t *metrics, int i)
{
    return APR_ARRAY_IDX(metrics->ca_sets, i, const cc_opened_cas_t).cas;
}

static void ca_sets_place(cc_metrics_t *metrics, void *memory)
{
    metrics->ca_counters = memory;
    for (int i = 0; i < metrics->ca_sets->nelts; i++) {
        cc_cas_counters_start(&metrics->ca_counters[i], cas_at(metrics, i));
    }
}

/* Children of the previous configuration continue to count in its segment, which nothing reads. */
int cc_counters_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const apr_array_header_t *rulesets = cc_rulesets_of(s);
    cc_metrics_t *metrics = apr_pcalloc(pconf, sizeof(*metrics));
    void *memory;

    (void)plog;
    (void)ptemp;
    if (cc_use_anywhere(s) == CC_USE_NONE) {
        return OK;
    }
    metrics->since = apr_time_now();
    metrics->tables = cc_tables_configured(s);
    metrics->opened = cc_revocation_opened(s);
    metrics->ca_sets = cc_ca_sets_opened(s);
    metrics->vhosts = vhosts_of(s, pconf);
    metrics->shared = cc_segment_make(s, size_needed(metrics, rulesets), pconf);
    if (!metrics->shared || cc_ledgers_start(s) != OK) {
        return !OK;
    }
    memory = vhosts_place(metrics, s, metrics->shared + 1);
    memory = rulesets_place(rulesets, memory);
    memory = revocation_place(metrics, tables_place(metrics, memory));
    ca_sets_place(metrics, memory);
    cc_configuration_of(s)->metrics = metrics;
    return OK;
}

void cc_counters_child_start(apr_pool_t *pchild, server_rec *s)
{
    const cc_metrics_t *metrics = cc_metrics_of(s);

    (void)pchild;
    for (int i = 0; metrics && i < tables_count(metrics); i++) {
        cc_table_count_in(cc_tables_at(metrics->tables, i), &metrics->table_counters[i]);
    }
    for (int i = 0; metrics && i < metrics->opened->crls->nelts; i++) {
        cc_crls_count_in(crls_at(metrics, i), &metrics->crl_counters[i]);
    }
    for (int i = 0; metrics && i < metrics->opened->ocsp->nelts; i++) {
        cc_ocsp_t *ocsp = APR_ARRAY_IDX(metrics->opened->ocsp, i, cc_opened_ocsp_t).ocsp;
        cc_ocsp_count_in(ocsp, &metrics->ocsp_counters[i]);
    }
    for (int i = 0; metrics && i < metrics->ca_sets->nelts; i++) {
        cc_cas_count_in(cas_at(metrics, i), &metrics->ca_counters[i]);
    }
}

/* ---- reading ----------------------------------------------------------------------------- */

const cc_metrics_t *cc_metrics_of(const server_rec *s)
{
    return cc_configuration_of(s)->metrics;
}

const char *cc_metrics_vhost(const server_rec *s, apr_pool_t *p)
{
    if (!s || !s->is_virtual) {
        return "";
    }
    return apr_psprintf(p, "%s:%d", s->server_hostname ? s->server_hostname : "",
                        (int)(s->addrs ? s->addrs->host_port : s->port));
}

/* ---- counting ---------------------------------------------------------------------------- */

void cc_counters_rejected(const server_rec *s, cc_rejection_t reason)
{
    cc_counter_add(&cc_vhost_conf_of(s)->counters->rejections[reason]);
}

void cc_counters_forwarded(const server_rec *s, cc_forwarded_result_t result)
{
    cc_counter_add(&cc_vhost_conf_of(s)->counters->forwarded[result]);
}

void cc_counters_shadow(const server_rec *s, cc_shadow_result_t result)
{
    cc_counter_add(&cc_vhost_conf_of(s)->counters->shadow[result]);
}

void cc_counters_denied(const request_rec *r)
{
    cc_counter_add(&cc_vhost_conf_of(r->server)->counters->denied);
}

static void notes_count(const server_rec *s, const cc_verdict_t *verdict)
{
    cc_counter_t *notes = cc_metrics_of(s)->shared->notes;

    for (int i = 0; i < verdict->note_count; i++) {
        cc_counter_add(&notes[verdict->notes[i].kind]);
    }
}

static void decision_count(const cc_tally_t *tally, const cc_verdict_t *verdict)
{
    cc_counter_add(&tally->results[cc_verdict_result(verdict)]);
    for (int i = 0; i < verdict->matched_count; i++) {
        cc_counter_add(&tally->rules[verdict->matched[i].number]);
    }
}

static void user_count(const request_rec *r, const cc_verdict_t *verdict)
{
    cc_counter_add(&cc_metrics_of(r->server)->shared->users[verdict->strength - CC_STRENGTH_WEAK]);
}

static void user_note(request_rec *r, const cc_mark_t *mark, const char *user)
{
    cc_expiring_t *list = &cc_metrics_of(r->server)->shared->expiring;

    if (cc_expiring_lacks_user(list, mark)) {
        cc_expiring_set_user(list, mark, cc_text_excerpt(user, strlen(user), r->pool));
    }
}

void cc_counters_evaluated(request_rec *r, const cc_verdict_t *verdict, bool who,
                           const cc_mark_t *mark)
{
    if (verdict->note_count > 0) {
        notes_count(r->server, verdict);
    }
    if (who) {
        decision_count(cc_dir_of(r)->tally, verdict);
    }
    if (who && verdict->strength > CC_STRENGTH_NONE) {
        user_count(r, verdict);
    }
    if (who && verdict->user && mark) {
        user_note(r, mark, verdict->user);
    }
}

/* ---- certificates that expire soon ------------------------------------------------------- */

/* The subject is part of the certificate: no facts of the connection are needed. */
static const char *subject_of(const cc_cert_t *cert, apr_pool_t *p)
{
    const cc_value_t *subject = cc_cert_value(cert, "subject", p);

    return subject ? cc_text_excerpt(subject->text, subject->len, p) : "";
}

void cc_counters_expiring(const request_rec *r, const cc_cert_t *cert, const cc_mark_t *mark)
{
    cc_expiring_t *list = &cc_metrics_of(r->server)->shared->expiring;
    cc_expiry_t expiry = {.mark = *mark, .seen = r->request_time};
    unsigned char spki_sha256[32];
    apr_time_t not_before;

    cc_cert_validity(cert, &not_before, &expiry.not_after);
    if (cc_expiring_wants(list, mark, expiry.not_after, r->request_time)) {
        cc_cert_digests(cert, expiry.sha256, spki_sha256);
        apr_cpystrn(expiry.subject, subject_of(cert, r->pool), sizeof(expiry.subject));
        cc_expiring_add(list, &expiry);
    }
}
