/* SPDX-License-Identifier: Apache-2.0 */
/* Lookup tables: what the files of this room share. */
#ifndef CC_TABLES_INTERNAL_H
#define CC_TABLES_INTERNAL_H

#include <stdatomic.h>

#include <apr_errno.h>
#include <apr_file_io.h>

#include "base/counter.h"
#include "base/due.h"
#include "base/file_stamp.h"
#include "base/snapshot.h"
#include "base/waiting.h"
#include "tables/table.h"

/* ---- keys (key.c) ---------------------------------------------------------------------------- */

/** A key as its source has it: not NUL-terminated. */
typedef struct cc_key_t {
    const char *at;
    apr_size_t len;
} cc_key_t;

#define CC_KEY_SMALL 64 /* octets: larger than any digest */

/**
 * The octets that hex stands for; colons and blanks are skipped. `to` has room for half of `len`,
 * and may be `hex`. -1 where it is no hex, or where half an octet is left over.
 */
apr_ssize_t cc_key_octets(unsigned char *to, const char *hex, apr_size_t len);

/** The octets at the start of hex, as long as four digits follow on each other. */
apr_size_t cc_key_start(unsigned char *to, const char *hex, apr_size_t len);

/** ASCII letters in lower case; `to` may be `text`. */
void cc_key_lower(char *to, const char *text, apr_size_t len);

/**
 * Folds a key as the back end has it, in `p` or in `small`, a place of CC_KEY_SMALL octets. False
 * where no table holds such a key: it is empty, has a NUL, or should be hex and is not.
 */
bool cc_key_fold(cc_key_t *key, const cc_table_t *table, char *small, apr_pool_t *p);

/* ---- rows (row.c) ---------------------------------------------------------------------------- */

/**
 * A row as one text: each value with its NUL, and CC_COLUMN_END after each column. No value is
 * empty or holds a control character.
 */
typedef struct cc_packed_t {
    apr_size_t columns;
    apr_size_t values; /* of all columns */
    apr_size_t len;
    const char *text;
} cc_packed_t;

#define CC_COLUMN_END '\1'

/** The row, copied into `p`. */
cc_row_t cc_row_unpack(const cc_packed_t *packed, apr_pool_t *p);

/** The octets that a row takes, and its copy in a place of that size (aligned for pointers). */
apr_size_t cc_row_size(const cc_row_t *row);
cc_row_t cc_row_put(void *place, const cc_row_t *row);

/* ---- lines (line.c) -------------------------------------------------------------------------- */

/** A line that is being read, and what is wrong with it. */
typedef struct cc_table_line_t {
    const char *at; /* what is still to be read */
    const char *end;
    const char *error; /* what is wrong, a literal; NULL: nothing */
    const char *word;  /* the word at fault, as written */
    apr_size_t word_len;
    apr_size_t values; /* how many have been read */
} cc_table_line_t;

/** Leaves out the LF or CRLF at the end. */
void cc_table_line_trim(cc_table_line_t *line);

/** Moves to the next word; false where there is none, only blanks or a comment. */
bool cc_line_more(cc_table_line_t *line);

/** Reads the word, without its quotes, to `to` (room for what is left of the line): its length. */
apr_size_t cc_line_key(cc_table_line_t *line, char *to);

/** The same for a word of hex: the octets that it stands for. */
apr_size_t cc_line_octets(cc_table_line_t *line, char *to);

/**
 * Reads all words that are left as columns. Their text goes to `to`, which has room for twice what
 * is left of the line, and 1.
 */
cc_packed_t cc_line_columns(cc_table_line_t *line, char *to);

/** What is wrong, with the word, for a log. */
const char *cc_line_error(const cc_table_line_t *line, apr_pool_t *p);

/**
 * A text of columns alone, as dbm and redis have it: CC_TABLE_FOUND, or CC_TABLE_FAILED with
 * info->failure.
 */
cc_table_result_t cc_line_row(cc_row_t *row, const char *text, apr_size_t len,
                              cc_answer_info_t *info, apr_pool_t *p);

/* ---- maps (map.c) ---------------------------------------------------------------------------- */

/**
 * Keys and packed rows in memory. Filled by one thread and then never written again: what a process
 * loaded is shared by its children, and any thread may read it.
 */
typedef struct cc_map_t cc_map_t;

/** An empty map for rows from a text of this size; NULL: no memory. */
cc_map_t *cc_map_create(apr_size_t text_size);

