/* SPDX-License-Identifier: Apache-2.0 */
/* The door of the room that knows lookup tables: a key to a row of columns, or none, or failure. */
#ifndef CC_TABLE_H
#define CC_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include <apr_pools.h>
#include <apr_time.h>

#include "base/error.h"

/* ---- back ends: how a kind of source is asked ------------------------------------------------ */

/** What came out of a lookup. */
typedef enum {
    CC_TABLE_FOUND,
    CC_TABLE_MISSING, /* the source says that there is no such key */
    CC_TABLE_FAILED   /* it could not be asked: never to be taken for MISSING */
} cc_table_result_t;

/** A column: one value, several (a comma-separated list, an attribute of a directory) or none. */
typedef struct cc_column_t {
    int count;
    const char *const *values; /* NUL-terminated UTF-8; checked by the caller like any value */
} cc_column_t;

/** A row, in the pool of the lookup. Columns are counted from 0 here, from $1 in rules. */
typedef struct cc_row_t {
    int count;
    const cc_column_t *columns;
} cc_row_t;

/** Rows that outlive a configuration, for the next one of the same process. */
typedef struct cc_tables_kept_t cc_tables_kept_t;

/**
 * How processes share the rows of a file that has changed: one of them, the owner, calls
 * cc_tables_share, and the others take from it what they would read otherwise. As long as tables
 * that were opened with it.
 */
typedef struct cc_sharing_t {
    uid_t owner; /* nobody else's images are taken */

    /**
     * Asks the owner for the image with this key: *image is an open file, and the caller's.
     * APR_ENOENT: there is none yet, or he is busy; another error: nobody will answer. Any thread
     * of any process; waits for a moment.
     */
    apr_status_t (*ask)(int *image, apr_uint64_t key, void *baton);
    void *baton;
} cc_sharing_t;

/** What a table was configured with; lives as long as the configuration. */
typedef struct cc_table_spec_t {
    const char *name;   /* NAME of ClientCertTable */
    const char *source; /* what follows "TYPE:" */
    const char *where;  /* "file:line" of the directive */
    const char *root;   /* a relative path of the source begins here; NULL: where the process is */
    void *server;       /* the server_rec, for the back ends of the glue; else unused */
    int columns;        /* so many does a rule need ($2: 2) */
    bool nocase;        /* keys are compared without regard to case (ASCII) */
    bool octets;        /* keys are hex: case, colons and blanks do not matter */
    apr_interval_time_t reload;       /* file, dbm: how often the file is looked at; 0: never */
    apr_interval_time_t timeout; /* sql, ldap, redis: for all lookups of one evaluation */
    apr_interval_time_t ttl;          /* sql, ldap, redis: how long an answer is kept; 0: not */
    apr_interval_time_t negative_ttl; /* the same for MISSING */
    apr_interval_time_t stale;        /* so long it serves on past ttl while the source fails */
    int size;                         /* so many answers are kept in a process, */
    int memory;                       /* and so many MiB of them */
    const char *binddn;               /* ldap: who binds; NULL: nobody */
    const char *bindpassword;         /* ldap: the password, or exec: and a program that says it */
    cc_tables_kept_t *kept;      /* file: what the configuration before has held; NULL: nothing */
    const cc_sharing_t *sharing; /* file: NULL: each process reads it for itself */
    const atomic_bool *stop;     /* a load ends soon after this is set; NULL: it never is */
} cc_table_spec_t;

/** What a lookup says besides its result. */
typedef struct cc_answer_info_t {
    apr_time_t stale_at; /* the answer may be kept until then; APR_INT64_MAX: until the generation
                            of the table changes; 0: it is CC_TABLE_FAILED */
    const char *failure; /* CC_TABLE_FAILED: why, in plain words, safe for a log; with another
                            result: why an old answer serves (see `stale`); else NULL */
} cc_answer_info_t;

/** A question to a table, and what comes back. */
typedef struct cc_query_t {
    const char *key; /* as cc_table_lookup takes it; to a back end: as its `lookup` does */
    apr_size_t len;
    cc_table_result_t result;
    cc_row_t row; /* CC_TABLE_FOUND */
    cc_answer_info_t info;
} cc_query_t;

/**
 * What an evaluation may take of a table that is asked: so many keys; octets of one answer; and
 * octets of all answers to questions that are asked together.
 */
#define CC_KEYS_MOST 1000
#define CC_ANSWER_MOST (1024 * 1024)
#define CC_ANSWERS_MOST (4 * CC_ANSWER_MOST)

/** "the answer is too large": CC_ANSWER_MOST or CC_ANSWERS_MOST, for info->failure. */
#define CC_ANSWER_TOO_LARGE "the answer is larger than 1 MiB"
#define CC_ANSWERS_TOO_LARGE "the answers to one certificate are larger than 4 MiB together"

/**
 * A kind of source. `state` is what open made. All functions may be called by any number of threads
 * at once, except open and close, which one thread calls. Constant.
 */
