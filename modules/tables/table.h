/* SPDX-License-Identifier: Apache-2.0 */
/* Lookup tables, the door of this room: a key gives a row of columns, none, or a failure. */
#ifndef CC_TABLE_H
#define CC_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include <apr_pools.h>
#include <apr_time.h>

#include "base/error.h"
#include "tables/backend.h"

/* ---- the tables of a configuration ----------------------------------------------------------- */

/** All ClientCertTables; one ClientCertTable. */
typedef struct cc_tables_t cc_tables_t;
typedef struct cc_table_t cc_table_t;

/**
 * No tables, with the back ends that may be named; `backends` ends with NULL and is kept by
 * reference. Lives as long as `p`. The functions up to cc_tables_open are for the one thread that
 * reads the configuration.
 */
cc_tables_t *cc_tables_create(const cc_backend_t *const *backends, apr_pool_t *p);

/**
 * Adds one: "NAME TYPE:SOURCE [option=value ...]", for a scope (a virtual host; NULL: all of them).
 * `where` is kept by reference. Errors (CC06xx): name taken in this scope or not letters, digits,
 * - and _; unknown type, unknown option or one that this type has not, bad value; CC0210: a quote
 * that is not closed. Each names the word and what would be legal. Nothing is opened yet.
 */
apr_status_t cc_tables_add(cc_tables_t *tables, void *scope, const char *text, const char *where,
                           cc_error_t *err);

/** The table of this name in the scope, else the one for all, else NULL. */
cc_table_t *cc_tables_find(const cc_tables_t *tables, const void *scope, const char *name);

/** The names that cc_tables_find would find, for an error message; "none" if there are none. */
const char *cc_tables_names(const cc_tables_t *tables, const void *scope, apr_pool_t *p);

/**
 * Says that a rule uses the table, and the largest column ($n; 0: none) that it takes from it. What
 * has been said before writes nothing: so any thread may say it of an open table, with column 0.
 */
void cc_table_use(cc_table_t *table, int columns);

/**
 * Opens all. The first that cannot be opened, or that no rule uses (CC06xx), is the error; its
 * `where` is the directive. Relative paths begin at `root` (ServerRoot), which is kept by
 * reference. A cleanup of `p` closes them.
 */
apr_status_t cc_tables_open(cc_tables_t *tables, const char *root, apr_pool_t *p, cc_error_t *err);

/** Rows that are kept from one configuration to the next; in `p`, which outlives them. */
cc_tables_kept_t *cc_kept_create(apr_pool_t *p);

/** The process ends: nothing is kept any more. */
void cc_kept_end(cc_tables_kept_t *kept);

/** What became of a table whose process has had another configuration before. */
typedef enum {
    CC_TABLE_KEPT, /* its file has not changed, and was not read again */
    CC_TABLE_OLD,  /* its file cannot be read: it has the rows of before */
    CC_TABLE_NONE  /* it cannot be read, and there are no rows: lookups fail */
} cc_table_restart_t;

/** Reports a table that was not read; err (CC_TABLE_OLD, _NONE) lives until it returns. */
typedef void cc_table_restart_fn(const cc_table_t *table, cc_table_restart_t what,
                                 const cc_error_t *err, void *baton);

/**
 * Like cc_tables_open where a configuration of this process may have come before: what has not
 * changed since is taken from `kept`, and what is left there at the end is freed. In a `restart` a
 * source that cannot be read is no error, and is reported.
 */
typedef struct cc_restart_t {
    cc_tables_kept_t *kept;
    const cc_sharing_t *sharing; /* NULL: each process reads for itself */
    bool restart;
    cc_table_restart_fn *report;
    void *baton;
} cc_restart_t;
apr_status_t cc_tables_reopen(cc_tables_t *tables, const char *root, const cc_restart_t *restart,
                              apr_pool_t *p, cc_error_t *err);

/**
 * Readies a child process (caches): once per child, before its threads. `max` of its threads may
 * wait for one source as long as timeout= says; all others fail soon where it is slow (see
 * base/waiting.h). Without it, lookups work, but nothing is cached, and every thread waits.
 */
apr_status_t cc_tables_child(cc_tables_t *tables, int max, apr_pool_t *p);

/**
 * Reports what cc_tables_poll found of a table: it has changed (err NULL), or the last good one
 * stays, and err says why; err lives until the function returns.
 */
typedef void cc_tables_report_fn(const cc_table_t *table, const cc_error_t *err, void *baton);

/**
 * Polls every table whose reload time has come: for one thread per process. What has the same
 * reload time stays due at the same time. Returns in how long it wants to be called again (sooner
 * than cc_tables_interval while a source is being written), 0 where no table is ever polled.
 */
apr_interval_time_t cc_tables_poll(cc_tables_t *tables, apr_time_t now,
                                   cc_tables_report_fn *report, void *baton);

