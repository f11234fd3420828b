/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses the queries of the command-line tool in a build without Jansson. */
#include "httpd/admin/access_lines.h"
#include "httpd/admin/answer.h"
#include "httpd/admin/dry_run.h"
#include "httpd/conf/configtest.h"
#include "httpd/conf/module.h"

void cc_admin_answer(apr_pool_t *pconf, server_rec *s)
{
    (void)pconf;
    if (cc_configtest_query()) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, s,
                     "CC0569: this mod_clientcert was built without Jansson, so it cannot answer "
                     "the clientcert command; install one that has it");
    }
}

/* Without an answer, nothing is made up. */
int cc_access_lines_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    return OK;
}

int cc_dry_run_is_tls(conn_rec *c)
{
    (void)c;
    return DECLINED;
}

const char *cc_dry_run_ssl_variable(apr_pool_t *p, server_rec *s, conn_rec *c, request_rec *r,
                                    const char *name)
{
    (void)p;
    (void)s;
    (void)c;
    (void)r;
    (void)name;
    return NULL;
}