/** NULL is none. */
void cc_map_free(cc_map_t *map);

/** Adds a row that stands so many lines below the last one. */
void cc_map_add(cc_map_t *map, apr_size_t lines, const cc_key_t *key, const cc_packed_t *packed);

/** Gets each row whose key an earlier row has. */
typedef void cc_map_twice_fn(apr_uint32_t row, apr_uint32_t first, void *baton);

/** The number of a row's line. It takes a walk over all rows before it. */
apr_uint64_t cc_map_line(const cc_map_t *map, apr_uint32_t row);

/** How many rows it has. */
apr_uint32_t cc_map_rows(const cc_map_t *map);

/**
 * Makes the map fit for cc_map_find, and finds keys that stand in it twice. APR_EINTR soon after
 * *stop is set (NULL: it never is).
 */
apr_status_t cc_map_finish(cc_map_t *map, const atomic_bool *stop, cc_map_twice_fn *twice,
                           void *baton);

/**
 * A finished map as octets that may stand anywhere in memory, aligned to 8: three parts, one after
 * the other, which live as long as the map and `p`. Returns the length of all.
 */
apr_size_t cc_map_image_parts(cc_key_t parts[3], const cc_map_t *map, apr_pool_t *p);

/**
 * The map whose octets stand at `offset` in what mmap has given, up to its end: cc_map_free unmaps
 * it. NULL where the lengths are wrong, or no memory is left: then it is still the caller's.
 * The octets are trusted.
 */
cc_map_t *cc_map_image_take(void *image, apr_size_t image_len, apr_size_t offset);

/** True if both have the same rows in the same order. Finished maps. */
bool cc_map_same(const cc_map_t *a, const cc_map_t *b);

/** True if the key is there; *packed then is its row, as long as the map lives. */
bool cc_map_find(const cc_map_t *map, const cc_key_t *key, cc_packed_t *packed);

/* ---- files (spec.c, load.c) ------------------------------------------------------------------ */

/** The path of a source: absolute, or below the root. */
const char *cc_source_path(const cc_table_spec_t *spec, const char *path, apr_pool_t *p);

/**
 * Reads a file into a map; *stamp is what was read, or is left alone where nothing could be.
 * APR_EBUSY where it changed meanwhile, else errors (CC0610, CC0611).
 */
apr_status_t cc_map_load(cc_map_t **map, cc_file_stamp_t *stamp, const cc_table_spec_t *spec,
                         apr_pool_t *p, cc_error_t *err);

/* ---- rows that outlive a configuration (kept.c) ---------------------------------------------- */

/** Rows of a file, and the state of the file that they are of. */
typedef struct cc_held_t {
    cc_map_t *map;
    cc_file_stamp_t stamp;
    int columns; /* each row had at least so many when it was read */
    bool unsure; /* the file may have changed since without a trace */
} cc_held_t;

/** Keeps the map, which is its own from here on; frees it where `kept` is NULL or has ended. */
void cc_kept_put(cc_tables_kept_t *kept, const cc_table_spec_t *spec, const char *path,
                 const cc_held_t *held);

/** Takes rows of this file back, which are the caller's then; false: there are none. */
bool cc_kept_take(cc_held_t *held, cc_tables_kept_t *kept, const cc_table_spec_t *spec,
                  const char *path);

/** Frees what was not taken. NULL is nothing. */
void cc_kept_clear(cc_tables_kept_t *kept);

/* ---- rows that other processes have read (image.c) ------------------------------------------- */

/** What tells the image of a file from others: where the file is, and how it is read. */
apr_uint64_t cc_image_key(const cc_table_spec_t *spec, const char *path, apr_pool_t *p);

/**
 * Makes an image of what is held of a state of the file (map NULL: that state is bad): *image is an
 * open file without a name, which cannot be changed. APR_EINTR soon after *stop is set; else errors
 * of the system, APR_ENOTIMPL where it has no such files.
 */
apr_status_t cc_image_make(int *image, apr_uint64_t key, const cc_held_t *held,
                           const atomic_bool *stop, apr_pool_t *p);

/**
 * Takes from an open image, which may be closed then, the map of the state of the file that *held
 * names, by its stamp and columns. APR_ENOENT: it is of another one; APR_EGENERAL: that state is
 * bad; APR_EACCES: it is no image of this owner.
 */
apr_status_t cc_image_take(cc_held_t *held, apr_uint64_t key, int image, uid_t owner);

/* ---- the protocol of Redis (resp.c) ---------------------------------------------------------- */

