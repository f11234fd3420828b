/* SPDX-License-Identifier: Apache-2.0 */
/* Reads when a row counts, from and until, and finds the row of a key that counts now. */
#include <string.h>

#include <apr_strings.h>

#include "base/moment.h"
#include "base/text.h"
#include "tables/internal.h"

/*
 * With valid=N, columns N and N+1 of a row are the moments from which and until which it counts. A
 * row that does not count now is as if it were not there, so a key may have several rows of which
 * at most one counts at a time. An answer is good until the next of these moments: then another row
 * may count.
 *
 * A row whose moments cannot be read neither counts nor is missing: the lookup fails, because a row
 * of a list of clients to keep out must not be lost by a typing error.
 */

#define DAY apr_time_from_sec(86400)

/* ---- reading --------------------------------------------------------------------------------- */

static bool period_read(cc_period_t *period, const char *from, const char *until)
{
    bool is_date = false;

    *period = (cc_period_t){APR_INT64_MIN, APR_INT64_MAX};
    if (strcmp(from, "-") != 0 && !cc_moment_read(&period->from, &is_date, from)) {
        return false;
    }
    if (strcmp(until, "-") == 0) {
        return true;
    }
    if (!cc_moment_read(&period->until, &is_date, until)) {
        return false;
    }
    period->until += is_date ? DAY : 0;
    return true;
}

/* The only value of a column, from 1; NULL: *problem has the reason. */
static const char *column_only(const cc_row_t *row, int column, const char **problem, apr_pool_t *p)
{
    const char *what;
    const cc_column_t *found = row->count >= column ? &row->columns[column - 1] : NULL;

    if (found && found->count == 1) {
        return found->values[0];
    }
    what = !found ? "missing" : found->count == 0 ? "empty" : "a list";
    *problem = apr_psprintf(p, "column %d, a date of valid=, is %s; write a date, or - for none",
                            column, what);
    return NULL;
}

/* A moment on its own, to name the column at fault. */
static const char *moment_problem(const char *text, int column, apr_pool_t *p)
{
    cc_period_t unused;

    if (period_read(&unused, text, "-")) {
        return NULL;
    }
    return apr_psprintf(p,
                        "column %d, a date of valid=, is \"%s\"; write 2027-01-31, "
                        "2027-01-31T12:00:00Z (UTC) or -",
                        column, cc_text_excerpt(text, strlen(text), p));
}

const char *cc_period_of(cc_period_t *period, const cc_row_t *row, int column, apr_pool_t *p)
{
    const char *problem = NULL;
    const char *from = column_only(row, column, &problem, p);
    const char *until = from ? column_only(row, column + 1, &problem, p) : NULL;

    if (!problem) {
        problem = moment_problem(from, column, p);
    }
    if (!problem) {
        problem = moment_problem(until, column + 1, p);
    }
    if (problem) {
        return problem;
    }
    period_read(period, from, until);
    return period->from < period->until
               ? NULL
               : apr_psprintf(p, "the row can never count: it ends (column %d) before it begins",
                              column + 1);
}

static cc_period_t packed_period(const cc_packed_t *columns, int column)
{
    cc_period_t period = {APR_INT64_MIN, APR_INT64_MAX};

    period_read(&period, cc_packed_value(columns, column), cc_packed_value(columns, column + 1));
    return period;
}

bool cc_period_beside(const cc_packed_t *one, const cc_packed_t *other, int column)
{
    cc_period_t a = packed_period(one, column);
    cc_period_t b = packed_period(other, column);

    return a.until <= b.from || b.until <= a.from;
}

/* ---- lookups --------------------------------------------------------------------------------- */

/* What is known of the rows of a key. */
typedef struct {
    const cc_row_t *counts; /* the one that counts now; NULL: none */
    const cc_row_t *ended;  /* the last one that has ended; NULL: none */
    const cc_row_t *coming; /* the next one to begin; NULL: none */
    apr_time_t ended_at;
    apr_time_t coming_at;
    apr_time_t next; /* the next moment at which this changes */
    const char *failure;
} choice_t;

