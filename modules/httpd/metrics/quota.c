/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps clients that nobody knows from filling the log. */
#include "httpd/metrics/counters.h"
#include "httpd/glue.h"

#include <apr_strings.h>
#include <http_main.h>

/*
 * Every line that a client without an identity can cause has a quota, and so have the notes of the
 * rules, for every client. All children share it: ten lines a second, and a hundred at once after a
 * quiet time. The others are counted. One line says how many there were: it comes with the next
 * line of the kind, but at most once a second; from the parent, which looks every ten seconds; or
 * from a child that ends.
 *
 * A quota is one number, the moment at which the lines so far would have been due if they had come
 * one at a time (the generic cell rate algorithm). A line moves it on, and is left out where it
 * lies too far ahead of the clock.
 */
#define EVERY apr_time_from_msec(100)
#define AHEAD (100 * EVERY)
#define TOLD_EVERY apr_time_from_sec(1)

static const struct {
    int tag, level;
} lines[CC_QUOTA_COUNT] = {
    [CC_QUOTA_UNMAPPED] = {103, APLOG_NOTICE},  [CC_QUOTA_REJECTED] = {104, APLOG_WARNING},
    [CC_QUOTA_REFUSED] = {106, APLOG_WARNING},  [CC_QUOTA_FORBIDDEN] = {110, APLOG_ERR},
    [CC_QUOTA_HEADER] = {111, APLOG_INFO},      [CC_QUOTA_METRICS] = {114, APLOG_ERR},
    [CC_QUOTA_CONNECTION] = {117, APLOG_INFO},  [CC_QUOTA_TRAILER] = {118, APLOG_INFO},
    [CC_QUOTA_EXPRESSION] = {123, APLOG_ERR},   [CC_QUOTA_FAILED] = {133, APLOG_ERR},
    [CC_QUOTA_NOTE] = {150, APLOG_WARNING},     [CC_QUOTA_NOTE + 1] = {151, APLOG_WARNING},
    [CC_QUOTA_NOTE + 2] = {152, APLOG_WARNING}, [CC_QUOTA_NOTE + 3] = {153, APLOG_WARNING},
    [CC_QUOTA_NOTE + 4] = {154, APLOG_WARNING}, [CC_QUOTA_NOTE + 5] = {155, APLOG_WARNING},
    [CC_QUOTA_NOTE + 6] = {156, APLOG_WARNING}, [CC_QUOTA_NOTE + 7] = {157, APLOG_WARNING},
    [CC_QUOTA_OUTGROWN] = {189, APLOG_WARNING},
};

const char *cc_quota_tag(cc_quota_kind_t kind, apr_pool_t *p)
{
    return apr_psprintf(p, "CC%04d", lines[kind].tag);
}

static void leave_out(cc_quota_t *quota, apr_time_t now)
{
    cc_count(&quota->left_out);
    if (atomic_fetch_add_explicit(&quota->untold, 1, memory_order_relaxed) == 0) {
        atomic_store_explicit(&quota->since, now, memory_order_relaxed);
    }
}

/* A moment further ahead than any line moves it is of a clock that was set back since. */
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

static void tell(cc_quota_t *quota, cc_quota_kind_t kind)
{
    apr_time_t since = atomic_load_explicit(&quota->since, memory_order_relaxed);
    apr_uint64_t count = atomic_exchange_explicit(&quota->untold, 0, memory_order_relaxed);
    char date[APR_RFC822_DATE_LEN];

    if (count > 0 && apr_rfc822_date(date, since) == APR_SUCCESS) {
        ap_log_error(APLOG_MARK, lines[kind].level, 0, ap_server_conf,
                     "CC0188: %" APR_UINT64_T_FMT " more lines with the tag CC%04d since %s were "
                     "left out",
                     count, lines[kind].tag, date);
    }
}

static bool wants_telling(const cc_quota_t *quota, apr_time_t now)
{
    return atomic_load_explicit(&quota->untold, memory_order_relaxed) > 0 &&
           now - atomic_load_explicit(&quota->since, memory_order_relaxed) >= TOLD_EVERY;
}

bool cc_quota_lets(const server_rec *s, cc_quota_kind_t kind)
{
    const cc_metrics_t *numbers = cc_metrics_of(s);
    cc_quota_t *quota = numbers ? &numbers->shared->quotas[kind] : NULL;
    apr_time_t now = apr_time_now();

    if (quota && !cc_quota_take(quota, now)) {
        return false;
    }
    if (quota && wants_telling(quota, now)) {
        tell(quota, kind);
    }
    return true;
}

static void tell_all(const server_rec *s)
{
    const cc_metrics_t *numbers = cc_metrics_of(s);

    for (int kind = 0; numbers && kind < CC_QUOTA_COUNT; kind++) {
        tell(&numbers->shared->quotas[kind], (cc_quota_kind_t)kind);
    }
}

int cc_log_monitor(apr_pool_t *p, server_rec *s)
{
    (void)p;
    tell_all(s);
    return DECLINED;
}

static apr_status_t child_end(void *s)
{
    tell_all(s);
    return APR_SUCCESS;
}

void cc_log_child_start(apr_pool_t *pchild, server_rec *s)
{
    apr_pool_cleanup_register(pchild, s, child_end, apr_pool_cleanup_null);
}
