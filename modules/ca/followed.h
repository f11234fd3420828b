/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the CA component share for following the files of CAs. */
#ifndef CC_CA_FOLLOWED_H
#define CC_CA_FOLLOWED_H

#include "ca/internal.h"

/* ---- a clock that is never set back (clock.c) ------------------------------------------------ */

/** The time, as of its last reading. For one thread; children have a copy. */
typedef struct cc_ca_clock_t {
    apr_time_t time;     /* 0: not read yet */
    apr_time_t measured; /* of the monotonic clock */
} cc_ca_clock_t;

/**
 * The present time, but if the clock was set back since the last reading, the time that it would
 * have without that. It is later than the result of every earlier reading.
 */
apr_time_t cc_ca_clock_read(cc_ca_clock_t *clock);

/* ---- a list that processes share (journal.c) ------------------------------------------------- */

/**
 * The last entries of a list in shared memory, numbered from 1, without gaps. An entry has 32 bits.
 * Any process may add and read. Processes never wait for each other.
 */
typedef struct cc_ca_journal_t {
    cc_counter_t *slots; /* all 0 at first; NULL: there is no list */
    apr_uint64_t size;   /* how many */
} cc_ca_journal_t;

/** An entry with its number, as it is in a slot; and the number in a slot. */
apr_uint64_t cc_ca_journal_slot(apr_uint64_t entry, apr_uint64_t number);
apr_uint64_t cc_ca_journal_number(apr_uint64_t slot);

/**
 * Adds an entry, unless it is already there with a number above *after: then the result is false.
 * *after becomes the number of the entry.
 */
bool cc_ca_journal_add(const cc_ca_journal_t *journal, apr_uint64_t *after, apr_uint64_t entry);

/** The number of the last entry, which is at least `after`. */
apr_uint64_t cc_ca_journal_last(const cc_ca_journal_t *journal, apr_uint64_t after);

/**
 * True if an entry has a number above `after` and up to `last`. Also true if some of these entries
 * are no longer in the list.
 */
bool cc_ca_journal_has(const cc_ca_journal_t *journal, apr_uint64_t entry, apr_uint64_t after,
                       apr_uint64_t last);

/* ---- directives, paths and files ------------------------------------------------------------- */

/** A ClientCertCA. */
typedef struct cc_ca_line_t {
    const cc_ca_spec_t *spec;
    int group;
    cc_due_t due;
    apr_uint64_t departures; /* the number of the last departure before the previous poll, */
    apr_uint64_t latest;     /* and before this poll (departures.c) */
} cc_ca_line_t;

/** A refusal of a file or a path. */
typedef struct cc_ca_refusal_t {
    const char *tag;  /* why it is refused now; NULL: it is not */
    cc_error_t error; /* to be reported; tag NULL: none */
    bool first;       /* no other process has found it before */
} cc_ca_refusal_t;

/** What the other processes know about a file or a path (count.c). */
typedef struct cc_ca_history_t {
    apr_uint64_t at;      /* its latest outcome that this process knows, by number */
    apr_uint64_t outcome; /* that outcome; 0: none */
} cc_ca_history_t;

/** A PATH of a directive. */
typedef struct cc_ca_source_t {
    cc_ca_line_t *line;
    const char *path;
    bool folder;
    apr_time_t changed_at; /* when an entry of the folder last came or left; 0: not known */
    apr_time_t missing_at; /* when it first had no CAs; 0: it has some */
    cc_error_t problem;    /* of the last scan; tag NULL: none */
    cc_ca_refusal_t refusal;
    cc_ca_history_t history;
} cc_ca_source_t;

/** A file of a source. */
typedef struct cc_ca_file_t {
    apr_pool_t *pool;
    cc_ca_source_t *source;
    const char *path;
    bool present;          /* the last scan found it */
    bool listed;           /* it found its name in the folder, at least */
    bool gone;             /* it counts as removed, and is dropped with the next set */
    cc_file_stamp_t stamp; /* at the last scan */
    cc_file_stamp_t seen;  /* when it was last accepted or refused */
    bool unsure;           /* it may have changed since without a trace */
    bool departed;         /* since the previous poll, other processes saw a CA leave it */
    bool gap;              /* such a CA is in it again */
    apr_time_t put_off;    /* since when reading is put off: it may be half written; 0: not */
    apr_time_t missing_at; /* since when it is missing; 0: it is not */
    cc_ca_refusal_t refusal;
    cc_ca_content_t *content; /* as last accepted; NULL: none */
    cc_ca_content_t *in_set;  /* the same when the current set was made */
    bool first;               /* no other process has found the change from in_set before */
    cc_ca_history_t history;
} cc_ca_file_t;

struct cc_cas_t {
    cc_cas_plan_t plan;
    apr_pool_t *pool;            /* its own, for the polling thread */
    apr_pool_t *scratch;         /* of the current poll */
    apr_array_header_t *groups;  /* of cc_ca_group_t, without CAs */
    apr_array_header_t *lines;   /* of cc_ca_line_t */
    apr_array_header_t *sources; /* of cc_ca_source_t */
    apr_array_header_t *files;   /* of cc_ca_file_t * */
    cc_snapshot_t sets;
    cc_ca_clock_t clock;
    bool changed; /* the contents of the files have changed since the set was made */
    bool gaps;    /* a file has one */
    cc_ca_journal_t departures;
    cc_ca_counters_t *counters;
    cc_ca_counters_t own; /* used until cc_cas_count_in */
};