/** The answer to GET. */
typedef enum {
    CC_REPLY_PART,  /* more is to come */
    CC_REPLY_VALUE, /* text, len */
    CC_REPLY_NONE,
    CC_REPLY_ERROR, /* text, len: the server's words */
    CC_REPLY_BAD    /* this is no answer to GET, or it is too large */
} cc_reply_kind_t;

#define CC_REPLY_MAX CC_ANSWER_MAX /* a value */
#define CC_REPLY_LINE 1024              /* the line before it, or an error */

typedef struct cc_reply_t {
    cc_reply_kind_t kind;
    const char *text;
    apr_size_t len;
    apr_size_t size; /* of all of it, but of CC_REPLY_PART and CC_REPLY_BAD */
} cc_reply_t;

/** The octets of "GET prefix key" on the wire, and them, put to `to`: the place after them. */
apr_size_t cc_resp_size(const char *prefix, const cc_key_t *key);
char *cc_resp_put(char *to, const char *prefix, const cc_key_t *key);

/** The first reply of what has been received so far; another one may follow. */
cc_reply_t cc_resp_read(const char *received, apr_size_t len);

/* ---- answers that are kept (cache.c) --------------------------------------------------------- */

/** Answers of one table in one process. Any thread may use it. */
typedef struct cc_cache_t cc_cache_t;

/** Lives as long as `p`; `spec` is kept by reference. */
apr_status_t cc_cache_create(cc_cache_t **cache, const cc_table_spec_t *spec, apr_pool_t *p);

/**
 * Answers a query whose key is folded; false: there is no answer that is fresh at `now`. The second
 * takes a stale one too, which then counts as fresh for a moment: for a source that has failed.
 */
bool cc_cache_recall(cc_cache_t *cache, cc_query_t *query, apr_time_t now, apr_pool_t *p);
bool cc_cache_recall_stale(cc_cache_t *cache, cc_query_t *query, apr_time_t now, apr_pool_t *p);

/** Keeps the answer of a query until its stale_at, and as a stale one for stale= more. */
void cc_cache_remember(cc_cache_t *cache, const cc_query_t *query, apr_time_t now);

/* ---- lookups in remote sources (remote.c) ---------------------------------------------------- */

/**
 * Answers from the table's cache, if it has one, else asks the source, and keeps what it says. Keys
 * are folded; info comes as {APR_INT64_MAX, NULL}. The order of the list of queries is changed.
 */
void cc_remote_lookup(const cc_table_t *table, cc_query_t **queries, int count, apr_time_t now,
                      cc_account_t *account, apr_pool_t *p);

/* ---- waiting for a source (queue.c) ---------------------------------------------------------- */

/** The threads of one process that wait for one source (base/waiting.h). Any thread may use it. */
typedef struct cc_queue_t cc_queue_t;

/** Lives as long as `p`; `max` threads may wait to the end. */
apr_status_t cc_queue_create(cc_queue_t **queue, int max, apr_pool_t *p);

/**
 * How long one more thread may wait for the source, up to `timeout`; 0 or less: not at all. If it
 * waits, cc_queue_end must follow, which says whether an answer came. A NULL queue has no limit.
 */
apr_interval_time_t cc_queue_begin(cc_queue_t *queue, apr_interval_time_t timeout);
void cc_queue_end(cc_queue_t *queue, bool answered);

/* ---- tables (spec.c, tables.c, lookup.c, count.c) -------------------------------------------- */

/** A back end and its state. */
typedef struct cc_source_t {
    const cc_backend_t *backend;
    void *state;
} cc_source_t;

struct cc_table_t {
    cc_table_spec_t spec;
    cc_source_t source;
    const void *scope; /* NULL: all */
    bool used;
    cc_cache_t *cache; /* NULL: nothing is kept */
    cc_queue_t *queue; /* NULL: any number of threads may wait */
    cc_due_t due;      /* for the thread that polls */
    cc_table_counters_t *counters;
    cc_table_counters_t own; /* until others are given */
};

/** Counts a load, for the thread that opens or polls. */
void cc_table_count_load(cc_table_t *table, bool good, apr_time_t now);

/** Reads "NAME TYPE:SOURCE [option=value ...]" into spec and source.backend, one of the list. */
apr_status_t cc_spec_parse(cc_table_t *table, const cc_backend_t *const *backends, const char *text,
                           apr_pool_t *p, cc_error_t *err);

#endif
