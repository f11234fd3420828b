/* SPDX-License-Identifier: Apache-2.0 */
/* Knows which numbers mod_status is to show, and shows them when it asks. */
#include "httpd/metrics/mod_status.h"
#include "httpd/glue.h"

#include <apr_optional_hooks.h>
#include <mod_status.h>

static apr_uint64_t figure(const cc_counter_t *counter, bool has)
{
    return has ? atomic_load(counter) : CC_NONE;
}

cc_figures_t cc_shown_table(const cc_shown_t *shown, int i)
{
    const cc_table_t *table = cc_tables_at(shown->numbers->tables, i);
    const cc_table_counters_t *counters = &shown->numbers->table_counters[i];
    bool loaded = cc_table_is_loaded(table), cached = cc_table_is_cached(table);
    apr_uint64_t now = (apr_uint64_t)apr_time_sec(apr_time_now());
    cc_figures_t f = {.name = cc_table_name(table), .type = cc_table_type(table)};

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
    f.turned_away = figure(&counters->turned_away, cc_table_is_remote(table));
    return f;
}

int cc_shown_tables(const cc_shown_t *shown)
{
    return shown->numbers->tables ? cc_tables_count(shown->numbers->tables) : 0;
}

apr_uint64_t cc_shown_decisions(const cc_shown_t *shown, int result)
{
    apr_uint64_t sum = 0;

    for (int i = 0; i < shown->scopes->nelts; i++) {
        sum += atomic_load(&APR_ARRAY_IDX(shown->scopes, i, cc_scope_t).tally->results[result]);
    }
    return sum;
}

const char *cc_shown_crls_vhost(const cc_shown_t *shown, int i)
{
    const apr_array_header_t *opened = shown->numbers->opened->crls;

    return cc_numbers_vhost(APR_ARRAY_IDX(opened, i, const cc_opened_crls_t *)->server,
                            shown->r->pool);
}

const char *cc_shown_ocsp_vhost(const cc_shown_t *shown, int i)
{
    const apr_array_header_t *opened = shown->numbers->opened->ocsp;

    return cc_numbers_vhost(APR_ARRAY_IDX(opened, i, cc_opened_ocsp_t).server, shown->r->pool);
}

static int status_hook(request_rec *r, int flags)
{
    cc_shown_t shown = {.r = r, .numbers = cc_numbers_of(r->server)};

    if (!shown.numbers) {
        return DECLINED;
    }
    shown.scopes = cc_scopes_of(r->server);
    shown.crls = cc_revocation_crls(r->server, r->pool);
    shown.ending_count = cc_numbers_endings(shown.numbers, &shown.endings, r->pool);
    if (flags & AP_STATUS_SHORT) {
        cc_shown_lines(&shown);
    } else {
        cc_shown_page(&shown);
    }
    return OK;
}

void cc_serverstatus_register(void)
{
    APR_OPTIONAL_HOOK(ap, status_hook, status_hook, NULL, NULL, APR_HOOK_MIDDLE);
}
