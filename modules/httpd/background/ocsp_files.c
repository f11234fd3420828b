/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the files of issuer= and signer= of ClientCertOCSP, at a start and at a restart. */
#include <apr_pools.h>

#include <http_main.h>

#include "base/error.h"
#include "base/moment.h"
#include "httpd/background/ocsp_files.h"
#include "httpd/conf/module.h"
#include "httpd/conf/start.h"
#include "ocsp/ocsp.h"

/*
 * The files as last accepted, kept for the next restart; NULL while the configuration is only
 * checked. The key has the number of the layout, because another version of the module may run
 * after a restart.
 */
static cc_ocsp_kept_t *kept_of(const server_rec *s)
{
    static const char key[] = "clientcert_ocsp_kept 1";
    apr_pool_t *p = s->process->pool;
    void *kept = NULL;

    if (cc_start_is_trial()) {
        return NULL;
    }
    apr_pool_userdata_get(&kept, key, p);
    if (!kept) {
        kept = cc_ocsp_kept_create(p);
        apr_pool_userdata_set(kept, key, NULL, p); /* copies the key: the module may be unloaded */
    }
    return kept;
}

/* Writes to the main log, because a virtual host may have a log of its own. */
static void unread_log(const cc_error_t *err, apr_time_t since, void *baton)
{
    const server_rec *s = baton;
    apr_pool_t *p = s->process->pconf;

    if (since) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                     "CC0163: after the restart, the certificates loaded on %s stay in use: %s",
                     cc_moment_text(since, p), cc_error_text(err, p));
    } else {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, ap_server_conf,
                     "CC0164: after the restart, this file is not used, and clients that need it "
                     "are refused: %s",
                     cc_error_text(err, p));
    }
}

cc_ocsp_files_t cc_ocsp_files_of(server_rec *s)
{
    return (cc_ocsp_files_t){.root = ap_server_root,
                             .kept = kept_of(s),
                             .unread = cc_start_is_restart() ? unread_log : NULL,
                             .baton = s};
}

void cc_ocsp_files_sweep(server_rec *s)
{
    cc_ocsp_kept_t *kept = kept_of(s);

    if (kept) {
        cc_ocsp_kept_sweep(kept);
    }
}
