/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the lookup table component share. */
#ifndef CC_TABLES_INTERNAL_H
#define CC_TABLES_INTERNAL_H

#include <stdatomic.h>

#include <apr_errno.h>
#include <apr_file_io.h>
#include <apr_hash.h>
#include <apr_thread_mutex.h>

#include "base/counter.h"
#include "base/due.h"
#include "base/file_stamp.h"
#include "base/snapshot.h"
#include "base/waiting.h"
#include "tables/table.h"

/* ---- keys (key.c) ---------------------------------------------------------------------------- */

/** A key in the form of its source: not NUL-terminated. */
typedef struct cc_key_t {
    const char *at;
    apr_size_t len;
} cc_key_t;

#define CC_KEY_SMALL 64 /* octets: larger than any digest */

/**
 * Decodes hex into octets; colons and spaces are skipped. `to` holds half of `len`, and may be
 * `hex`. Returns the number of octets, or -1 if it is not hex, or has an odd number of digits.
 */
apr_ssize_t cc_key_octets(unsigned char *to, const char *hex, apr_size_t len);

/** Decodes the start of hex, in groups of four consecutive digits; returns the number of octets. */
apr_size_t cc_key_start(unsigned char *to, const char *hex, apr_size_t len);

/**
 * Decodes a key of octets that is written in this form, or as "SHA256:", "sha256//" or "sha256-"
 * and a digest in any form (likewise sha1, sha384, sha512). `to` has the length of the text, and
 * may be `text`. Returns the number of octets, or -1 if it is something else.
 */
apr_ssize_t cc_key_decode(unsigned char *to, const char *text, apr_size_t len,
                          cc_octets_form_t form);

/** Base64 or base64url (RFC 4648), with or without padding; otherwise the same. */
apr_ssize_t cc_key_base64(unsigned char *to, const char *text, apr_size_t len);

/** Octets in this form, in `p`: lower-case hex, base64 with padding, base64url without. */
cc_key_t cc_key_encode(const cc_key_t *octets, cc_octets_form_t form, apr_pool_t *p);

/** ASCII letters in lower case; `to` may be `text`. */
void cc_key_lower(char *to, const char *text, apr_size_t len);

/**
 * Folds the key of a query for the back end, in `p` or in `small`, a buffer of CC_KEY_SMALL octets.
 * False if no table contains such a key: it is empty, has a NUL, or does not have the form that it
 * should have.
 */
bool cc_key_fold(cc_key_t *key, const cc_query_t *query, const cc_table_t *table, char *small,
                 apr_pool_t *p);

/* ---- rows (row.c) ---------------------------------------------------------------------------- */

/**
 * A row as one text: each value with its NUL, and CC_COLUMN_END after each column. No value is
 * empty or contains a control character.
 */
typedef struct cc_packed_t {
    apr_size_t columns;
    apr_size_t values; /* of all columns */
    apr_size_t len;
    const char *text;
} cc_packed_t;

#define CC_COLUMN_END '\1'

/** The first value of a column, from 1; NULL: it has none. */
const char *cc_packed_value(const cc_packed_t *packed, int column);

/** The row, copied into `p`. */
cc_row_t cc_row_unpack(const cc_packed_t *packed, apr_pool_t *p);

/** The size of a row, and its copy in a buffer of that size (aligned for pointers). */
apr_size_t cc_row_size(const cc_row_t *row);
cc_row_t cc_row_put(void *place, const cc_row_t *row);

/* ---- lines (line.c) -------------------------------------------------------------------------- */

/** A line that is being read, and its error. */
typedef struct cc_table_line_t {
    const char *at; /* the rest of the line */
    const char *end;
    const char *error; /* what is wrong; NULL: nothing */
    const char *word;  /* the word at fault, as written */
    apr_size_t word_len;
    apr_size_t values;  /* the number of values read */
    const char *remark; /* what is unusual but no error, a literal; NULL: nothing */
} cc_table_line_t;

/** Removes the LF or CRLF at the end. */
void cc_table_line_trim(cc_table_line_t *line);

/** Moves to the next word; false if there are only spaces or a comment. */
bool cc_line_more(cc_table_line_t *line);

/**
 * Reads the word, without its quotes, to `to` (as long as the rest of the line); returns its
 * length.
 */
