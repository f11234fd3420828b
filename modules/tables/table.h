/* SPDX-License-Identifier: Apache-2.0 */
/* Public header of lookup tables: a key gives a row of columns, no row, or a failure. */
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

/** All ClientCertTables of a configuration; and one ClientCertTable. */
typedef struct cc_tables_t cc_tables_t;
typedef struct cc_table_t cc_table_t;

/**
 * Makes an empty set of tables, with the back ends that may be named; `backends` ends with NULL and
 * is kept by reference. Lives as long as `p`. The functions up to cc_tables_open are for the one
 * thread that reads the configuration.
 */
cc_tables_t *cc_tables_create(const cc_backend_t *const *backends, apr_pool_t *p);

/**
 * Adds a table: "NAME TYPE:SOURCE [option=value ...]", for a scope (a virtual host; NULL: all of
 * them). `where` is kept by reference. Errors (CC06xx): a name that is used in this scope or has
 * other characters than letters, digits, ., - and _; an unknown type; an option that this type does
 * not have; a bad value; CC0210: a quote that is not closed. Each names the word and what would be
 * legal. Nothing is opened yet.
 */
apr_status_t cc_tables_add(cc_tables_t *tables, void *scope, const char *text, const char *where,
                           cc_error_t *err);

/** The table of this name in the scope, or the one for all scopes, or NULL. */
cc_table_t *cc_tables_find(const cc_tables_t *tables, const void *scope, const char *name);

/** The names that cc_tables_find would find, for an error message; "none" if there are none. */
const char *cc_tables_names(const cc_tables_t *tables, const void *scope, apr_pool_t *p);

/**
 * Records that a rule uses the table, and the largest column ($n; 0: none) that the rule uses.
 * Repeating a call writes nothing, so any thread may call this for an open table with column 0.
 */
void cc_table_use(cc_table_t *table, int columns);

/**
 * Opens all tables. The error is the first table that cannot be opened or that no rule uses
 * (CC06xx); its `where` is the directive. Paths are relative to `root` (ServerRoot), which is kept
 * by reference. A cleanup of `p` closes them.
 */
apr_status_t cc_tables_open(cc_tables_t *tables, const char *root, apr_pool_t *p, cc_error_t *err);

/**
 * Makes an empty store of rows for the next configuration, in `p`, which must outlive both
 * configurations.
 */
cc_tables_kept_t *cc_kept_create(apr_pool_t *p);

/** Called when the process ends: nothing is kept any longer. */
void cc_kept_end(cc_tables_kept_t *kept);

/**
 * Opens a table once more, on its own, as at a start: with `file` (absolute) in place of its file,
 * or with its own file (NULL). Errors are those of cc_tables_open; APR_ENOTIMPL: the table has no
 * file. The copy is for one thread, and lives as long as `p`.
 */
apr_status_t cc_table_try(cc_table_t **copy, const cc_table_t *table, const char *root,
                          const char *file, apr_pool_t *p, cc_error_t *err);

/** What happened to a table at a restart. */
typedef enum {
    CC_TABLE_KEPT,  /* its file has not changed, and was not read again */
    CC_TABLE_OLD,   /* its file cannot be read: the rows already loaded stay in use */
    CC_TABLE_NONE,  /* it cannot be read, and there are no rows: lookups fail */
    CC_TABLE_CLOSED /* what its source needs cannot be read: lookups fail until a restart */
} cc_table_restart_t;

/** Reports a table that was not read; err (not CC_TABLE_KEPT) lives until it returns. */
typedef void cc_table_restart_fn(const cc_table_t *table, cc_table_restart_t what,
                                 const cc_error_t *err, void *baton);

/**
 * Like cc_tables_open, if this process may have had an earlier configuration: rows of files that
 * have not changed since are taken from `kept`, and rows that remain there are freed. With
 * `restart`, a source that cannot be read is reported but is not an error.
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
 * Prepares a child process (caches): once per child, before its threads. `max` of its threads may
 * wait for one source as long as timeout= allows; all others fail soon if it is slow (see
 * base/waiting.h). Without this call, lookups work, but nothing is cached, and every thread waits.
 */
apr_status_t cc_tables_child(cc_tables_t *tables, int max, apr_pool_t *p);