/** Makes a CA set that is followed, without its files. */
cc_cas_t *cc_cas_create(const cc_cas_plan_t *plan, apr_pool_t *p);

/** Makes the first set, once the files are loaded. */
void cc_cas_complete(cc_cas_t *cas);

/** A set of the present contents of the files. */
cc_ca_set_t *cc_cas_set_of(cc_cas_t *cas, const cc_ca_set_t *before);

/* ---- scan.c ---------------------------------------------------------------------------------- */

/** Lists the files of a source. If it cannot be read, source->problem is CC0463. */
void cc_ca_source_scan(cc_cas_t *cas, cc_ca_source_t *source);

/** A file of a source. If there is none, it is made, without content, and followed from now on. */
cc_ca_file_t *cc_ca_file_of(cc_cas_t *cas, cc_ca_source_t *source, const char *path);

/* ---- poll.c ---------------------------------------------------------------------------------- */

/**
 * Loads a file for the first time; if `wait`, waits while it is being written. Errors are those of
 * cc_ca_content_load, also in file->refusal.error.
 */
apr_status_t cc_ca_file_first(cc_cas_t *cas, cc_ca_file_t *file, bool wait);

/** CC0466 for a folder that gives no CAs. */
void cc_ca_source_without(cc_ca_source_t *source, apr_pool_t *p);

/** True if a file of the source that is present gives CAs. */
bool cc_ca_source_gives(const cc_cas_t *cas, const cc_ca_source_t *source);

/** Reads the files of a line that have changed; returns the maximum time until the next call. */
apr_interval_time_t cc_ca_line_poll(cc_cas_t *cas, cc_ca_line_t *line, apr_time_t now);

/* ---- CAs that other processes saw leave (departures.c) --------------------------------------- */

/** Notes that a file has another content now, or none (NULL). */
void cc_ca_departures_add(const cc_cas_t *cas, const cc_ca_file_t *file,
                          const cc_ca_content_t *before, const cc_ca_content_t *now);

/** Begins a poll of a line: finds its files of which a CA has left, which are to be read again. */
void cc_ca_departures_find(cc_cas_t *cas, cc_ca_line_t *line);

/** For a file that was accepted now: a CA that has left, and is there again, counts as new. */
void cc_ca_departures_return(cc_cas_t *cas, cc_ca_file_t *file);

/** Ends a poll of a line: of files that were not accepted, the CAs that have left do not count. */
void cc_ca_departures_apply(cc_cas_t *cas, cc_ca_line_t *line);

/** Takes the CAs that have left out of the kept store, before a restart. */
void cc_cas_departures_keep(cc_cas_t *cas);

/* ---- files that outlive a restart (kept.c). In other processes than the owner they do nothing. */

/** True in the process that writes to the store. */
bool cc_ca_kept_owned(const cc_cas_t *cas);

/** Keeps the content of a file as the last one that was accepted; or forgets the file. */
void cc_ca_kept_put(cc_cas_t *cas, const cc_ca_content_t *content);
void cc_ca_kept_forget(cc_cas_t *cas, const char *path);

/** The content of a file as last accepted, and when that was; NULL: there is none. */
cc_ca_content_t *cc_ca_kept_load(apr_time_t *since, cc_cas_t *cas, const char *path);

/** Adds the paths (const char *) of the files in a folder that are kept. */
void cc_ca_kept_below(apr_array_header_t *paths, const cc_cas_t *cas, const char *folder);

/** Keeps since when each CA of a set is there; and restores that in a set that nothing uses yet. */
void cc_ca_kept_ages_put(cc_cas_t *cas, const cc_ca_set_t *set);
void cc_ca_kept_ages_restore(const cc_cas_t *cas, cc_ca_set_t *set);

/** Reads the clock of a set, which no restart sets back either. */
apr_time_t cc_cas_time(cc_cas_t *cas);

/* ---- counting (count.c) ---------------------------------------------------------------------- */

/** Counts a file that was accepted or refused in the state `seen`, or is gone. True: the first. */
bool cc_ca_file_count(cc_cas_t *cas, cc_ca_file_t *file, bool accepted);

/** Counts a source that is refused; `tag` NULL: no longer. True: no other process found that. */
bool cc_ca_source_count(cc_cas_t *cas, cc_ca_source_t *source, const char *tag);

/** Prepares the history of a file that was not there before. */
void cc_ca_file_count_from(cc_cas_t *cas, cc_ca_file_t *file);

/**
 * When the newest of the files was written, at most now. A restart, such as that of a rotated log,
 * does not make the CAs of the first set younger.
 */
apr_time_t cc_ca_files_written(const cc_cas_t *cas);

/** Counts a poll, and how many files and sources are refused. */
void cc_cas_count_poll(cc_cas_t *cas, apr_time_t now);

#endif
