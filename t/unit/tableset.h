/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the source of a table for unit tests, opens the table and looks keys up in it. */
#ifndef TABLESET_H
#define TABLESET_H

#include "tables/table.h"

/** A folder for sources, one table, and their pool. */
typedef struct tableset_t {
    apr_pool_t *pool;
    char *folder;
    cc_tables_t *tables;
    cc_table_t *table;         /* the last one opened */
    apr_interval_time_t ahead; /* for lookups: the clock is ahead by this */
    cc_error_t err;
} tableset_t;

/** Begins an empty set with a new folder; the second function ends it. */
void tableset_begin(tableset_t *set);
void tableset_end(tableset_t *set);

/** Overwrites a file of the folder: truncates it, then fills it. */
void tableset_write(tableset_t *set, const char *name, const char *text);
void tableset_write_octets(tableset_t *set, const char *name, const void *octets, apr_size_t len);

/** Writes another file and puts it in place of the file. */
void tableset_replace(tableset_t *set, const char *name, const char *text);

/**
 * Dates a file back to a time long ago, and waits for a tick of the file system's clock: after
 * that it no longer counts as being written.
 */
void tableset_settle(tableset_t *set, const char *name);

/** The path of a file of the folder. */
const char *tableset_path(tableset_t *set, const char *name);

/** Configures "t SOURCE" at "site.conf:1", with this many columns in rules, and opens it. */
apr_status_t tableset_try(tableset_t *set, const char *source, int columns);

/** The same with another list of back ends. */
apr_status_t tableset_try_with(tableset_t *set, const cc_backend_t *const *backends,
                               const char *source, int columns);

/** The same, and it must succeed. */
void tableset_open(tableset_t *set, const char *source, int columns);

/** Opens a file "f" with this text and one column in rules, and waits until it has settled. */
void tableset_open_text(tableset_t *set, const char *text);

/**
 * The table's answer: "a,b|c" for two columns, "MISSING", or "FAILED: " and why. In the set's pool;
 * tableset_ask_in may be called by any thread with a pool of its own.
 */
const char *tableset_ask(tableset_t *set, const char *key);
const char *tableset_ask_info(tableset_t *set, const char *key, cc_answer_info_t *info);
const char *tableset_ask_in(cc_table_t *table, const char *key, apr_size_t len,
                            cc_answer_info_t *info, apr_pool_t *p);

/** Looks this many keys up on one account. Each key is the format with its number. */
cc_query_t *tableset_ask_many(tableset_t *set, int count, const char *format)
    __attribute__((format(printf, 3, 0)));

/** Polls: "changed", "" or the error. */
const char *tableset_poll_now(tableset_t *set);

/** Polls as if all clocks had moved on by a minute. */
const char *tableset_poll(tableset_t *set);

/** The error of tableset_try as one line. */
const char *tableset_error(tableset_t *set);

#endif