static void row_judge(choice_t *choice, const cc_row_t *row, const cc_period_t *period,
                      apr_time_t now)
{
    apr_time_t next = now < period->from ? period->from : period->until;

    if (now < period->from && period->from < choice->coming_at) {
        choice->coming = row;
        choice->coming_at = period->from;
    } else if (now >= period->until && period->until > choice->ended_at) {
        choice->ended = row;
        choice->ended_at = period->until;
    } else if (now >= period->from && now < period->until) {
        choice->failure = choice->counts ? "two rows of this key count now (valid=)" : NULL;
        choice->counts = row;
    }
    if (next > now && next < choice->next) {
        choice->next = next;
    }
}

static const char *outside_text(const choice_t *choice, int column, apr_pool_t *p)
{
    const char *ended = choice->ended ? choice->ended->columns[column].values[0] : NULL;
    const char *coming = choice->coming ? choice->coming->columns[column - 1].values[0] : NULL;

    if (ended && coming) {
        return apr_psprintf(p, "the row of this key ended on %s, and the next one begins on %s",
                            ended, coming);
    }
    return ended ? apr_psprintf(p, "the row of this key ended on %s", ended)
                 : apr_psprintf(p, "the row of this key begins on %s", coming);
}

void cc_period_choose(cc_query_t *query, const cc_row_t *rows, int count, const cc_when_t *when,
                      apr_pool_t *p)
{
    choice_t choice = {
        .ended_at = APR_INT64_MIN, .coming_at = APR_INT64_MAX, .next = APR_INT64_MAX};

    for (int i = 0; i < count && !choice.failure; i++) {
        cc_period_t period;

        choice.failure = cc_period_of(&period, &rows[i], when->column, p);
        if (!choice.failure) {
            row_judge(&choice, &rows[i], &period, when->now);
        }
    }
    if (choice.failure) {
        query->result = CC_TABLE_FAILED;
        query->info.failure = choice.failure;
        return;
    }
    if (choice.next < query->info.stale_at) {
        query->info.stale_at = choice.next;
    }
    query->result = choice.counts ? CC_TABLE_FOUND : CC_TABLE_MISSING;
    query->row = choice.counts ? *choice.counts : (cc_row_t){0, NULL};
    if (!choice.counts && count > 0) {
        query->info.outside = outside_text(&choice, when->column, p);
    }
}

/* ---- all rows of a table --------------------------------------------------------------------- */

/* A walk over the rows of a table. */
typedef struct {
    cc_validity_t *validity;
    int column;
    apr_time_t now;
} row_walk_t;

static bool row_count(const char *key, apr_size_t len, const cc_packed_t *columns,
                      apr_uint64_t line, void *baton)
{
    const row_walk_t *walk = baton;
    cc_validity_t *validity = walk->validity;
    cc_period_t period;
    apr_time_t next;

    (void)key;
    (void)len;
    period = packed_period(columns, walk->column);
    next = walk->now < period.from ? period.from : period.until;
    if (walk->now >= period.until) {
        validity->ended++;
        validity->first_ended = validity->first_ended ? validity->first_ended : line;
    } else if (walk->now < period.from) {
        validity->coming++;
    }
    if (walk->now < period.until && period.until < validity->earliest_end) {
        validity->earliest_end = period.until;
        validity->earliest_line = line;
    }
    if (next > walk->now && next < validity->until) {
        validity->until = next;
    }
    return true;
}

bool cc_table_has_validity(const cc_table_t *table)
{
    return table->spec.valid > 0 && table->source.backend->each && table->source.state;
}

/* Any number of threads may ask; the rows are walked over again only after a change. */
cc_validity_t cc_table_validity(cc_table_t *table, apr_time_t now)
{
    apr_uint64_t generation = cc_table_generation(table);
    cc_validity_t validity;

    apr_thread_mutex_lock(table->validity_lock);
    if (table->validity_generation != generation || now >= table->validity.until ||
        now < table->validity.since) {
        row_walk_t walk = {&table->validity, table->spec.valid, now};

        table->validity =
            (cc_validity_t){.since = now, .until = APR_INT64_MAX, .earliest_end = APR_INT64_MAX};
        table->validity_generation = generation;
        table->source.backend->each(table->source.state, row_count, &walk);
    }
    validity = table->validity;
    apr_thread_mutex_unlock(table->validity_lock);
    return validity;
}
