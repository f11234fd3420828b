/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the loads of a table: each change once, however many processes see it. */
#include "tables/internal.h"

void cc_table_count_load(cc_table_t *table, bool good, apr_time_t now)
{
    const cc_backend_t *backend = table->source.backend;
    cc_table_counters_t *counters = table->counters;
    apr_uint64_t outcome = cc_outcome_of(backend->seen(table->source.state), good);

    if (good && backend->rows) {
        atomic_store(&counters->rows, backend->rows(table->source.state));
    }
    if (!cc_outcome_note(&counters->outcome, outcome)) {
        return; /* another process has counted it */
    }
    atomic_store(&counters->last_good, good);
    if (good) {
        atomic_store(&counters->loaded_at, (apr_uint64_t)apr_time_sec(now));
    }
    cc_counter_add(good ? &counters->loads : &counters->load_failures);
}

/* ---- where it is counted --------------------------------------------------------------------- */

void cc_table_counters_start(cc_table_counters_t *counters, const cc_table_t *table)
{
    const cc_table_counters_t *opened = &table->own;

    atomic_store(&counters->outcome, atomic_load(&opened->outcome));
    atomic_store(&counters->rows, atomic_load(&opened->rows));
    atomic_store(&counters->loaded_at, atomic_load(&opened->loaded_at));
    atomic_store(&counters->last_good, atomic_load(&opened->last_good));
    atomic_store(&counters->loads, atomic_load(&opened->loads));
}

void cc_table_count_in(cc_table_t *table, cc_table_counters_t *counters)
{
    table->counters = counters;
}
