/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the options of a directive, NAME=VALUE or NAME, into the members of a record. */
#ifndef CC_OPTION_H
#define CC_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "base/error.h"

/** The kind of an option, which decides the type of its member. */
typedef enum {
    CC_OPTION_FLAG,    /* NAME; bool */
    CC_OPTION_SECONDS, /* apr_interval_time_t */
    CC_OPTION_NUMBER,  /* int */
    CC_OPTION_CHOICE,  /* one of two words; bool */
    CC_OPTION_WORD,    /* one of several words, or NAME alone for the first of them; an enum, whose
                          value is the place of the word, from 1 */
    CC_OPTION_TEXT,    /* const char *, never empty; no error shows the value: it may be secret */
    CC_OPTION_CUSTOM   /* `set` reads it */
} cc_option_kind_t;

/** One option. A literal. */
typedef struct cc_option_t {
    const char *name;
    cc_option_kind_t kind;
    size_t member; /* where the value goes: its offset in the record */
    /* For SECONDS (in microseconds) and NUMBER: */
    apr_int64_t min, max; /* max 0: CC_NUMBER_MAX, or as many seconds */
    apr_int64_t usual;    /* if the option is not given */
    const char *range;    /* the same as text for errors: "0.1 to 60" */
    /* For CHOICE: */
    const char *no, *yes; /* the words for false, the default, and for true */
    /* For WORD: */
    const char *const *words; /* ends with NULL */
    /** For CUSTOM: reads a value into the record, or fills *err. */
    apr_status_t (*set)(void *record, const char *value, apr_pool_t *p, cc_error_t *err);
} cc_option_t;

#define CC_OPTIONS_MAX 24 /* options of one directive */

/** The options of a directive that is being read. */
typedef struct cc_option_reader_t {
    const cc_option_t *options;
    size_t count; /* CC_OPTIONS_MAX at most */
    void *record;
    const char *value_tag;     /* of the error for an illegal value */
    const char *text_tag;      /* of the error for an empty TEXT */
    const char *twice_tag;     /* of the error for an option that is given twice */
    const char *unknown_tag;   /* for cc_option_words: of the error for any other word */
    const char *unknown;       /* its text */
    bool blames_value;         /* the first of these errors names the value, not the whole word */
    bool seen[CC_OPTIONS_MAX]; /* begins as false */
    apr_pool_t *pool;          /* of what is read, and of errors */
    cc_error_t *err;
} cc_option_reader_t;

/** Sets the members of SECONDS and NUMBER to their defaults. All other members begin as zeros. */
void cc_options_usual(const cc_option_reader_t *reader);

/** Finds the option that a word names before its "="; NULL: there is no such option. */
const cc_option_t *cc_option_find(const cc_option_reader_t *reader, const char *word);

/** Reads the value of this option from the word into the record. Errors name the word. */
apr_status_t cc_option_read(cc_option_reader_t *reader, const cc_option_t *option,
                            const char *word);

/**
 * Reads the words from the index `first` on, which must all be NAME=VALUE with the name of an
 * option.
 */
apr_status_t cc_option_words(cc_option_reader_t *reader, const apr_array_header_t *words,
                             int first);

#endif