apr_size_t cc_line_key(cc_table_line_t *line, char *to);

/** The same for a word of octets in this form: decodes it. */
apr_size_t cc_line_octets(cc_table_line_t *line, char *to, cc_octets_form_t form);

/**
 * Reads all other words as columns. Their text goes to `to`, which must have twice the length of
 * the rest of the line, and one octet more. Column `issuer` (0: none) is a name, which contains
 * commas, and not a list.
 */
cc_packed_t cc_line_columns(cc_table_line_t *line, char *to, int issuer);

/**
 * Reads a whole line of a grid-mapfile (gridmap.c): *key is the key of its subject, a DN value, in
 * `p`. The text of the column, the first account, goes to `to`, which is longer than the line.
 * False: the line is no row; then it has an error, or a remark only.
 */
bool cc_gridmap_line(cc_key_t *key, cc_packed_t *packed, cc_table_line_t *line, char *to,
                     apr_pool_t *p);

/** The error, with the word, for a log. */
const char *cc_line_error(const cc_table_line_t *line, apr_pool_t *p);

/**
 * Reads a text that has only columns, for dbm and redis: CC_TABLE_FOUND, or CC_TABLE_FAILED with
 * info->failure.
 */
cc_table_result_t cc_line_row(cc_row_t *row, const cc_key_t *text, const cc_table_spec_t *spec,
                              cc_answer_info_t *info, apr_pool_t *p);

/* ---- rows of a CA (issuer.c) ----------------------------------------------------------------- */

/** The key of a DN in the form of RFC 4514, in `p`; false: *problem has the reason. */
bool cc_issuer_read(cc_key_t *issuer, const char *text, const char **problem, apr_pool_t *p);

/** Names of issuers that were read, in a pool of their own; begins without names. */
typedef struct cc_issuer_names_t {
    apr_pool_t *pool;
    apr_hash_t *read; /* const cc_key_t *: by their text; NULL: none */
} cc_issuer_names_t;

/**
 * The same as cc_issuer_read, for names that repeat. NULL: *problem has the reason. Lives until the
 * next call.
 */
const cc_key_t *cc_issuer_recall(cc_issuer_names_t *names, const char *text, const char **problem,
                                 apr_pool_t *p);

/** A key that only this issuer has, in `p`. */
cc_key_t cc_issuer_bind(const cc_key_t *key, const cc_key_t *issuer, apr_pool_t *p);

/**
 * For a query that is CC_TABLE_FOUND: CC_TABLE_MISSING if this column of the row does not name the
 * query's issuer, or CC_TABLE_FAILED if it names none.
 */
void cc_issuer_check(cc_query_t *query, int column, apr_pool_t *p);

/* ---- when rows count (valid.c) --------------------------------------------------------------- */

/** When a row counts: from `from` on, and no longer at `until`. */
typedef struct cc_period_t {
    apr_time_t from;  /* APR_INT64_MIN: from ever */
    apr_time_t until; /* APR_INT64_MAX: for good */
} cc_period_t;

/**
 * Reads this column of a row, from 1, and the next one: a date, a moment, or "-". A date is its
 * beginning in `from`, and its end in `until`. NULL, or the problem with them, in `p`.
 */
const char *cc_period_of(cc_period_t *period, const cc_row_t *row, int column, apr_pool_t *p);

/** True if two rows without such a problem never count at the same time. */
bool cc_period_beside(const cc_packed_t *one, const cc_packed_t *other, int column);

/** The column of spec->valid, and the time of a lookup. */
typedef struct cc_when_t {
    int column;
    apr_time_t now;
} cc_when_t;

/**
 * Ends a query for whose key there are these rows: CC_TABLE_FOUND, with the only row that counts;
 * CC_TABLE_MISSING, with info.outside; or CC_TABLE_FAILED, if one cannot be read or two count.
 * info.stale_at becomes the next moment at which this changes, if that is earlier.
 */
void cc_period_choose(cc_query_t *query, const cc_row_t *rows, int count, const cc_when_t *when,
                      apr_pool_t *p);

/* ---- maps (map.c) ---------------------------------------------------------------------------- */

/**
 * Keys and packed rows in memory. Filled by one thread and then constant: children share the map
 * that their parent loaded, and any thread may read it.
 */
