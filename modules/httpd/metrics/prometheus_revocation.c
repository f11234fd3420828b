/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the numbers of revocation as Prometheus reads them: CRLs, and what OCSP was asked. */
#include <apr_strings.h>

#include "base/counter.h"
#include "crl/crl.h"
#include "httpd/background/revocation.h"
#include "httpd/conf/module.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/prometheus.h"
#include "ocsp/ocsp.h"

/* ---- the CRLs that are held -------------------------------------------------------------- */

static const char *vhost_label(const server_rec *s, apr_pool_t *p)
{
    return cc_sample_label("", "vhost", cc_metrics_vhost(s, p), p);
}

static const char *crl_labels(const cc_samples_t *samples, const cc_held_crl_t *crl)
{
    apr_pool_t *p = samples->pool;
    const char *labels = cc_sample_label(vhost_label(crl->server, p), "file", crl->info.path, p);

    labels = cc_sample_label(labels, "issuer", crl->info.issuer, p);
    return cc_sample_label(labels, "type", crl->info.delta ? "delta" : "complete", p);
}

static void collect_crl_entries(cc_samples_t *samples, const cc_family_t *family)
{
    for (int i = 0; i < samples->crls->nelts; i++) {
        const cc_held_crl_t *crl = &APR_ARRAY_IDX(samples->crls, i, cc_held_crl_t);

        cc_sample_add(samples, family, crl_labels(samples, crl), crl->info.entries);
    }
}

static void collect_crl_times(cc_samples_t *samples, const cc_family_t *family)
{
    for (int i = 0; i < samples->crls->nelts; i++) {
        const cc_held_crl_t *crl = &APR_ARRAY_IDX(samples->crls, i, cc_held_crl_t);
        const void *time = (const char *)&crl->info + family->offset;

        cc_sample_add(samples, family, crl_labels(samples, crl),
                      (apr_uint64_t)apr_time_sec(*(const apr_time_t *)time));
    }
}

/* ---- what was counted -------------------------------------------------------------------- */

static void collect_crl_counters(cc_samples_t *samples, const cc_family_t *family)
{
    const apr_array_header_t *opened = samples->numbers->opened->crls;

    for (int i = 0; i < opened->nelts; i++) {
        const cc_opened_crls_t *one = APR_ARRAY_IDX(opened, i, const cc_opened_crls_t *);

        cc_sample_add(samples, family, vhost_label(one->server, samples->pool),
                      cc_sample_counted(family, &samples->numbers->crl_counters[i]));
    }
}

static const server_rec *ocsp_server(const cc_samples_t *samples, int i)
{
    return APR_ARRAY_IDX(samples->numbers->opened->ocsp, i, const cc_opened_ocsp_t).server;
}

static void collect_ocsp_counters(cc_samples_t *samples, const cc_family_t *family)
{
    for (int i = 0; i < samples->numbers->opened->ocsp->nelts; i++) {
        cc_sample_add(samples, family, vhost_label(ocsp_server(samples, i), samples->pool),
                      cc_sample_counted(family, &samples->numbers->ocsp_counters[i]));
    }
}

/* A counter of each host for each of these words. */
static void add_results(cc_samples_t *samples, const cc_family_t *family, const char *const *words)
{
    for (int i = 0; i < samples->numbers->opened->ocsp->nelts; i++) {
        const char *counters = (const char *)&samples->numbers->ocsp_counters[i];
        const char *labels = vhost_label(ocsp_server(samples, i), samples->pool);

        for (int j = 0; words[j]; j++) {
            cc_sample_add(samples, family,
                          cc_sample_label(labels, "result", words[j], samples->pool),
                          cc_sample_counted(family, counters + sizeof(cc_counter_t) * (size_t)j));
        }
    }
}

static void collect_checks(cc_samples_t *samples, const cc_family_t *family)
{
    add_results(samples, family, cc_check_words);
}

static void collect_questions(cc_samples_t *samples, const cc_family_t *family)
{
    add_results(samples, family, cc_question_words);
}

/* ---- the metrics ------------------------------------------------------------------------- */

#define OF_CRL(member) collect_crl_times, NULL, offsetof(cc_crl_info_t, member)
#define OF_CRLS(member) collect_crl_counters, NULL, offsetof(cc_crl_counters_t, member)
#define OF_OCSP(member) collect_ocsp_counters, NULL, offsetof(cc_ocsp_counters_t, member)

const cc_family_t cc_families_of_revocation[] = {
    {"clientcert_crl_entries", "gauge", "Certificates that the CRL lists.", collect_crl_entries,
     NULL, 0},
    {"clientcert_crl_this_update_timestamp_seconds", "gauge", "When the CRL was made.",
     OF_CRL(this_update)},
    {"clientcert_crl_next_update_timestamp_seconds", "gauge",
     "When the next CRL is to be there at the latest.", OF_CRL(next_update)},
    {"clientcert_crl_last_load_timestamp_seconds", "gauge",
     "When this process, or the one before it, loaded the CRL.", OF_CRL(loaded_at)},
    {"clientcert_crl_loads_total", "counter", "States of files of CRLs that were loaded.",
     OF_CRLS(loads)},
    {"clientcert_crl_load_failures_total", "counter",
     "States of files of CRLs that were refused or could not be read.", OF_CRLS(load_failures)},
    {"clientcert_crl_files_refused", "gauge",
     "Files of CRLs that are refused as they are, so that older CRLs serve.", OF_CRLS(refused)},
    {"clientcert_crl_last_look_timestamp_seconds", "gauge",
     "When a process last looked at the files of CRLs.", OF_CRLS(looked_at)},
    {"clientcert_ocsp_checks_total", "counter", "Certificates checked by OCSP, by what was known.",
     collect_checks, NULL, offsetof(cc_ocsp_counters_t, checks)},
    {"clientcert_ocsp_cache_hits_total", "counter", "Checks answered from the cache.",
     OF_OCSP(cache_hits)},
    {"clientcert_ocsp_stale_answers_total", "counter",
     "Checks answered with an answer that had run out, because the responder did not answer.",
     OF_OCSP(stale_answers)},
    {"clientcert_ocsp_waits_total", "counter",
     "Checks that waited for a question that was under way.", OF_OCSP(waits)},
    {"clientcert_ocsp_turned_away_total", "counter",
     "Checks that did not wait, since the responder was slow and enough others waited.",
     OF_OCSP(turned_away)},
    {"clientcert_ocsp_questions_total", "counter",
     "Questions to OCSP responders, by what came of them.", collect_questions, NULL,
     offsetof(cc_ocsp_counters_t, questions)},
    {NULL, NULL, NULL, NULL, NULL, 0},
};
