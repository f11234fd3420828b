/* SPDX-License-Identifier: Apache-2.0 */
/* ClientCertTest: who a certificate should be, tried when the configuration is tested. */
#ifndef CC_CONF_MAPPING_TESTS_H
#define CC_CONF_MAPPING_TESTS_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "rules/rules.h"

/** ClientCertTest. */
const char *cc_mapping_test_directive(cmd_parms *cmd, void *record, const char *args);

/** What came out of one. */
typedef struct cc_tested_t {
    const char *where, *file;
    bool passed;
    const char *expected;      /* who it should be: `user "alice", group "staff"`, in plain words */
    const char *got;           /* who it is, or why that is not known */
    const cc_rules_t *rules;   /* that were asked; NULL: none */
    apr_array_header_t *trace; /* cc_step_t */
} cc_tested_t;

/** Runs all (cc_tested_t), in the order of the configuration. Reads their certificates. */
apr_array_header_t *cc_tests_run(const server_rec *s, apr_pool_t *p);

/**
 * check_config, after cc_tables_start: in httpd -t runs every ClientCertTest, and logs what fails.
 * OK or not.
 */
int cc_tests_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

#endif
