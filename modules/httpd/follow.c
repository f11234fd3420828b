/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how often a thread of a child looks at what may change. */
#include "httpd/follow.h"

#include "httpd/internal.h"
#include "httpd/threads.h"

#define SLICE apr_time_from_msec(100) /* so long the end of a process may wait */

typedef struct follower_t {
    cc_follow_fn *look;
    void *baton;
    cc_threads_t *threads;
} follower_t;

/* Counts how long it slept, and asks no clock: that may be set back. */
static void rest(const follower_t *follower, apr_interval_time_t interval)
{
    do {
        apr_sleep(SLICE);
        interval -= SLICE;
    } while (interval > 0 && !cc_threads_ending(follower->threads));
}

static void follow(void *data)
{
    const follower_t *follower = data;

    while (!cc_threads_ending(follower->threads)) {
        rest(follower, follower->look(follower->baton));
    }
}

void cc_follow_start(cc_follow_fn *look, void *baton, server_rec *s, apr_pool_t *pchild)
{
    follower_t *follower = apr_palloc(pchild, sizeof(*follower));
    apr_status_t rv;

    *follower = (follower_t){.look = look, .baton = baton};
    rv = cc_threads_start(&follower->threads, 1, pchild);
    if (rv == APR_SUCCESS && !cc_threads_give(follower->threads, follow, follower)) {
        rv = APR_ENOMEM;
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s,
                     "CC0135: this process cannot follow changes of tables and CRLs: it can make "
                     "no thread");
    }
}
