/* SPDX-License-Identifier: Apache-2.0 */
/* Back ends: what a source of a lookup table implements, and what it gets to work with. */
#ifndef CC_BACKEND_H
#define CC_BACKEND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include <apr_pools.h>
#include <apr_time.h>

#include "base/error.h"

/* ---- answers --------------------------------------------------------------------------------- */

/** What came out of a lookup. */
typedef enum {
    CC_TABLE_FOUND,
    CC_TABLE_MISSING, /* the source says that there is no such key */
    CC_TABLE_FAILED   /* the source gave no answer: never to be taken for MISSING */
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

/** What a lookup says besides its result. */
typedef struct cc_answer_info_t {
    apr_time_t stale_at; /* the answer may be kept until then; APR_INT64_MAX: until the generation
                            of the table changes; 0: it is CC_TABLE_FAILED */
    const char *failure; /* CC_TABLE_FAILED: the reason, in plain words, safe for a log; with
                            another result: why an old answer serves (see `stale`); else NULL */
} cc_answer_info_t;

/** One lookup of several: the key, and what comes back. */
typedef struct cc_query_t {
    const char *key; /* as cc_table_lookup takes it; to a back end: as its `lookup` does */
    apr_size_t len;
    cc_table_result_t result;
    cc_row_t row; /* CC_TABLE_FOUND */
    cc_answer_info_t info;
} cc_query_t;

/**
 * What an evaluation may take of a remote source: so many keys; octets of one answer; and octets of
 * all answers to one cc_table_lookup_many.
 */
#define CC_KEYS_MAX 1000
#define CC_ANSWER_MAX (1024 * 1024)
#define CC_ANSWERS_MAX (4 * CC_ANSWER_MAX)

/** Texts for info->failure: an answer exceeds CC_ANSWER_MAX, all answers CC_ANSWERS_MAX. */
#define CC_ANSWER_TOO_LARGE "the answer is larger than 1 MiB"
#define CC_ANSWERS_TOO_LARGE "the answers to one certificate are larger than 4 MiB together"

/* ---- the configuration of a table ------------------------------------------------------------ */

/** Rows that outlive a configuration, for the next one of the same process. */
typedef struct cc_tables_kept_t cc_tables_kept_t;

/**
 * How processes share the rows of a file that has changed: one of them, the owner, calls
 * cc_tables_share, and the others take from it what they would read otherwise. As long as tables
 * that were opened with it.
 */
typedef struct cc_sharing_t {
    uid_t owner; /* images of another user are not taken */

    /**
     * Fetches the image with this key from the owner: *image is an open file, and the caller's.
     * APR_ENOENT: there is none yet, or the owner is busy; another error: there will be no answer.
     * Any thread of any process; waits for a moment.
     */
    apr_status_t (*fetch)(int *image, apr_uint64_t key, void *baton);
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
    apr_interval_time_t reload;       /* file, dbm: how often the file is polled; 0: never */
    apr_interval_time_t timeout;      /* sql, ldap, redis: for all lookups of one evaluation */
    apr_interval_time_t ttl;          /* sql, ldap, redis: how long an answer is kept; 0: not */
    apr_interval_time_t negative_ttl; /* the same for MISSING */
    apr_interval_time_t stale;        /* so long it serves on past ttl while the source fails */
    int size;                         /* so many answers are kept in a process, */
    int memory;                       /* and so many MiB of them */
    const char *binddn;               /* ldap: the DN to bind as; NULL: none */
    const char *bindpassword;         /* ldap: the password, or exec: and a program that says it */
    cc_tables_kept_t *kept;           /* file: rows of the configuration before; NULL: none */
    const cc_sharing_t *sharing;      /* file: NULL: each process reads it for itself */
    const atomic_bool *stop;          /* a load ends soon after this is set; NULL: it never is */
} cc_table_spec_t;

/* ---- the back end ---------------------------------------------------------------------------- */

/**
 * A kind of source. `state` is what open made. All functions may be called by any number of threads
 * at once, except open and close, which one thread calls. Constant.
 */
typedef struct cc_backend_t {
    const char *type; /* "file" */
    bool remote;      /* each lookup asks another program: timeout, ttl, negative_ttl, stale, size
                         and memory are its options, and its answers are cached; else reload is */
    bool binds;       /* binddn and bindpassword are its options */
    bool names;       /* compares DNs (RFC 4514) as such, and not their text */
    bool bytes;       /* takes the keys of a table with `octets` as bytes, else as lower-case hex */

    /**
     * Checks the source and makes the state, in `p` (which lives as long as the configuration); a
     * cleanup of `p` closes it. Called at start, in the parent, also by httpd -t. What cannot be
     * read or loaded is an error (CC06xx) that names it, and the line where there is one. Where the
     * state is made all the same, the source may become good later: until then lookups give what
     * was kept, or fail. A remote source is not asked here: it may be down when the server starts.
     */
    apr_status_t (*open)(void **state, const cc_table_spec_t *spec, apr_pool_t *p, cc_error_t *err);

    /** Readies a child process, before its threads: lookups may fail without. NULL: no need. */
    apr_status_t (*child)(void *state, apr_pool_t *p);

    /**
     * Looks up one key, folded as the spec has it: not empty, without a NUL in it (but for
     * `bytes`) and without one after it. *row is allocated in `p`. *info comes as
     * {APR_INT64_MAX, NULL}; only `failure` is to be set.
     */
    cc_table_result_t (*lookup)(cc_row_t *row, void *state, const char *key, apr_size_t len,
                                cc_answer_info_t *info, apr_pool_t *p);

    /**
     * Looks up several keys at once, each as `lookup` does; NULL: they are looked up one by one.
     * Each gets its own answer, or CC_TABLE_FAILED where there is none at the deadline. What needs
     * more octets than CC_ANSWER_MAX and CC_ANSWERS_MAX fails before it is copied.
     */
    void (*lookup_many)(cc_query_t *const *queries, int count, void *state, apr_time_t deadline,
                        apr_pool_t *p);

    /**
     * Takes up a change of the source; NULL for a remote one. Called by a thread of its own in each
     * child. APR_SUCCESS: a new generation is in place; APR_EAGAIN: nothing has changed, or the
     * error was given before; APR_EBUSY: the source is being written, poll again soon; else err (in
     * `p`) says why the last good one stays (given once per change of the source).
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
     * For counters, by the thread that opens or polls: what tells the state of the source that was
     * polled last from others (NULL for a remote one); and how many rows are held (NULL: that is
     * not known).
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

#endif
