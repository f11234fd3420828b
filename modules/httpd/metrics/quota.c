/* SPDX-License-Identifier: Apache-2.0 */
/* Limits one kind of log line to ten lines a second, or a hundred at once after a quiet time. */
#include "base/counter.h"
#include "httpd/metrics/quota.h"
#include "rules/rules.h"

/*
 * A quota is one number: the time at which the lines so far would have been due at a constant rate
 * (the generic cell rate algorithm). Each line advances it by its share of a second, and is left
 * out if that time is too far ahead of the clock. So all processes share a quota by one
 * compare-and-swap for each line.
 */
#define EVERY apr_time_from_msec(100)
#define AHEAD (100 * EVERY)
#define REPORT_EVERY apr_time_from_sec(1)

#define TAG(number) "CC" #number

const char *const cc_quota_tags[CC_QUOTA_COUNT + 1] = {
    [CC_QUOTA_UNMAPPED] = TAG(0103),
    [CC_QUOTA_REJECTED] = TAG(0104),
    [CC_QUOTA_REFUSED] = TAG(0106),
    [CC_QUOTA_ACCOUNT] = TAG(0109),
    [CC_QUOTA_FORBIDDEN] = TAG(0110),
    [CC_QUOTA_HEADER] = TAG(0111),
    [CC_QUOTA_METRICS] = TAG(0114),
    [CC_QUOTA_MOD_SSL] = TAG(0115),
    [CC_QUOTA_CONNECTION] = TAG(0117),
    [CC_QUOTA_TRAILER] = TAG(0118),
    [CC_QUOTA_EXPRESSION] = TAG(0123),
    [CC_QUOTA_FAILED] = TAG(0133),
    [CC_QUOTA_SHADOW] = TAG(0137),
    [CC_QUOTA_BAD_HEADER] = TAG(0145),
    [CC_QUOTA_UNTRUSTED_PROXY] = TAG(0146),
    [CC_QUOTA_LEDGER] = TAG(0148),
    [CC_QUOTA_NOTE + CC_NOTE_UNUSABLE_VALUE] = TAG(0150),
    [CC_QUOTA_NOTE + CC_NOTE_PATTERN_LIMIT] = TAG(0151),
    [CC_QUOTA_NOTE + CC_NOTE_AMBIGUOUS_USER] = TAG(0152),
    [CC_QUOTA_NOTE + CC_NOTE_TOO_MANY_RESULTS] = TAG(0153),
    [CC_QUOTA_NOTE + CC_NOTE_REFUSED_OUTPUT] = TAG(0154),
    [CC_QUOTA_NOTE + CC_NOTE_OLD_ANSWER] = TAG(0155),
    [CC_QUOTA_NOTE + CC_NOTE_UNUSABLE_COLUMN] = TAG(0156),
    [CC_QUOTA_NOTE + CC_NOTE_UNDECIDED_RULE] = TAG(0157),
    [CC_QUOTA_NOTE + CC_NOTE_OUTSIDE_ROW] = TAG(0134),
    [CC_QUOTA_NOTE + CC_NOTE_OUTSIDE] = TAG(0108),
    [CC_QUOTA_PROXY_HEADER] = TAG(0161),
    [CC_QUOTA_PROXY_CERT] = TAG(0162),
    [CC_QUOTA_UNSENT] = TAG(0165),
    [CC_QUOTA_OUTGROWN] = TAG(0189),
    [CC_QUOTA_TOLERATED] = TAG(0190),
    [CC_QUOTA_MISDIRECTED] = TAG(0191),
    [CC_QUOTA_NO_PAGE] = TAG(0291),
};

static void leave_out(cc_quota_t *quota, apr_time_t now)
{
    cc_counter_add(&quota->left_out);
    if (atomic_fetch_add_explicit(&quota->unreported, 1, memory_order_relaxed) == 0) {
        atomic_store_explicit(&quota->since, now, memory_order_relaxed);
    }
}

/* If the time is further ahead than any line can set it, the clock was set back since. */
bool cc_quota_take(cc_quota_t *quota, apr_time_t now)
{
    int_least64_t due = atomic_load_explicit(&quota->due, memory_order_relaxed);
    apr_time_t start;

    do {
        start = due > now && due - now <= AHEAD ? due : now;
        if (start - now > AHEAD - EVERY) {
            leave_out(quota, now);
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(&quota->due, &due, start + EVERY,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

bool cc_quota_report_due(const cc_quota_t *quota, apr_time_t now)
{
    return atomic_load_explicit(&quota->unreported, memory_order_relaxed) > 0 &&
           now - atomic_load_explicit(&quota->since, memory_order_relaxed) >= REPORT_EVERY;
}

apr_uint64_t cc_quota_report(cc_quota_t *quota, apr_time_t *since)
{
    *since = atomic_load_explicit(&quota->since, memory_order_relaxed);
    return atomic_exchange_explicit(&quota->unreported, 0, memory_order_relaxed);
}