/**
 * Reports the result of polling a table: it has changed (err NULL), or the rows already loaded stay
 * in use, and err has the reason; err lives until the function returns.
 */
typedef void cc_tables_report_fn(const cc_table_t *table, const cc_error_t *err, void *baton);

/**
 * Polls every table whose reload time has come: for one thread per process. Tables with the same
 * reload time stay due at the same time. Returns the time until the next call (shorter than
 * cc_tables_interval while a source is being written), 0 if no table is ever polled.
 */
apr_interval_time_t cc_tables_poll(cc_tables_t *tables, apr_time_t now, cc_tables_report_fn *report,
                                   void *baton);

/**
 * Shares rows that have changed, for one thread of the process that owns the sharing; it need not
 * be the thread that polls. Ends soon after *stop is set. Returns the time until the next call, 0:
 * never.
 */
apr_interval_time_t cc_tables_share(cc_tables_t *tables, const atomic_bool *stop);

/**
 * The image with this key that cc_tables_share has made, or -1. For the thread that shares; valid
 * until the next call of cc_tables_share.
 */
int cc_tables_image(const cc_tables_t *tables, apr_uint64_t key);

/** The shortest reload time of all tables, 0 if none is ever polled. */
apr_interval_time_t cc_tables_interval(const cc_tables_t *tables);

/* ---- counters -------------------------------------------------------------------------------- */

/**
 * Counts loads of a table and lookups in it. It may be in memory that several processes share: all
 * of them count there at any time, and any thread may read.
 */
typedef struct cc_table_counters_t {
    atomic_uint_least64_t outcome;   /* private to this component: the last load, good or not */
    atomic_uint_least64_t rows;      /* of the last good load */
    atomic_uint_least64_t loaded_at; /* the time of that load, in seconds since 1970 */
    atomic_uint_least64_t loads;     /* good ones: each change once, for all processes together */
    atomic_uint_least64_t load_failures;
    atomic_uint_least64_t last_good;  /* 0: the source was bad when it last changed */
    atomic_uint_least64_t lookups[3]; /* by cc_table_result_t */
    atomic_uint_least64_t cache_hits;
    atomic_uint_least64_t cache_misses; /* the source was queried instead */
    atomic_uint_least64_t cache_stale;  /* the source failed, and an old answer was used */
    atomic_uint_least64_t turned_away;  /* failed because enough others waited for a slow source */
    atomic_uint_least64_t outside;      /* of valid=: rows that do not count now, */
    atomic_uint_least64_t earliest_end; /* and when the first of those that have not ended ends, in
                                           seconds; the reader sets both first */
} cc_table_counters_t;

/** The number of tables, and the i-th in the order of the configuration. */
int cc_tables_count(const cc_tables_t *tables);
cc_table_t *cc_tables_at(const cc_tables_t *tables, int i);

/**
 * Adds the counts of cc_tables_open to counters that are all 0. For the thread that opened the
 * tables.
 */
void cc_table_counters_start(cc_table_counters_t *counters, const cc_table_t *table);

/**
 * Makes this process count in these counters, which must live as long as the table; by default it
 * uses its own. Call it in each child that answers requests, before its threads start: the parent
 * may read files that children may not.
 */
void cc_table_count_in(cc_table_t *table, cc_table_counters_t *counters);

/** The type, such as "file"; and which counters apply: rows, loads, those of the cache. */
const char *cc_table_type(const cc_table_t *table);
bool cc_table_has_rows(const cc_table_t *table);
bool cc_table_is_loaded(const cc_table_t *table);
bool cc_table_is_cached(const cc_table_t *table);

/** What the rows of a table with valid= say of a time. */
typedef struct cc_validity_t {
    apr_time_t since;           /* that time, */
    apr_time_t until;           /* and until when the same holds; APR_INT64_MAX: for good */
    apr_uint64_t ended;         /* rows that have ended */
    apr_uint64_t coming;        /* rows that begin later */
    apr_uint64_t first_ended;   /* the line of the first that has ended; 0: none */
    apr_time_t earliest_end;    /* of the rows that have not ended; APR_INT64_MAX: none ends */
    apr_uint64_t earliest_line; /* the line of that row; 0: none ends */
} cc_validity_t;

/** True for a table with valid= whose rows are known (cc_table_has_rows). */
bool cc_table_has_validity(const cc_table_t *table);

