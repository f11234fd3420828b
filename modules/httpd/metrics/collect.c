/* SPDX-License-Identifier: Apache-2.0 */
/* Collects all metrics of the configuration in effect, for one response. */
#include <apr_strings.h>

#include "base/text.h"
#include "ca/ca.h"
#include "cert/cert.h"
#include "httpd/background/ca_sets.h"
#include "httpd/background/crl_held.h"
#include "httpd/background/revocation.h"
#include "httpd/conf/ledger_spec.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/metrics/collect.h"
#include "httpd/metrics/counted.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/expiring.h"
#include "httpd/metrics/families.h"
#include "httpd/metrics/ledger.h"
#include "rules/rules.h"
#include "tables/table.h"

/* The response that is made, and its configuration. */
typedef struct collector_t {
    const server_rec *server;
    const cc_metrics_t *metrics;
    cc_collected_t *collected;
    apr_pool_t *pool;
} collector_t;

static cc_instance_t *instance_add(const collector_t *it, cc_kind_t kind, const void *numbers)
{
    cc_instance_t *instance = apr_array_push(it->collected->instances[kind]);

    *instance = (cc_instance_t){.numbers = numbers};
    return instance;
}

static void server_add(const collector_t *it)
{
    cc_server_numbers_t *numbers = &it->collected->server;
    cc_expiry_t *expiries = apr_palloc(it->pool, sizeof(*expiries) * CC_EXPIRING_MOST);
    cc_instance_t *instance = instance_add(it, CC_KIND_SERVER, numbers);

    numbers->since = it->metrics->since;
    numbers->expiring = (apr_uint32_t)cc_expiring_read(&it->metrics->shared->expiring, expiries,
                                                       it->collected->now);
    if (numbers->expiring > 0) {
        instance->features = CC_HAS_EXPIRY;
        numbers->earliest_end = expiries[0].not_after;
    }
    it->collected->expiries = expiries;
    instance_add(it, CC_KIND_SHARED, it->metrics->shared);
}

/*
 * A host that uses the module shows all its counters from the start, so that the first event is an
 * increase. A host where only files that are read later may use the module shows them after the
 * first event.
 */
static bool is_shown(const cc_counted_vhost_t *vhost)
{
    if (cc_use_of(vhost->server) == CC_USE_HERE || atomic_load(&vhost->counters->denied) > 0) {
        return true;
    }
    for (int i = 0; i < CC_REJECTED_COUNT; i++) {
        if (atomic_load(&vhost->counters->rejections[i]) > 0) {
            return true;
        }
    }
    return false;
}

static void ledger_add(const collector_t *it, const server_rec *s)
{
    const cc_vhost_conf_t *conf = cc_vhost_conf_of(s);
    cc_ledger_numbers_t *numbers;
    apr_time_t oldest;

    if (!conf->ledger) {
        return;
    }
    oldest = cc_ledger_oldest(conf->ledger_spec, it->collected->now);
    numbers = apr_pcalloc(it->pool, sizeof(*numbers));
    numbers->entries = (apr_uint32_t)cc_ledger_entries(conf->ledger, oldest);
    atomic_init(&numbers->replaced, cc_ledger_replaced(conf->ledger));
    instance_add(it, CC_KIND_LEDGER, numbers)->texts[0] = cc_metrics_vhost(s, it->pool);
}

/* httpd lists the main server first, and then the virtual hosts in reverse order. */
static void vhosts_add(const collector_t *it)
{
    const apr_array_header_t *vhosts = it->metrics->vhosts;

    for (int i = 0; i < vhosts->nelts; i++) {
        int at = i == 0 ? 0 : vhosts->nelts - i;
        const cc_counted_vhost_t *vhost = &APR_ARRAY_IDX(vhosts, at, const cc_counted_vhost_t);

        ledger_add(it, vhost->server);
        if (is_shown(vhost)) {
            instance_add(it, CC_KIND_VHOST, vhost->counters)->texts[0] =
                cc_metrics_vhost(vhost->server, it->pool);
        }
    }
}

static void ruleset_add(const collector_t *it, const cc_ruleset_t *ruleset)
{
    const char *vhost = cc_metrics_vhost(ruleset->server, it->pool);
    const char *section = ruleset->section ? ruleset->section : "";
    cc_instance_t *instance = instance_add(it, CC_KIND_RULESET, ruleset->tally->results);

    instance->texts[0] = vhost;
    instance->texts[1] = section;
    for (int i = 0; i < cc_rules_count(ruleset->rules); i++) {
        instance = instance_add(it, CC_KIND_RULE, &ruleset->tally->rules[i]);
        instance->texts[0] = vhost;
        instance->texts[1] = section;
        instance->texts[2] = cc_rules_where(ruleset->rules, i);
    }
}

static unsigned features_of(const cc_table_t *table)
{
    return (cc_table_has_rows(table) ? CC_HAS_ROWS : 0u) |
           (cc_table_is_loaded(table) ? CC_HAS_LOADS : 0u) |
           (cc_table_is_cached(table) ? CC_HAS_CACHE : 0u) |
           (cc_table_is_remote(table) ? CC_HAS_WAITS : 0u);
}

/* The rows that this process holds. */
static void validity_add(const collector_t *it, cc_instance_t *instance, cc_table_t *table,
                         cc_table_counters_t *counters)
{
    cc_validity_t validity = cc_table_validity(table, it->collected->now);

    instance->features |= CC_HAS_DATES;
    atomic_store(&counters->outside, validity.ended + validity.coming);
    if (validity.earliest_end != APR_INT64_MAX) {
        instance->features |= CC_HAS_END;
        atomic_store(&counters->earliest_end, (apr_uint64_t)apr_time_sec(validity.earliest_end));
    }
}