typedef struct cc_map_t cc_map_t;

/** An empty map, with room for the rows of a text of this size; NULL: out of memory. */
cc_map_t *cc_map_create(apr_size_t text_size);

/** Frees a map; NULL is allowed. */
void cc_map_free(cc_map_t *map);

/**
 * Adds a row that is `lines` lines below the previous one. False: there is no more memory, or the
 * map would be larger than 4 GiB.
 */
bool cc_map_add(cc_map_t *map, apr_size_t lines, const cc_key_t *key, const cc_packed_t *packed);

/**
 * Called for each row and each earlier row with its key. True: cc_map_find_all finds both rows;
 * false: the later one is never found.
 */
typedef bool cc_map_twice_fn(apr_uint32_t row, apr_uint32_t first, void *baton);

/** The columns of a row, which live as long as the map. */
cc_packed_t cc_map_row(const cc_map_t *map, apr_uint32_t row);

/** True if two rows have the same columns. */
bool cc_map_row_same(const cc_map_t *map, apr_uint32_t a, apr_uint32_t b);

/** The line number of a row. Walks over all rows before it. */
apr_uint64_t cc_map_line(const cc_map_t *map, apr_uint32_t row);

/** The number of rows. */
apr_uint32_t cc_map_rows(const cc_map_t *map);

/** Walks over the rows, in the order in which they were added. */
void cc_map_each(const cc_map_t *map, cc_table_row_fn *fn, void *baton);

/**
 * Completes the map for cc_map_find, and finds keys that appear in it twice. APR_EINTR soon after
 * *stop is set (NULL: it never is).
 */
apr_status_t cc_map_finish(cc_map_t *map, const atomic_bool *stop, cc_map_twice_fn *twice,
                           void *baton);

/**
 * A finished map as octets that may be anywhere in memory, aligned to 8: three consecutive parts,
 * which live as long as the map and `p`. Returns their total length.
 */
apr_size_t cc_map_image_parts(cc_key_t parts[3], const cc_map_t *map, apr_pool_t *p);

/**
 * The map whose octets are at `offset` in memory from mmap, up to its end: cc_map_free unmaps it.
 * NULL if the lengths are wrong, or out of memory: then the caller still owns the memory. The
 * octets are trusted.
 */
cc_map_t *cc_map_image_take(void *image, apr_size_t image_len, apr_size_t offset);

/** True if both have the same rows in the same order. Finished maps. */
bool cc_map_same(const cc_map_t *a, const cc_map_t *b);

/** True if the map has the key; *packed is then its row, which lives as long as the map. */
bool cc_map_find(const cc_map_t *map, const cc_key_t *key, cc_packed_t *packed);

/** Appends all rows of the key (cc_row_t, copied into the array's pool). */
void cc_map_find_all(apr_array_header_t *rows, const cc_map_t *map, const cc_key_t *key);

/* ---- files (spec.c, load.c) ------------------------------------------------------------------ */

/** The path of a source: absolute, or relative to the root. */
const char *cc_source_path(const cc_table_spec_t *spec, const char *path, apr_pool_t *p);

/**
 * Reads a file into a map; *stamp is that of the state that was read, or unchanged if nothing was.
 * APR_EBUSY if it changed meanwhile; other errors: CC0610, CC0611.
 */
apr_status_t cc_map_load(cc_map_t **map, cc_file_stamp_t *stamp, const cc_table_spec_t *spec,
                         apr_pool_t *p, cc_error_t *err);

/* ---- rows that outlive a configuration (kept.h) ---------------------------------------------- */

/** Rows of a file, and the state of the file that they are from. */
typedef struct cc_held_t {
    cc_map_t *map;
    cc_file_stamp_t stamp;
    int columns; /* the columns that each row had at least when it was read */
    bool unsure; /* the file may have changed since without a trace */
} cc_held_t;

/* ---- rows that other processes have read (image.c) ------------------------------------------- */

/** The key of the image of a file: a hash of its path and of how it is read. */
apr_uint64_t cc_image_key(const cc_table_spec_t *spec, const char *path, apr_pool_t *p);

/**
 * Makes an image of the rows of a state of the file (map NULL: that state is bad): *image is an
 * open file without a name, which cannot be changed. APR_EINTR soon after *stop is set; otherwise
 * errors of the system, APR_ENOTIMPL if it does not support such files.
 */