/**
 * What its rows say of this time. The cost grows with the number of rows if a row has begun or
 * ended since the last call, or the table has changed. Any thread.
 */
cc_validity_t cc_table_validity(cc_table_t *table, apr_time_t now);

/* ---- lookups: any thread --------------------------------------------------------------------- */

/** The table's name, the place of its directive, and its scope (NULL: all). */
const char *cc_table_name(const cc_table_t *table);
const char *cc_table_where(const cc_table_t *table);
const void *cc_table_scope(const cc_table_t *table);

/**
 * The text after "TYPE:", without a password, the number of columns that rules need, and the rows
 * of a file.
 */
const char *cc_table_source(const cc_table_t *table);
int cc_table_columns(const cc_table_t *table);
apr_uint64_t cc_table_rows(const cc_table_t *table);

/** True if its keys may be DNs, because its source compares them as DNs. */
bool cc_table_takes_names(const cc_table_t *table);

/** True if its rows are those of CAs: a query needs the issuer of the certificate. */
bool cc_table_binds_issuer(const cc_table_t *table);

/** True if the case of ASCII letters does not count in its keys; if its keys are octets. */
bool cc_table_ignores_case(const cc_table_t *table);
bool cc_table_takes_octets(const cc_table_t *table);

/** True if all its keys are DNs, which are looked up in the form CC_KEY_NAME. */
bool cc_table_is_gridmap(const cc_table_t *table);

/**
 * Remarks on lines that a table read when it was opened: "FILE:LINE: ..." (const char *), up to 20
 * of them. NULL or empty: none. For the thread that opened it; they live as long as the table.
 */
const apr_array_header_t *cc_table_remarks(const cc_table_t *table);

/**
 * Looks up a query's key (UTF-8, written as query->form says), and fills the query's other members.
 * The row and info.failure live in `p`. Answers of remote sources come from the cache if ttl
 * allows. A row with fewer columns than rules use is a failure.
 *
 * `now` is the time by the clock, for ttl and related options, and for valid=. For a remote table
 * it must not be the start of the request, which may have waited for another table meanwhile.
 */
cc_table_result_t cc_table_lookup(cc_table_t *table, cc_query_t *query, apr_time_t now,
                                  apr_pool_t *p);

/**
 * Walks over the keys of a table of a file without `octets` and `issuer`, in the order of its
 * lines; a table with `nocase` has them in lower case. False: another table. For explaining: the
 * time grows with the number of keys. `fn` must not use the table. Any thread.
 */
bool cc_table_each(const cc_table_t *table, cc_table_key_fn *fn, void *baton);

/**
 * The same for the keys of a table of a file with `octets`: *fn gets their octets. False: another
 * table.
 */
bool cc_table_each_octets(const cc_table_t *table, cc_table_key_fn *fn, void *baton);

/** Octets that are written in hex, as a key in this form. In `p`; NULL: they are not hex. */
const char *cc_table_key_text(const char *hex, cc_octets_form_t form, apr_pool_t *p);

/** The place of a line of the table's file: "/etc/httpd/conf/people.map:3". In `p`. */
const char *cc_table_place(const cc_table_t *table, apr_uint64_t line, apr_pool_t *p);

/** True if each lookup queries another program: then use cc_table_lookup_many. */
bool cc_table_is_remote(const cc_table_t *table);

/** What one evaluation has used of a table so far; begins as {0, 0}. */
typedef struct cc_table_usage_t {
    int keys;                   /* keys that were looked up, in the cache or not */
    apr_interval_time_t waited; /* time that it has waited for the source, in microseconds */
} cc_table_usage_t;

/**
 * Looks up several keys in a remote table; each query gets the result of cc_table_lookup. All calls
 * with one account share the timeout of the table, and CC_KEYS_MAX keys. Queries that exceed these
 * limits are CC_TABLE_FAILED.
 */
void cc_table_lookup_many(cc_table_t *table, cc_query_t *const *queries, int count, apr_time_t now,
                          cc_table_usage_t *account, apr_pool_t *p);

/**
 * Grows when answers of this table may have changed: for comparisons within this table. Lookups
 * between two calls that return the same number saw one generation. Several lookups see one
 * generation if the caller compares the number before and after, and repeats them if it differs.
 */
apr_uint64_t cc_table_generation(const cc_table_t *table);

#endif
