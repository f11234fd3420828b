/* SPDX-License-Identifier: Apache-2.0 */
/* Limits the log lines that clients without an identity can cause. */
#ifndef CC_QUOTA_H
#define CC_QUOTA_H

#include <stdbool.h>

#include <apr_time.h>

#include "base/counter.h"
#include "rules/rules.h"

struct server_rec;

/** The lines that a client without an identity can cause at will. */
typedef enum {
    CC_QUOTA_UNMAPPED,        /* CC0103 */
    CC_QUOTA_REJECTED,        /* CC0104 */
    CC_QUOTA_REFUSED,         /* CC0106 */
    CC_QUOTA_ACCOUNT,         /* CC0109 */
    CC_QUOTA_FORBIDDEN,       /* CC0110 */
    CC_QUOTA_HEADER,          /* CC0111 */
    CC_QUOTA_METRICS,         /* CC0114 */
    CC_QUOTA_MOD_SSL,         /* CC0115 */
    CC_QUOTA_CONNECTION,      /* CC0117 */
    CC_QUOTA_TRAILER,         /* CC0118 */
    CC_QUOTA_EXPRESSION,      /* CC0123 */
    CC_QUOTA_FAILED,          /* CC0133 */
    CC_QUOTA_SHADOW,          /* CC0137 */
    CC_QUOTA_BAD_HEADER,      /* CC0145 */
    CC_QUOTA_UNTRUSTED_PROXY, /* CC0146 */
    CC_QUOTA_LEDGER,          /* CC0148 */
    CC_QUOTA_NOTE,            /* CC0150, and those of the other notes, by cc_note_kind_t: */
    CC_QUOTA_NOTE_LAST = CC_QUOTA_NOTE + CC_NOTE_COUNT - 1, /* CC0108 */
    CC_QUOTA_PROXY_HEADER,                                  /* CC0161 */
    CC_QUOTA_PROXY_CERT,                                    /* CC0162 */
    CC_QUOTA_UNSENT,                                        /* CC0165 */
    CC_QUOTA_OUTGROWN,                                      /* CC0189 */
    CC_QUOTA_TOLERATED,                                     /* CC0190 */
    CC_QUOTA_MISDIRECTED,                                   /* CC0191 */
    CC_QUOTA_NO_PAGE,                                       /* CC0291 */
    CC_QUOTA_COUNT
} cc_quota_kind_t;

/** The tags of their lines ("CC0103"), by cc_quota_kind_t, and NULL. */
extern const char *const cc_quota_tags[CC_QUOTA_COUNT + 1];

/** The quota of one kind. It may be in memory that processes share. Initially all zeros. */
typedef struct cc_quota_t {
    atomic_int_least64_t due;   /* when the lines so far would have been due at a constant rate */
    atomic_int_least64_t since; /* when the first unreported line was left out */
    cc_counter_t unreported;    /* how many were left out since then */
    cc_counter_t left_out;      /* all of them */
} cc_quota_t;

/* ---- one quota (quota.c). Any thread of any process. ----------------------------------------- */

/**
 * Takes the share of one line from the quota at this moment. False: no share is left; the line is
 * to be left out, and is counted.
 */
bool cc_quota_take(cc_quota_t *quota, apr_time_t now);

/**
 * True if lines were left out that are not reported yet, the first of them at least a second ago.
 */
bool cc_quota_report_due(const cc_quota_t *quota, apr_time_t now);

/**
 * Returns how many lines were left out and not reported, and resets that number: the caller reports
 * them now. Sets *since to the time of the first of them.
 */
apr_uint64_t cc_quota_report(cc_quota_t *quota, apr_time_t *since);

/* ---- those of the server (quota_log.c) ------------------------------------------------------- */

/**
 * True if a line of this kind may be written now; otherwise it is counted. Logs how many lines were
 * left out before, if any (CC0188). Any thread.
 */
bool cc_quota_lets(const struct server_rec *s, cc_quota_kind_t kind);

/**
 * The hooks monitor, in the parent, and child_init, which prepares this for the end of the child.
 * Both log how many lines were left out (CC0188). cc_quota_monitor returns DECLINED.
 */
int cc_quota_monitor(apr_pool_t *p, struct server_rec *s);
void cc_quota_child_start(apr_pool_t *pchild, struct server_rec *s);

#endif