/**
 * Shares what has changed, for one thread of the process that owns the sharing: that may be
 * another one than that which polls. Ends soon after *stop is set. Returns in how long it wants to
 * be called again, 0: never.
 */
apr_interval_time_t cc_tables_share(cc_tables_t *tables, const atomic_bool *stop);

/** The image with this key that cc_tables_share has made, or -1. By its thread, until it is called
 * again. */
int cc_tables_image(const cc_tables_t *tables, apr_uint64_t key);

/** The shortest reload time of all tables, 0 where none is ever polled. */
apr_interval_time_t cc_tables_interval(const cc_tables_t *tables);

/* ---- counters -------------------------------------------------------------------------------- */

/**
 * Loads of a table and lookups in it. It may lie in memory that several processes share: all of
 * them count there at any time, and any thread may read.
 */
typedef struct cc_table_counters_t {
    atomic_uint_least64_t outcome;   /* private to this room: the last load, good or not */
    atomic_uint_least64_t rows;      /* of the last good load */
    atomic_uint_least64_t loaded_at; /* when that was, in seconds since 1970 */
    atomic_uint_least64_t loads;     /* good ones: a change is one, however many processes see it */
    atomic_uint_least64_t load_failures;
    atomic_uint_least64_t last_good;    /* 0: the source was bad when it last changed */
    atomic_uint_least64_t lookups[3];   /* by cc_table_result_t */
    atomic_uint_least64_t cache_hits;
    atomic_uint_least64_t cache_misses; /* the source was asked instead, */
    atomic_uint_least64_t cache_stale;  /* and failed, and an old answer served */
    atomic_uint_least64_t turned_away;  /* failed because enough others waited for a slow source */
} cc_table_counters_t;

/** The tables in their order: how many there are, and the i-th. */
int cc_tables_count(const cc_tables_t *tables);
cc_table_t *cc_tables_at(const cc_tables_t *tables, int i);

/**
 * What cc_tables_open has counted, put into counters that are all 0. For the thread that has opened
 * the tables.
 */
void cc_table_counters_start(cc_table_counters_t *counters, const cc_table_t *table);

/**
 * From here on this process counts in these, which must live as long as the table; without, in some
 * of its own. For each child that answers requests, before its threads: the parent may be allowed
 * to read what they are not.
 */
void cc_table_count_in(cc_table_t *table, cc_table_counters_t *counters);

/** "file"; and which of the counters mean something: rows, loads, the cache's. */
const char *cc_table_type(const cc_table_t *table);
bool cc_table_has_rows(const cc_table_t *table);
bool cc_table_is_loaded(const cc_table_t *table);
bool cc_table_is_cached(const cc_table_t *table);

/* ---- lookups: any thread --------------------------------------------------------------------- */

/** The table's name, where it was configured, and for which scope (NULL: all). */
const char *cc_table_name(const cc_table_t *table);
const char *cc_table_where(const cc_table_t *table);
const void *cc_table_scope(const cc_table_t *table);

/** True where DNs may be its keys, because its source compares them as such. */
bool cc_table_takes_names(const cc_table_t *table);

/**
 * Looks up a query's key (UTF-8; for a table with `octets` hex in any form), and fills the query's
 * other members. The row and info.failure live in `p`. Answers of remote sources come from the
 * cache where ttl allows. A row with fewer columns than rules take from this table is a failure.
 *
 * `now` is the time by the clock, for ttl and its like. It is not the start of the request, which
 * may have waited for another table meanwhile. Only a remote table looks at it.
 */
cc_table_result_t cc_table_lookup(cc_table_t *table, cc_query_t *query, apr_time_t now,
                                  apr_pool_t *p);

/** True where each lookup asks another program: then cc_table_lookup_many is for it. */
bool cc_table_is_remote(const cc_table_t *table);

/** What one evaluation has taken of a table so far; begins as {0, 0}. */
typedef struct cc_account_t {
    int keys;                   /* that were looked up, whether or not the cache had them */
    apr_interval_time_t waited; /* for the source, in microseconds */
} cc_account_t;

/**
 * Looks up several keys in a remote table; each query gets what cc_table_lookup would have given.
 * All calls with one account wait for the timeout of the table together, and have CC_KEYS_MAX keys;
 * what would need more is CC_TABLE_FAILED.
 */
void cc_table_lookup_many(cc_table_t *table, cc_query_t *const *queries, int count, apr_time_t now,
                          cc_account_t *account, apr_pool_t *p);

/**
 * Grows when answers of this table may have changed: to be compared, no order across tables.
 * Lookups between two calls that give the same number saw one generation. Several lookups see one
 * generation if the caller compares the number before and after, and repeats them where it differs.
 */
apr_uint64_t cc_table_generation(const cc_table_t *table);

#endif
