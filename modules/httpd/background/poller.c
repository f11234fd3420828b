/* SPDX-License-Identifier: Apache-2.0 */
/* Polls the files of all CAs, CRLs and tables: by one thread of each child, and by the parent. */
/*
 * A child has one thread that polls everything. It polls what is due and sleeps until the next poll
 * is due. Files with the same `reload=` are due at the same time (base/due.h), so the child wakes
 * up once for all of them. New data is swapped in, and running requests keep the data that they
 * have (base/snapshot.h). No request waits for a poll.
 *
 * The parent polls too, whenever httpd calls its monitor hook, and logs nothing. Its polls are for
 * the children that it will fork: they inherit the last good data. When such a child starts, a
 * source may be broken, and the data that the server read at its start may be days old.
 */
#include "httpd/background/ca_expiry.h"
#include "httpd/background/ca_sets.h"
#include "httpd/background/poll_thread.h"
#include "httpd/background/poller.h"
#include "httpd/background/revocation.h"
#include "httpd/background/tables.h"
#include "httpd/background/threads.h"
#include "httpd/conf/module.h"

static apr_interval_time_t sooner(apr_interval_time_t a, apr_interval_time_t b)
{
    return b > 0 && (a == 0 || b < a) ? b : a;
}

/*
 * Polls everything that is due. One time is used for all, so that sources with equal intervals
 * remain due together. CAs come first, since CRLs look for their signers among them.
 */
static apr_interval_time_t poll_all(void *s)
{
    apr_time_t now = apr_time_now();
    apr_interval_time_t wait = cc_ca_sets_poll_child(s, now);

    wait = sooner(wait, cc_revocation_poll_child(s, now));
    return sooner(wait, cc_tables_poll_child(s, now));
}

/* A child may start long after the parent loaded the data that it inherits, so it polls at once. */
void cc_poller_child_start(apr_pool_t *pchild, server_rec *s)
{
    cc_poll_plan_t plan = {.poll = poll_all, .baton = s, .wait = poll_all(s)};
    cc_poll_thread_t *thread;
    apr_status_t rv;

    if (plan.wait == 0) {
        return;
    }
    rv = cc_poll_thread_start(&thread, &plan, pchild);
    cc_threads_end_soon(pchild);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s,
                     "CC0135: this process does not follow changes to CAs, CRLs and tables: it "
                     "could not create a thread");
    }
}

int cc_poller_monitor(apr_pool_t *p, server_rec *s)
{
    apr_time_t now = apr_time_now();

    (void)p;
    cc_ca_sets_poll_parent(s, now);
    cc_revocation_poll_parent(s, now);
    cc_tables_poll_parent(s, now);
    cc_ca_expiry_poll_parent(s, now);
    return DECLINED;
}
