/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the tests of the mapping in httpd -t. */
#include <apr_strings.h>

#include "httpd/conf/configtest.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/mapping_tests.h"
#include "httpd/conf/module.h"
#include "rules/rules.h"

static void failure_log(const cc_tested_t *tested, server_rec *s, apr_pool_t *p)
{
    ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s,
                 "CC0755: %s: ClientCertTest %s: expected %s; got %s", tested->where,
                 cc_log_escaped(tested->file, p), cc_log_text(tested->expected, p),
                 cc_log_text(tested->got, p));
    for (int i = 0; i < tested->trace->nelts; i++) {
        const cc_step_t *step = &APR_ARRAY_IDX(tested->trace, i, cc_step_t);
        const char *how =
            step->condition
                ? apr_pstrcat(
                      p, step->undecided ? "is undecided: " : "does not match: ", step->condition,
                      "; seen ", step->seen, step->hint ? "; " : NULL, step->hint, NULL)
                : "matches";

        ap_log_error(APLOG_MARK, APLOG_EMERG, 0, s, "CC0756: %s: %s %s %s", tested->where,
                     step->confines ? "ClientCertNamespace" : "rule", step->where,
                     cc_log_text(how, p));
    }
}

int cc_mapping_tests_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    apr_array_header_t *all;
    int result = OK;

    (void)pconf;
    (void)plog;
    if (!cc_configtest() || cc_configtest_query()) {
        return OK;
    }
    all = cc_mapping_tests_run(s, ptemp);
    for (int i = 0; i < all->nelts; i++) {
        const cc_tested_t *tested = &APR_ARRAY_IDX(all, i, cc_tested_t);

        if (!tested->passed) {
            failure_log(tested, s, ptemp);
            result = !OK;
        }
    }
    return result;
}
