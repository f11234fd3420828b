/* SPDX-License-Identifier: Apache-2.0 */
/* Declares the interface that the back ends of lookup tables implement, and its data. */
#ifndef CC_BACKEND_H
#define CC_BACKEND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "base/error.h"

/* ---- answers --------------------------------------------------------------------------------- */

/** The result of a lookup. */
typedef enum {
    CC_TABLE_FOUND,
    CC_TABLE_MISSING, /* the source has no such key */
    CC_TABLE_FAILED   /* the source gave no answer: never treat this as MISSING */
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

/** More about the answer to a lookup. */
typedef struct cc_answer_info_t {
    apr_time_t stale_at; /* the answer may be kept until then; APR_INT64_MAX: until the generation
                            of the table changes; 0: it is CC_TABLE_FAILED */
    const char *failure; /* CC_TABLE_FAILED: the reason, in plain words, safe for a log; with
                            another result: why an old answer is used (see `stale`), or NULL */
    const char *outside; /* CC_TABLE_MISSING: NULL, or that the key has rows, but none that counts
                            now (spec->valid); safe for a log */
} cc_answer_info_t;

/** How the key of a lookup is written. */
typedef enum {
    CC_KEY_WRITTEN, /* as the table's keys are written in its source */
    CC_KEY_HEX,     /* as hex, whatever the form of a table with `octets` */
    CC_KEY_NAME     /* as the key of a DN value (cc_value_t), for a table of DNs */
} cc_key_form_t;

#define CC_KEY_FORMS 3

/** A lookup: its key and its answer. */
typedef struct cc_query_t {
    const char *key; /* in the form of cc_table_lookup; for a back end, in that of its `lookup` */
    apr_size_t len;
    cc_key_form_t form;
    const char *issuer; /* for a table with `issuer`: the key of the DN value of the certificate's
                           issuer; NULL: it is not known, and the lookup fails */
    apr_size_t issuer_len;
    cc_table_result_t result;
    cc_row_t row; /* CC_TABLE_FOUND */
    cc_answer_info_t info;
} cc_query_t;

/**
 * Limits of an evaluation for a remote source: the number of keys, the octets of one answer, and
 * the octets of all answers to one cc_table_lookup_many.
 */
#define CC_KEYS_MAX 1000
#define CC_ANSWER_MAX (1024 * 1024)
#define CC_ANSWERS_MAX (4 * CC_ANSWER_MAX)

/** Texts for info->failure: an answer exceeds CC_ANSWER_MAX; all answers exceed CC_ANSWERS_MAX. */
#define CC_ANSWER_TOO_LARGE "the answer is larger than 1 MiB"
#define CC_ANSWERS_TOO_LARGE "the answers to one certificate are larger than 4 MiB together"

/* ---- the configuration of a table ------------------------------------------------------------ */

/** The form of the keys of a table with `octets`, in the order of the option's words. */
typedef enum { CC_OCTETS_HEX = 1, CC_OCTETS_BASE64, CC_OCTETS_BASE64URL } cc_octets_form_t;

/** Rows that outlive a configuration, for the next one of the same process. */
typedef struct cc_tables_kept_t cc_tables_kept_t;

/**
 * How processes share the rows of a file that has changed: one of them, the owner, calls
 * cc_tables_share, and the others get the rows from it instead of reading the file. Lives as long
 * as the tables that were opened with it.
 */
typedef struct cc_sharing_t {
    uid_t owner; /* images of another user are not accepted */

    /**
     * Fetches the image with this key from the owner: *image is an open file, which the caller
     * closes. APR_ENOENT: there is none yet, or the owner is busy; another error: there will be no
     * answer. Any thread of any process may call; it waits for a moment.
     */
    apr_status_t (*fetch)(int *image, apr_uint64_t key, void *baton);
    void *baton;
} cc_sharing_t;

/** The configuration of a table; lives as long as the whole configuration. */
typedef struct cc_table_spec_t {
    const char *name;            /* NAME of ClientCertTable */
    const char *source;          /* the text after "TYPE:"; it may have a password in it */
    const char *shown;           /* the same without a password, for pages and logs */
    const char *where;           /* "file:line" of the directive */
    const char *root;            /* the base of a relative path; NULL: the working directory */
    void *server;                /* the server_rec, for the back ends of the glue only */
    int columns;                 /* the number of columns that rules need ($2: 2) */
    bool gridmap;                /* keys are DNs; the source is a grid-mapfile */
    bool nocase;                 /* keys are compared without regard to case (ASCII) */
    cc_octets_form_t octets;     /* keys are octets in this form; 0: they are text */
    int issuer;                  /* this column names the CA for which a row counts; 0: all do */
    int valid;                   /* this column and the next one say when a row counts; 0: always */
    apr_interval_time_t reload;  /* file, dbm: how often the file is polled; 0: never */
    apr_interval_time_t timeout; /* sql, ldap, redis: for all lookups of one evaluation */
    apr_interval_time_t ttl;     /* sql, ldap, redis: how long an answer is kept; 0: not */
    apr_interval_time_t negative_ttl; /* the same for MISSING */
    apr_interval_time_t stale;        /* how long past ttl an answer is used if the source fails */
    int size;                         /* the number of answers that a process keeps, */
    int memory;                       /* and their size in MiB */
    const char *binddn;               /* ldap: the DN to bind as; NULL: none */
    const char *bindpassword;         /* ldap: the password, as cc_secret_read reads it */
    const char *user;                 /* redis: NULL: the default user */
    const char *password;             /* redis: as cc_secret_read reads it; NULL: none */
    int db;                           /* redis: the number of the database; -1: not given */
    const char *prefix;               /* redis: put before each key; NULL: not given */
    const char *cafile;               /* rediss: NULL: the CAs of the system */
    const char *certfile;             /* rediss: our certificate; NULL: none */
    const char *keyfile;              /* rediss: its key; NULL: in the same file */
    cc_tables_kept_t *kept;           /* file: rows of the previous configuration; NULL: none */
    const cc_sharing_t *sharing;      /* file: NULL: each process reads the file itself */
    apr_array_header_t *remarks;      /* const char *: a load adds remarks on lines, safe for a
                                         log, up to 20 of them; NULL: they are not wanted */
    const atomic_bool *stop;          /* a load ends soon after this is set; NULL: it never is */
} cc_table_spec_t;

/**
 * Called with each key of a table, in the form of `lookup`, and the number of its line; false ends
 * the walk.
 */
typedef bool cc_table_key_fn(const char *key, apr_size_t len, apr_uint64_t line, void *baton);

/** The same for a row, with its columns; these are for this component alone. */
struct cc_packed_t;
typedef bool cc_table_row_fn(const char *key, apr_size_t len, const struct cc_packed_t *columns,
                             apr_uint64_t line, void *baton);

/**
 * A remote source cannot be opened: the directive is correct, but a file or a program that it names
 * is bad, that of a password for example. A restart carries on without the source.
 */
#define CC_SOURCE_CLOSED APR_EINCOMPLETE

/* ---- the back end ---------------------------------------------------------------------------- */

/**
 * A type of source. `state` is made by open. Any number of threads may call all functions at once,
 * except open and close, which one thread calls. Constant.
 */
typedef struct cc_backend_t {
    const char *type; /* "file" */
    bool remote;      /* each lookup asks another program: its answers are cached, and its
                         options are timeout, ttl, negative_ttl, stale, size and memory; false:
                         its option is reload */
    bool binds;       /* binddn and bindpassword are its options */
    bool holds;       /* has read all rows in advance: with spec->issuer, their keys are bound to
                         the issuer */
    bool logs_in;     /* user, password, db, prefix, cafile, certfile and keyfile are its options */
    bool gridmap;     /* its keys are DNs, in the form CC_KEY_NAME, and nothing else */
    bool names;       /* compares DNs (RFC 4514) as DNs, and not their text */
    bool bytes;       /* takes keys of a table with `octets` as bytes; false: as lower-case hex,
                         base64 with padding, or base64url without, as the option says */

    /**
     * Checks the source and makes the state, in `p` (which lives as long as the configuration); a
     * cleanup of `p` closes it. Called at start, in the parent, also by httpd -t. If the source
     * cannot be read or loaded, the error (CC06xx) names it, and the line if there is one. If the
     * state is made despite the error, the source may become good later: until then lookups use the
     * kept rows, or fail. A remote source is not contacted here, since it may be down when the
     * server starts; CC_SOURCE_CLOSED: a file or a program that it needs is at fault.
     */
    apr_status_t (*open)(void **state, const cc_table_spec_t *spec, apr_pool_t *p, cc_error_t *err);

    /**
     * Prepares a child process, before its threads; without it lookups may fail. NULL: not needed.
     */
    apr_status_t (*child)(void *state, apr_pool_t *p);

    /**
     * Looks up one key, folded as the spec requires: not empty, without a NUL in it (except with
     * `bytes`) and without one after it. *row is allocated in `p`. *info is empty, but for a
     * stale_at of APR_INT64_MAX, before; set only `failure`.
     */
    cc_table_result_t (*lookup)(cc_row_t *row, void *state, const char *key, apr_size_t len,
                                cc_answer_info_t *info, apr_pool_t *p);

    /**
     * With spec->valid, in place of `lookup`: appends all rows of the key (cc_row_t) to `rows`.
     * NULL: the source has at most one.
     */
    cc_table_result_t (*lookup_all)(apr_array_header_t *rows, void *state, const char *key,
                                    apr_size_t len, cc_answer_info_t *info, apr_pool_t *p);

    /**
     * Looks up several keys at once, each as `lookup` does; NULL: they are looked up one by one.
     * Each gets its own answer, or CC_TABLE_FAILED if there is none at the deadline. Answers larger
     * than CC_ANSWER_MAX, or CC_ANSWERS_MAX together, fail before they are copied.
     */
    void (*lookup_many)(cc_query_t *const *queries, int count, void *state, apr_time_t deadline,
                        apr_pool_t *p);

    /**
     * Checks the source for a change; NULL for a remote one. Called by a separate thread in each
     * child. APR_SUCCESS: a new generation is in use; APR_EAGAIN: nothing has changed, or the error
     * was returned before; APR_EBUSY: the source is being written, poll again soon. With any other
     * status, err (in `p`) has the reason why the rows already loaded stay in use (once per change
     * of the source).
     */
    apr_status_t (*poll)(void *state, apr_time_t now, cc_error_t *err, apr_pool_t *p);

    /**
     * Reads the source for other processes if it has changed (spec->sharing), and ends soon after
     * *stop is set. Called by one thread, at any time, in parallel to all others. APR_EBUSY: call
     * it again soon. NULL: there is nothing to share.
     */
    apr_status_t (*share)(void *state, const atomic_bool *stop, apr_pool_t *p);

    /** The image that `share` has made for this key, an open file of the state, or -1; for the
     * thread that shares. */
    int (*image)(const void *state, apr_uint64_t key);

    /** A number that grows whenever answers may have changed; NULL: it is always 0. */
    apr_uint64_t (*generation)(void *state);

    /**
     * For counters, called by the thread that opens or polls: a number that identifies the state of
     * the source at the last poll (NULL for a remote one), and the number of rows (NULL: not
     * known).
     */
    apr_uint64_t (*seen)(void *state);
    apr_uint64_t (*rows)(void *state);

    /** Walks over the rows, in the order of the source. NULL: that is not possible. */
    void (*each)(void *state, cc_table_row_fn *fn, void *baton);

    /** For the thread that opens: whether it uses rows from spec->kept. NULL: never. */
    bool (*kept)(void *state);

    /** For the thread that opens: remarks (const char *, safe for a log) on what was read. NULL:
     * there are never any. */
    const apr_array_header_t *(*remarks)(const void *state);
} cc_backend_t;

extern const cc_backend_t cc_backend_file, cc_backend_gridmap, cc_backend_dbm, cc_backend_redis,
    cc_backend_rediss;

/* ---- for back ends outside of this component ------------------------------------------------- */

/**
 * Reads the text of a column: values separated by commas, with \, and \\ for these characters
 * themselves; no values in an empty text. NULL, or what is wrong with it.
 */
const char *cc_column_read(cc_column_t *column, const char *text, apr_pool_t *p);

/** The text of a column, spec->issuer, as its only value: a name contains commas. NULL. */
const char *cc_column_whole(cc_column_t *column, const char *text, apr_pool_t *p);

/**
 * A key as a value in a search filter (RFC 4515), escaped so that it can only be a value. The three
 * functions take the key as text, as hex that is decoded into (whole) octets, and as base64 that is
 * decoded likewise (NULL if it is not valid base64).
 */
const char *cc_filter_text(const char *key, apr_size_t len, apr_pool_t *p);
const char *cc_filter_hex(const char *hex, apr_size_t len, apr_pool_t *p);
const char *cc_filter_base64(const char *base64, apr_size_t len, apr_pool_t *p);

/**
 * The password that an option names: its text; after "file:", the first line of a file; after
 * "exec:", that of what a program prints, which is run with the arguments that follow. Paths are
 * relative to spec->root. Returns NULL, or the reason why there is none, which does not have the
 * password in it. Lives as long as `p`. For the thread that opens: a program is waited for.
 */
const char *cc_secret_read(const char **secret, const cc_table_spec_t *spec, const char *text,
                           apr_pool_t *p);

/** A deep copy of a row in `p`. */
cc_row_t cc_row_copy(const cc_row_t *row, apr_pool_t *p);

#endif
