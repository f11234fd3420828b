/* SPDX-License-Identifier: Apache-2.0 */
/* Quotas of the log: how many lines clients without an identity may cause. */
#ifndef CC_QUOTA_H
#define CC_QUOTA_H

#include <stdbool.h>

#include <apr_time.h>

#include "base/counter.h"
#include "rules/rules.h"

struct server_rec;

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

/** The tags of their lines ("CC0103"), by cc_quota_kind_t, and NULL. */
extern const char *const cc_quota_tags[CC_QUOTA_COUNT + 1];

/** The quota of one kind. It may lie in memory that processes share, and begins as zeros. */
typedef struct cc_quota_t {
    atomic_int_least64_t due;   /* when the lines so far would all have been due, one at a time */
    atomic_int_least64_t since; /* when the first line was left out that no line reports yet */
    cc_counter_t unreported;    /* how many were left out since then */
    cc_counter_t left_out;      /* all of them */
} cc_quota_t;

/* ---- one quota (quota.c). Any thread of any process. ----------------------------------------- */

/** Takes one line's share at this moment; false: none is left, and the line counts as left out. */
bool cc_quota_take(cc_quota_t *quota, apr_time_t now);

/** True if lines were left out, none of them is reported yet, and the first is a second old. */
bool cc_quota_report_due(const cc_quota_t *quota, apr_time_t now);

/** How many were left out since *since, to be reported now: the next call gives those after. */
apr_uint64_t cc_quota_report(cc_quota_t *quota, apr_time_t *since);

/* ---- those of the server (quota_log.c) ------------------------------------------------------- */

/**
 * Whether a line of this kind may be written now; else it is counted. A line of its own (CC0188)
 * says how many were left out before, if any. Any thread.
 */
bool cc_quota_lets(const struct server_rec *s, cc_quota_kind_t kind);

/**
 * monitor, in the parent, and child_init, for the end of the child: report how many lines were left
 * out (CC0188). DECLINED.
 */
int cc_quota_monitor(apr_pool_t *p, struct server_rec *s);
void cc_quota_child_start(apr_pool_t *pchild, struct server_rec *s);

#endif
