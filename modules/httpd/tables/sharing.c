/* SPDX-License-Identifier: Apache-2.0 */
/* Has the parent read tables that have changed, once for all its children. */
#include "httpd/tables/sharing.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ap_mpm.h>
#include <apr_file_info.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_log.h>
#include <http_main.h>
#include <unixd.h>

#include "httpd/follower.h"

/*
 * The parent forks while this thread runs, and a child must not find a lock that the thread held at
 * that moment. So the thread uses malloc, whose locks a fork sees to, pools of its own, and files;
 * no OpenSSL, no log, and no pool of httpd's. It writes to nothing that a child reads but images.
 */

typedef struct {
    cc_sharing_t is;
    cc_follower_t *follower; /* NULL: there is none, and nobody will share */
    cc_tables_t *tables;
    atomic_bool stop;
} sharing_t;

static const char name_start[] =
    "clientcert-table-"; /* then the parent's number, and the table's */

/* ---- the folder ------------------------------------------------------------------------------ */

/* Removes what a parent left behind that was killed. */
static void folder_clean(const char *folder, apr_pool_t *p)
{
    apr_dir_t *dir = NULL;
    apr_finfo_t info;

    if (apr_dir_open(&dir, folder, p) != APR_SUCCESS) {
        return;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        const char *number = info.name + sizeof(name_start) - 1;
        pid_t pid = 0;

        if (!strncmp(info.name, name_start, sizeof(name_start) - 1)) {
            pid = (pid_t)atol(number);
        }

        if (pid == getpid() || (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH)) {
            apr_file_remove(apr_pstrcat(p, folder, "/", info.name, NULL), p);
        }
    }
    apr_dir_close(dir);
}

/* ---- sharing --------------------------------------------------------------------------------- */

static void wake(void *baton)
{
    const sharing_t *sharing = baton;

    if (sharing->follower) {
        cc_follower_wake(sharing->follower);
    }
}

static apr_interval_time_t share(void *baton)
{
    sharing_t *sharing = baton;

    return cc_tables_share(sharing->tables, &sharing->stop);
}

/* True where this process is going to have children. */
static bool is_parent(void)
{
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_CONFIG &&
           ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_NORMAL &&
           !ap_exists_config_define("ONE_PROCESS") && !ap_exists_config_define("DEBUG");
}

const cc_sharing_t *cc_sharing_make(const server_rec *s, apr_pool_t *pconf)
{
    const char *folder = ap_runtime_dir_relative(pconf, "");
    sharing_t *sharing = NULL;

    (void)s;
    if (!is_parent() || !folder || access(folder, W_OK | X_OK) != 0) {
        return NULL;
    }
    folder_clean(folder, pconf);
    sharing = apr_pcalloc(pconf, sizeof(*sharing));
    sharing->is = (cc_sharing_t){
        .prefix = apr_psprintf(pconf, "%s/%s%ld-", folder, name_start, (long)getpid()),
        .owner = geteuid(),
        .group = ap_unixd_config.group_id,
        .wake = wake,
        .baton = sharing};
    return &sharing->is;
}

void cc_sharing_start(const cc_sharing_t *sharing, cc_tables_t *tables, const server_rec *s,
                      apr_pool_t *pconf)
{
    sharing_t *made = sharing ? sharing->baton : NULL;
    cc_follow_t how = {.look = share, .baton = made, .wait = cc_tables_interval(tables)};
    apr_status_t rv;

    if (!made || how.wait == 0) {
        return;
    }
    made->tables = tables;
    how.stop = &made->stop;
    rv = cc_follower_start(&made->follower, &how, pconf);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, s,
                     "CC0286: each process reads changed tables for itself: the parent can make no "
                     "thread that does");
    }
}