typedef struct cc_backend_t {
    const char *type; /* "file" */
    bool asked;       /* each lookup asks another program: timeout, ttl, negative_ttl, stale and
                         size are its options, and its answers are cached; else reload is */
    bool binds;       /* binddn and bindpassword are its options */
    bool names;       /* compares DNs (RFC 4514) as such, and not their text */
    bool bytes;       /* takes the keys of a table with `octets` as bytes, else as lower-case hex */

    /**
     * Checks the source and makes the state, in `p` (which lives as long as the configuration); a
     * cleanup of `p` closes it. Called at start, in the parent, also by httpd -t. What cannot be
     * read or loaded is an error (CC06xx) that names it, and the line where there is one. Where the
     * state is made all the same, the source may become good later: until then lookups give what
     * was kept, or fail. A source that is asked is not asked here: it may be down when the server
     * starts.
     */
    apr_status_t (*open)(void **state, const cc_table_spec_t *spec, apr_pool_t *p, cc_error_t *err);

    /** Readies a child process, before its threads: lookups may fail without. NULL: nothing to do.
     */
    apr_status_t (*child)(void *state, apr_pool_t *p);

    /**
     * Asks for one key, folded as the spec has it: not empty, without a NUL in it (but for
     * `bytes`) and without one after it. *row is allocated in `p`. *info comes as
     * {APR_INT64_MAX, NULL}; only `failure` is to be set.
     */
    cc_table_result_t (*lookup)(cc_row_t *row, void *state, const char *key, apr_size_t len,
                                cc_answer_info_t *info, apr_pool_t *p);

    /**
     * Asks several questions at once, each as `lookup` does; NULL: they are asked one by one. Each
     * gets its own answer, or CC_TABLE_FAILED where there is none at the deadline. What needs more
     * octets than CC_ANSWER_MOST and CC_ANSWERS_MOST fails before it is copied.
     */
    void (*ask)(cc_query_t *const *questions, int count, void *state, apr_time_t deadline,
                apr_pool_t *p);

    /**
     * Looks whether the source has changed, and follows it; NULL for one that is asked each time.
     * Called by a thread of its own in each child. APR_SUCCESS: a new generation is in place;
     * APR_EAGAIN: nothing has changed, or the trouble has been told before; APR_EBUSY: somebody is
     * writing it just now, look again soon; else err (in `p`) says why the last good one stays
     * (told once per change of the source).
     */
    apr_status_t (*poll)(void *state, apr_time_t now, cc_error_t *err, apr_pool_t *p);

    /**
     * Reads the source if it has changed, for others (spec->sharing), and ends soon after *stop is
     * set. By one thread, at any time, beside all others. APR_EBUSY: it is to be called again soon.
     * NULL: there is nothing to share.
     */
    apr_status_t (*share)(void *state, const atomic_bool *stop, apr_pool_t *p);

    /** What `share` has made for this key, an open file of the state's, or -1; by its thread. */
    int (*image)(const void *state, apr_uint64_t key);

    /** A number that grows whenever answers may have changed; NULL: it is always 0. */
    apr_uint64_t (*generation)(void *state);

    /**
     * For numbers, by the thread that opens or polls: what tells the state of the source that was
     * looked at last from others (NULL for one that is asked each time); and how many rows are held
     * (NULL: that is not known).
     */
    apr_uint64_t (*seen)(void *state);
    apr_uint64_t (*rows)(void *state);

    /** For the thread that opens: whether it serves rows from spec->kept. NULL: never. */
    bool (*kept)(void *state);
} cc_backend_t;

extern const cc_backend_t cc_backend_file, cc_backend_dbm, cc_backend_redis;

/* ---- for back ends outside of this room ------------------------------------------------------ */

/**
 * Reads a text that holds a column: values parted by commas, with \, and \\ for the characters
 * themselves; none in an empty text. NULL, or what is wrong with it.
 */
const char *cc_column_read(cc_column_t *column, const char *text, apr_pool_t *p);

/**
 * A key as the value in a search filter (RFC 4515), where it is never more than that: as it is; as
 * the octets that it holds in (whole) hex; and in base64 (NULL where it is none).
 */
const char *cc_filter_text(const char *key, apr_size_t len, apr_pool_t *p);
const char *cc_filter_hex(const char *hex, apr_size_t len, apr_pool_t *p);
const char *cc_filter_base64(const char *base64, apr_size_t len, apr_pool_t *p);

/** A copy of a row, all of it in `p`. */
cc_row_t cc_row_copy(const cc_row_t *row, apr_pool_t *p);

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
 * - and _; unknown type, unknown option or one that this type has not, bad value; each names the
 * word and what would be legal. Nothing is opened yet.
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

/** Told of a table that was not read; err (CC_TABLE_OLD, _NONE) lives until it returns. */
typedef void cc_table_restart_fn(const cc_table_t *table, cc_table_restart_t what,
                                 const cc_error_t *err, void *baton);

