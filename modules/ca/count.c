/* SPDX-License-Identifier: Apache-2.0 */
/* Counts loads of files of CAs: each change once, however many processes find it. */
/*
 * Each file has a place in shared memory, with its last outcomes, numbered. A process that finds a
 * change looks for its outcome after the last one that it knows. If it is there, another process
 * was first. Otherwise it is added. A file may have an earlier outcome again, when a link is
 * switched to another file and back, so the last outcome alone is not enough.
 */
#include <string.h>

#include "ca/followed.h"

/* The outcome of a file that is missing from a folder, and of a source that is not refused. */
#define NO_OUTCOME 0x5EEDu

/* ---- places ---------------------------------------------------------------------------------- */

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
 * The outcomes of a path. When all places are taken, paths share one, and changes at the same time
 * may be counted more than once.
 */
static cc_counter_t *outcomes_of(cc_ca_counters_t *counters, const char *path, bool source)
{
    apr_uint64_t print = print_of(path, source);
    apr_uint64_t first = (print >> 1) % CC_CA_PLACES, at = first;

    for (int i = 0; i < CC_CA_PLACES; i++) {
        apr_uint64_t taken_by = 0;

        at = (first + (apr_uint64_t)i) % CC_CA_PLACES;
        if (atomic_compare_exchange_strong(&counters->places[at].path, &taken_by, print) ||
            taken_by == print) {
            return counters->places[at].outcomes;
        }
    }
    return counters->places[first].outcomes;
}

/* ---- histories ------------------------------------------------------------------------------- */

/* Adds an outcome, unless it is there after the last one that this process knows: then false. */
static bool outcome_add(cc_counter_t *outcomes, cc_ca_history_t *history, apr_uint64_t outcome)
{
    cc_ca_journal_t journal = {outcomes, CC_CA_OUTCOMES};

    history->outcome = outcome;
    return cc_ca_journal_add(&journal, &history->at, outcome);
}

/* The number of the last such outcome, or 0; *latest is that of the last outcome. */
static apr_uint64_t outcome_last(cc_counter_t *outcomes, apr_uint64_t outcome, apr_uint64_t *latest)
{
    apr_uint64_t last = 0;

    *latest = 0;
    for (int i = 0; i < CC_CA_OUTCOMES; i++) {
        apr_uint64_t slot = atomic_load(&outcomes[i]);
        apr_uint64_t number = cc_ca_journal_number(slot);

        *latest = number > *latest ? number : *latest;
        if (number > last && slot == cc_ca_journal_slot(outcome, number)) {
            last = number;
        }
    }
    return last;
}

static void history_move(cc_counter_t *outcomes, cc_ca_history_t *history)
{
    apr_uint64_t latest = 0;
    apr_uint64_t last = outcome_last(outcomes, history->outcome, &latest);

    history->at = last ? last : latest;
}

/* ---- files and sources ----------------------------------------------------------------------- */

/* Half of the digest: enough to distinguish the states of one file. */
static apr_uint64_t outcome_of(const cc_ca_file_t *file, bool accepted)
{
    apr_uint64_t digest = cc_file_stamp_digest(&file->seen);

    return file->gone ? NO_OUTCOME : ((digest ^ digest >> 32) & 0x7FFFFFFFu) << 1 | accepted;
}

bool cc_ca_file_count(cc_cas_t *cas, cc_ca_file_t *file, bool accepted)
{
    cc_ca_counters_t *counters = cas->counters;
    apr_uint64_t outcome = outcome_of(file, accepted);

    if (outcome == file->history.outcome ||
        !outcome_add(outcomes_of(counters, file->path, false), &file->history, outcome)) {
        return false;
    }
    cc_counter_add(accepted ? &counters->loads : &counters->load_failures);
    return true;
}

void cc_ca_file_count_from(cc_cas_t *cas, cc_ca_file_t *file)
{
    apr_uint64_t latest;

    file->history.at =
        outcome_last(outcomes_of(cas->counters, file->path, false), NO_OUTCOME, &latest);
}

bool cc_ca_source_count(cc_cas_t *cas, cc_ca_source_t *source, const char *tag)
{
    cc_ca_counters_t *counters = cas->counters;
    apr_uint64_t outcome = tag ? print_of(tag, true) & 0xFFFFFFFFu : NO_OUTCOME;

    if (!outcome_add(outcomes_of(counters, source->path, true), &source->history, outcome)) {
        return false;
    }
    if (tag) {
        cc_counter_add(&counters->load_failures);
    }
    return true;
}

apr_time_t cc_ca_files_written(const cc_cas_t *cas)
{
    apr_time_t now = apr_time_now(), newest = 0;

    for (int i = 0; i < cas->files->nelts; i++) {
        const cc_ca_file_t *file = APR_ARRAY_IDX(cas->files, i, const cc_ca_file_t *);

        if (file->content && file->seen.modified > newest) {
            newest = file->seen.modified;
        }
    }
    return newest && newest < now ? newest : now;
}

void cc_cas_count_poll(cc_cas_t *cas, apr_time_t now)
{
    apr_uint64_t refused = 0;

    for (int i = 0; i < cas->sources->nelts; i++) {
        refused += APR_ARRAY_IDX(cas->sources, i, cc_ca_source_t).refusal.tag != NULL;
    }
    for (int i = 0; i < cas->files->nelts; i++) {
        refused += APR_ARRAY_IDX(cas->files, i, const cc_ca_file_t *)->refusal.tag != NULL;
    }
    atomic_store(&cas->counters->refused, refused);
    atomic_store(&cas->counters->looked_at, (apr_uint64_t)apr_time_sec(now));
}

/* ---- where it is counted --------------------------------------------------------------------- */

void cc_cas_counters_start(cc_ca_counters_t *counters, cc_cas_t *cas)
{
    const cc_ca_counters_t *opened = &cas->own;

    cas->departures = (cc_ca_journal_t){counters->departures, CC_CA_DEPARTURES};
    atomic_store(&counters->loads, atomic_load(&opened->loads));
    atomic_store(&counters->load_failures, atomic_load(&opened->load_failures));
    atomic_store(&counters->refused, atomic_load(&opened->refused));
    atomic_store(&counters->looked_at, atomic_load(&opened->looked_at));
    atomic_store(&counters->changed_at, atomic_load(&opened->changed_at));
    for (int i = 0; i < CC_CA_PLACES; i++) {
        atomic_store(&counters->places[i].path, atomic_load(&opened->places[i].path));
        for (int j = 0; j < CC_CA_OUTCOMES; j++) {
            atomic_store(&counters->places[i].outcomes[j],
                         atomic_load(&opened->places[i].outcomes[j]));
        }
    }
}

void cc_cas_count_in(cc_cas_t *cas, cc_ca_counters_t *counters)
{
    cas->counters = counters;
    cas->departures = (cc_ca_journal_t){counters->departures, CC_CA_DEPARTURES};
    for (int i = 0; i < cas->sources->nelts; i++) {
        cc_ca_source_t *source = &APR_ARRAY_IDX(cas->sources, i, cc_ca_source_t);

        history_move(outcomes_of(counters, source->path, true), &source->history);
    }
    for (int i = 0; i < cas->files->nelts; i++) {
        cc_ca_file_t *file = APR_ARRAY_IDX(cas->files, i, cc_ca_file_t *);

        history_move(outcomes_of(counters, file->path, false), &file->history);
    }
}
