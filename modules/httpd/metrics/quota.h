/* SPDX-License-Identifier: Apache-2.0 */
/* How many lines of the log clients may cause that nobody knows. */
#ifndef CC_QUOTA_H
#define CC_QUOTA_H

#include <stdbool.h>

#include "base/counter.h"
#include "rules/rules.h"

#include <httpd.h>

/** The lines that a client without an identity can cause at will. */
typedef enum {
    CC_QUOTA_UNMAPPED,   /* CC0103 */
    CC_QUOTA_REJECTED,   /* CC0104 */
    CC_QUOTA_REFUSED,    /* CC0106 */
    CC_QUOTA_FORBIDDEN,  /* CC0110 */
    CC_QUOTA_HEADER,     /* CC0111 */
    CC_QUOTA_METRICS,    /* CC0114 */
    CC_QUOTA_CONNECTION, /* CC0117 */
    CC_QUOTA_TRAILER,    /* CC0118 */
    CC_QUOTA_EXPRESSION, /* CC0123 */
    CC_QUOTA_FAILED,     /* CC0133 */
    CC_QUOTA_NOTE,       /* CC0150, and those that follow, by cc_note_kind_t: */
    CC_QUOTA_NOTE_LAST = CC_QUOTA_NOTE + CC_NOTE_COUNT - 1, /* CC0157 */
    CC_QUOTA_OUTGROWN,   /* CC0189 */
    CC_QUOTA_COUNT
} cc_quota_kind_t;

/** Of one kind; in memory that all children share. Begins as zeros. */
typedef struct cc_quota_t {
    atomic_int_least64_t due;   /* when the lines so far would all have been due, one at a time */
    atomic_int_least64_t since; /* when the first was left out that nobody has told of */
    cc_counter_t untold;        /* left out since then */
    cc_counter_t left_out;      /* all of them */
} cc_quota_t;

/**
 * Whether a line of this kind may be written now; else it is counted. Tells in a line of its own
 * (CC0188) how many were left out before, if any. Any thread.
 */
bool cc_quota_lets(const server_rec *s, cc_quota_kind_t kind);

/** Takes its share of a quota at this moment; false: there is none left. Any thread. */
bool cc_quota_take(cc_quota_t *quota, apr_time_t now);

/** The tag of the lines of this kind, in `p`. */
const char *cc_quota_tag(cc_quota_kind_t kind, apr_pool_t *p);

#endif