static void table_add(const collector_t *it, int i)
{
    cc_table_t *table = cc_tables_at(it->metrics->tables, i);
    cc_instance_t *instance = instance_add(it, CC_KIND_TABLE, &it->metrics->table_counters[i]);

    instance->features = features_of(table);
    instance->texts[0] = cc_table_name(table);
    instance->texts[1] = cc_metrics_vhost(cc_table_scope(table), it->pool);
    instance->texts[2] = cc_table_type(table);
    if (cc_table_has_validity(table)) {
        validity_add(it, instance, table, &it->metrics->table_counters[i]);
    }
}

static void crl_add(const collector_t *it, const cc_held_crl_t *crl)
{
    cc_instance_t *instance = instance_add(it, CC_KIND_CRL, &crl->info);

    instance->texts[0] = crl->info.path;
    instance->texts[1] = cc_metrics_vhost(crl->server, it->pool);
    instance->texts[2] = crl->info.issuer;
    instance->texts[3] = crl->info.delta ? "delta" : "complete";
    instance->texts[4] = crl->info.number;
}

static void revocation_add(const collector_t *it)
{
    const cc_opened_t *opened = it->metrics->opened;
    const apr_array_header_t *crls = cc_crl_held_list(it->server, it->pool);
    cc_instance_t *instance;

    for (int i = 0; i < crls->nelts; i++) {
        crl_add(it, &APR_ARRAY_IDX(crls, i, const cc_held_crl_t));
    }
    for (int i = 0; i < opened->crls->nelts; i++) {
        const cc_opened_crls_t *one = APR_ARRAY_IDX(opened->crls, i, const cc_opened_crls_t *);

        instance = instance_add(it, CC_KIND_CRL_FILES, &it->metrics->crl_counters[i]);
        instance->texts[0] = cc_metrics_vhost(one->server, it->pool);
    }
    for (int i = 0; i < opened->ocsp->nelts; i++) {
        const cc_opened_ocsp_t *one = &APR_ARRAY_IDX(opened->ocsp, i, const cc_opened_ocsp_t);

        instance = instance_add(it, CC_KIND_OCSP, &it->metrics->ocsp_counters[i]);
        instance->texts[0] = cc_metrics_vhost(one->server, it->pool);
    }
}

/* ---- sets of CAs ------------------------------------------------------------------------- */

/* NULL: the group is empty. */
static const cc_ca_t *first_to_end(const cc_ca_group_t *group)
{
    const cc_ca_t *first = NULL;

    for (int i = 0; i < cc_ca_count(group); i++) {
        const cc_ca_t *ca = cc_ca_at(group, i);

        first = !first || ca->not_after < first->not_after ? ca : first;
    }
    return first;
}

static const char *subject_of(const cc_ca_t *ca, apr_pool_t *p)
{
    X509 *cert = cc_ca_cert(ca);
    const cc_value_t *subject = cert ? cc_cert_value(cc_cert_wrap(cert, p), "subject", p) : NULL;

    return subject ? cc_text_excerpt(subject->text, subject->len, p) : "";
}

static void ca_group_add(const collector_t *it, const cc_ca_group_t *group, const char *vhost)
{
    cc_ca_numbers_t *numbers = apr_pcalloc(it->pool, sizeof(*numbers));
    cc_instance_t *instance = instance_add(it, CC_KIND_CA, numbers);
    const cc_ca_t *first = first_to_end(group);
    const char *domain = cc_ca_group_domain(group);

    numbers->count = (apr_uint32_t)cc_ca_count(group);
    if (first) {
        numbers->earliest_end = first->not_after;
        instance->features = CC_HAS_CAS;
    }
    instance->texts[0] = vhost;
    instance->texts[1] = domain ? apr_pstrdup(it->pool, domain) : "";
    instance->texts[2] = first ? subject_of(first, it->pool) : "";
}

/* Nothing of the set is used after cc_cas_leave. */
static void ca_set_add(const collector_t *it, const cc_opened_cas_t *opened,
                       const cc_ca_counters_t *counters)
{
    const char *vhost = cc_metrics_vhost(opened->server, it->pool);
    unsigned side;
    const cc_ca_set_t *set = cc_cas_enter(opened->cas, &side);

    for (int i = 0; i < cc_ca_groups(set); i++) {
        ca_group_add(it, cc_ca_group_at(set, i), vhost);
    }
    cc_cas_leave(opened->cas, side);
    instance_add(it, CC_KIND_CA_FILES, counters)->texts[0] = vhost;
}

/* ---- all --------------------------------------------------------------------------------- */

const cc_collected_t *cc_metrics_collect(const server_rec *s, apr_pool_t *p)
{
    collector_t it = {s, cc_metrics_of(s), apr_pcalloc(p, sizeof(*it.collected)), p};
    const apr_array_header_t *rulesets = cc_rulesets_of(s);

    if (!it.metrics) {
        return NULL;
    }
    it.collected->now = apr_time_now();
    for (int kind = 0; kind < CC_KIND_COUNT; kind++) {
        it.collected->instances[kind] = apr_array_make(p, 4, sizeof(cc_instance_t));
    }
    server_add(&it);
    vhosts_add(&it);
    for (int i = 0; i < rulesets->nelts; i++) {
        ruleset_add(&it, &APR_ARRAY_IDX(rulesets, i, const cc_ruleset_t));
    }
    for (int i = 0; it.metrics->tables && i < cc_tables_count(it.metrics->tables); i++) {
        table_add(&it, i);
    }
    revocation_add(&it);
    for (int i = 0; i < it.metrics->ca_sets->nelts; i++) {
        ca_set_add(&it, &APR_ARRAY_IDX(it.metrics->ca_sets, i, const cc_opened_cas_t),
                   &it.metrics->ca_counters[i]);
    }
    return it.collected;
}