/**
 * Like cc_tables_open where a configuration of this process may have come before: what has not
 * changed since is taken from `kept`, and what is left there at the end is freed. In a `restart` a
 * source that cannot be read is no error, and is told.
 */
typedef struct cc_restart_t {
    cc_tables_kept_t *kept;
    const cc_sharing_t *sharing; /* NULL: each process reads for itself */
    bool restart;
    cc_table_restart_fn *told;
    void *baton;
} cc_restart_t;
apr_status_t cc_tables_reopen(cc_tables_t *tables, const char *root, const cc_restart_t *restart,
                              apr_pool_t *p, cc_error_t *err);

/**
 * Readies a child process (caches): once per child, before its threads. So many of its threads may
 * wait for one source as long as timeout= says; all others fail soon where it is slow (waiting.h).
 * Without it, lookups work, but nothing is cached, and everybody waits.
 */
apr_status_t cc_tables_child(cc_tables_t *tables, int most, apr_pool_t *p);

/**
 * Told by cc_tables_poll of a table: changed (err NULL), or why the last good one stays; err lives
 * until the function returns.
 */
typedef void cc_tables_told_fn(const cc_table_t *table, const cc_error_t *err, void *baton);

/**
 * Lets every table look at its source if its reload time has come: for one thread per process. What
 * has the same reload time stays due at the same time.
 * Returns in how long it wants to be called again (sooner than cc_tables_interval while somebody
 * writes a source), 0 where no table is ever looked at.
 */
apr_interval_time_t cc_tables_poll(cc_tables_t *tables, apr_time_t now, cc_tables_told_fn *told,
                                   void *baton);

/**
 * Shares what has changed, for one thread of the process that owns the sharing: that may be
 * another one than that which polls. Ends soon after *stop is set. Returns in how long it wants to
 * be called again, 0: never.
 */
apr_interval_time_t cc_tables_share(cc_tables_t *tables, const atomic_bool *stop);

/** The image with this key that cc_tables_share has made, or -1. By its thread, until it is called
 * again. */
int cc_tables_image(const cc_tables_t *tables, apr_uint64_t key);

/** The shortest reload time of all tables, 0 where none is ever looked at. */
apr_interval_time_t cc_tables_interval(const cc_tables_t *tables);

/* ---- numbers --------------------------------------------------------------------------------- */

/**
 * What has become of a table. It may lie in memory that several processes share: all of them count
 * there at any time, and any thread may read.
 */
typedef struct cc_table_counters_t {
    atomic_uint_least64_t outcome; /* private to this room: the last load, good or not */
    atomic_uint_least64_t rows;    /* of the last good load */
    atomic_uint_least64_t loaded_at; /* when that was, in seconds since 1970 */
    atomic_uint_least64_t loads;     /* good ones: a change is one, however many processes see it */
    atomic_uint_least64_t load_failures;
    atomic_uint_least64_t last_good; /* 0: the source was bad when it last changed */
    atomic_uint_least64_t lookups[3];  /* by cc_table_result_t */
    atomic_uint_least64_t cache_hits;
    atomic_uint_least64_t cache_misses; /* the source was asked, */
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

/* ---- asking: any thread ---------------------------------------------------------------------- */

/** The table's name, where it was configured, and for which scope (NULL: all). */
const char *cc_table_name(const cc_table_t *table);
const char *cc_table_where(const cc_table_t *table);
const void *cc_table_scope(const cc_table_t *table);

/** True where DNs may be its keys, because its source compares them as such. */
bool cc_table_takes_names(const cc_table_t *table);

/**
 * Asks for a key (UTF-8; for a table with `octets` hex in any form). The row and info->failure live
 * in `p`. Answers of sources that are asked come from the cache where ttl allows. A row with fewer
 * columns than rules take from this table is a failure.
 */
cc_table_result_t cc_table_lookup(cc_table_t *table, const char *key, apr_size_t len, cc_row_t *row,
                                  cc_answer_info_t *info, apr_pool_t *p);

/** True where each lookup asks another program: then cc_table_ask is for it. */
bool cc_table_is_asked(const cc_table_t *table);

/** What one evaluation has taken of a table so far; begins as {0, 0}. */
typedef struct cc_account_t {
    int asked;                  /* keys, whether or not the cache had them */
    apr_interval_time_t waited; /* for the source, in microseconds */
} cc_account_t;

/**
 * Asks several questions of a table that is asked; each gets what cc_table_lookup would have given.
 * All that are asked with one account wait for the timeout of the table together, and have
 * CC_KEYS_MOST keys; what would need more is CC_TABLE_FAILED.
 */
void cc_table_ask(cc_table_t *table, cc_query_t *const *questions, int count,
                  cc_account_t *account, apr_pool_t *p);

/**
 * Grows when answers of this table may have changed: to be compared, no order across tables.
 * Lookups between two calls that give the same number saw one generation: who needs that for
 * several lookups compares before and after, and looks up again where they differ.
 */
apr_uint64_t cc_table_generation(const cc_table_t *table);

#endif
