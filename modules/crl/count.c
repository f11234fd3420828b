/* SPDX-License-Identifier: Apache-2.0 */
/* Counts loads of files of CRLs: each change once, however many processes find it. */
#include "crl/internal.h"

/* The last outcome of a source. That of a file is its stamp, and whether it was accepted. */
enum { READABLE, UNREADABLE };

/* FNV-1a; never 0. A source and a file may have the same path. */
static apr_uint64_t print_of(const char *path, bool source)
{
    apr_uint64_t print = source ? 1 : 14695981039346656037u;

    for (; *path; path++) {
        print = (print ^ (unsigned char)*path) * 1099511628211u;
    }
    return print | 1;
}

/*
 * Records the outcome of a path in its place; true if it is new. When all places are taken, paths
 * share one, and changes at the same time may be counted more than once.
 */
static bool outcome_note(cc_crl_counters_t *counters, apr_uint64_t print, apr_uint64_t outcome)
{
    apr_uint64_t first = (print >> 1) % CC_CRL_PLACES, at = first;

    for (int i = 0; i < CC_CRL_PLACES; i++) {
        apr_uint64_t taken_by = 0;

        at = (first + (apr_uint64_t)i) % CC_CRL_PLACES;
        if (atomic_compare_exchange_strong(&counters->places[at].path, &taken_by, print) ||
            taken_by == print) {
            return cc_outcome_note(&counters->places[at].outcome, outcome);
        }
    }
    return cc_outcome_note(&counters->places[first].outcome, outcome);
}

void cc_crls_count_file(cc_crls_t *crls, const cc_crl_file_t *file, bool taken)
{
    cc_crl_counters_t *counters = crls->counters;
    apr_uint64_t outcome = cc_outcome_of(cc_file_stamp_digest(&file->seen), taken);

    if (outcome_note(counters, print_of(file->path, false), outcome)) {
        cc_counter_add(taken ? &counters->loads : &counters->load_failures);
    }
}

static void source_count(cc_crl_counters_t *counters, const cc_crl_source_t *source)
{
    apr_uint64_t outcome = source->reported ? UNREADABLE : READABLE;

    if (outcome_note(counters, print_of(source->path, true), outcome) && source->reported) {
        cc_counter_add(&counters->load_failures);
    }
}

void cc_crls_count_open(cc_crls_t *crls, apr_time_t now)
{
    for (int i = 0; i < crls->files->nelts; i++) {
        const cc_crl_file_t *file = APR_ARRAY_IDX(crls->files, i, const cc_crl_file_t *);

        if (file->content || file->reported) {
            cc_crls_count_file(crls, file, !file->reported);
        }
    }
    atomic_store(&crls->counters->looked_at, (apr_uint64_t)apr_time_sec(now));
}

void cc_crls_count_poll(cc_crls_t *crls, apr_time_t now)
{
    cc_crl_counters_t *counters = crls->counters;
    apr_uint64_t refused = 0;

    for (int i = 0; i < crls->sources->nelts; i++) {
        const cc_crl_source_t *source = &APR_ARRAY_IDX(crls->sources, i, const cc_crl_source_t);

        source_count(counters, source);
        refused += source->reported;
    }
    for (int i = 0; i < crls->files->nelts; i++) {
        refused += APR_ARRAY_IDX(crls->files, i, const cc_crl_file_t *)->reported != NULL;
    }
    atomic_store(&counters->refused, refused);
    atomic_store(&counters->looked_at, (apr_uint64_t)apr_time_sec(now));
}

/* ---- where it is counted --------------------------------------------------------------------- */

void cc_crls_counters_start(cc_crl_counters_t *counters, const cc_crls_t *crls)
{
    const cc_crl_counters_t *opened = &crls->own;

    atomic_store(&counters->loads, atomic_load(&opened->loads));
    atomic_store(&counters->load_failures, atomic_load(&opened->load_failures));
    atomic_store(&counters->refused, atomic_load(&opened->refused));
    atomic_store(&counters->looked_at, atomic_load(&opened->looked_at));
    for (int i = 0; i < CC_CRL_PLACES; i++) {
        atomic_store(&counters->places[i].path, atomic_load(&opened->places[i].path));
        atomic_store(&counters->places[i].outcome, atomic_load(&opened->places[i].outcome));
    }
}

void cc_crls_count_in(cc_crls_t *crls, cc_crl_counters_t *counters)
{
    crls->counters = counters;
}