apr_status_t cc_image_make(int *image, apr_uint64_t key, const cc_held_t *held,
                           const atomic_bool *stop, apr_pool_t *p);

/**
 * Takes the map from an open image, which may be closed afterwards. It must be of the state of the
 * file that *held identifies by its stamp and columns. APR_ENOENT: it is of another state;
 * APR_EGENERAL: that state is bad; APR_EACCES: it is not an image of this owner.
 */
apr_status_t cc_image_take(cc_held_t *held, apr_uint64_t key, int image, uid_t owner);

/* ---- the cache (cache.c) --------------------------------------------------------------------- */

/** Cached answers of one table in one process. Any thread may use it. */
typedef struct cc_cache_t cc_cache_t;

/** Lives as long as `p`; `spec` is kept by reference. */
apr_status_t cc_cache_create(cc_cache_t **cache, const cc_table_spec_t *spec, apr_pool_t *p);

/**
 * Answers a query whose key is folded; false: there is no answer that is fresh at `now`. The second
 * function is for a source that has failed: it also uses a stale answer, which then counts as fresh
 * for a moment.
 */
bool cc_cache_recall(cc_cache_t *cache, cc_query_t *query, apr_time_t now, apr_pool_t *p);
bool cc_cache_recall_stale(cc_cache_t *cache, cc_query_t *query, apr_time_t now, apr_pool_t *p);

/** Keeps the answer of a query until its stale_at, and then as a stale one for stale= longer. */
void cc_cache_remember(cc_cache_t *cache, const cc_query_t *query, apr_time_t now);

/* ---- lookups in remote sources (remote.c) ---------------------------------------------------- */

/**
 * Answers from the table's cache, if it has one, or queries the source and caches its answers. Keys
 * are folded; info is empty, but for its stale_at, before. Changes the order of the list of
 * queries.
 */
void cc_remote_lookup(const cc_table_t *table, cc_query_t **queries, int count, apr_time_t now,
                      cc_table_usage_t *account, apr_pool_t *p);

/* ---- waiting for a source (queue.c) ---------------------------------------------------------- */

/** The threads of one process that wait for one source (base/waiting.h). Any thread may use it. */
typedef struct cc_queue_t cc_queue_t;

/** Lives as long as `p`; `max` threads may wait for the whole timeout. */
apr_status_t cc_queue_create(cc_queue_t **queue, int max, apr_pool_t *p);

/**
 * How long one more thread may wait for the source, up to `timeout`; 0 or less: not at all. A
 * thread that waits must call cc_queue_end, and report whether an answer came. A NULL queue has no
 * limit.
 */
apr_interval_time_t cc_queue_begin(cc_queue_t *queue, apr_interval_time_t timeout);
void cc_queue_end(cc_queue_t *queue, bool answered);

/* ---- tables (spec.c, tables.c, lookup.c, count.c) -------------------------------------------- */

/** A back end and its state. */
typedef struct cc_source_t {
    const cc_backend_t *backend;
    void *state;
    bool closed; /* CC_SOURCE_CLOSED at a restart: it has no state, and lookups fail */
} cc_source_t;

struct cc_table_t {
    cc_table_spec_t spec;
    cc_source_t source;
    const void *scope; /* NULL: all */
    bool used;
    cc_cache_t *cache;                 /* NULL: nothing is kept */
    cc_queue_t *queue;                 /* NULL: any number of threads may wait */
    apr_thread_mutex_t *validity_lock; /* of the two members below; NULL without spec.valid */
    cc_validity_t validity;            /* as it was last found, */
    apr_uint64_t validity_generation;  /* and the generation of the rows then */
    cc_due_t due;                      /* for the thread that polls */
    cc_table_counters_t *counters;
    cc_table_counters_t own; /* used until cc_table_count_in */
};

/** Counts a load, for the thread that opens or polls. */
void cc_table_count_load(cc_table_t *table, bool good, apr_time_t now);

/** Reads "NAME TYPE:SOURCE [option=value ...]" into spec and source.backend, one of the list. */
apr_status_t cc_spec_parse(cc_table_t *table, const cc_backend_t *const *backends, const char *text,
                           apr_pool_t *p, cc_error_t *err);

#endif
