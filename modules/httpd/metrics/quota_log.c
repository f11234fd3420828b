/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps clients without an identity from filling the log, and reports what was left out. */
#include <apr_strings.h>

#include <http_main.h>

#include "httpd/conf/module.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/quota.h"

/*
 * Every kind of line that a client without an identity can cause has a quota. The notes of rules
 * have one too, for every client. All children share a quota. Lines beyond it are left out and
 * counted. One line reports how many there were: with the next line of the kind, but at most once a
 * second; from the parent, which checks every ten seconds; or from a child that ends.
 */
static int level_of(cc_quota_kind_t kind)
{
    switch (kind) {
    case CC_QUOTA_ACCOUNT:
    case CC_QUOTA_FORBIDDEN:
    case CC_QUOTA_METRICS:
    case CC_QUOTA_MOD_SSL:
    case CC_QUOTA_EXPRESSION:
    case CC_QUOTA_FAILED:
    case CC_QUOTA_UNSENT:
        return APLOG_ERR;
    case CC_QUOTA_UNMAPPED:
        return APLOG_NOTICE;
    case CC_QUOTA_HEADER:
    case CC_QUOTA_CONNECTION:
    case CC_QUOTA_TRAILER:
    case CC_QUOTA_MISDIRECTED:
        return APLOG_INFO;
    default:
        return APLOG_WARNING;
    }
}

static void report(cc_quota_t *quota, cc_quota_kind_t kind)
{
    apr_time_t since;
    apr_uint64_t count = cc_quota_report(quota, &since);
    char date[APR_RFC822_DATE_LEN];

    if (count > 0 && apr_rfc822_date(date, since) == APR_SUCCESS) {
        ap_log_error(APLOG_MARK, level_of(kind), 0, ap_server_conf,
                     "CC0188: %" APR_UINT64_T_FMT " more lines with the tag %s since %s were "
                     "left out",
                     count, cc_quota_tags[kind], date);
    }
}

bool cc_quota_lets(const server_rec *s, cc_quota_kind_t kind)
{
    const cc_metrics_t *metrics = cc_metrics_of(s);
    cc_quota_t *quota = metrics ? &metrics->shared->quotas[kind] : NULL;
    apr_time_t now = apr_time_now();

    if (quota && !cc_quota_take(quota, now)) {
        return false;
    }
    if (quota && cc_quota_report_due(quota, now)) {
        report(quota, kind);
    }
    return true;
}

static void report_all(const server_rec *s)
{
    const cc_metrics_t *metrics = cc_metrics_of(s);

    for (int kind = 0; metrics && kind < CC_QUOTA_COUNT; kind++) {
        report(&metrics->shared->quotas[kind], (cc_quota_kind_t)kind);
    }
}

int cc_quota_monitor(apr_pool_t *p, server_rec *s)
{
    (void)p;
    report_all(s);
    return DECLINED;
}

static apr_status_t child_end(void *s)
{
    report_all(s);
    return APR_SUCCESS;
}

void cc_quota_child_start(apr_pool_t *pchild, server_rec *s)
{
    apr_pool_cleanup_register(pchild, s, child_end, apr_pool_cleanup_null);
}
