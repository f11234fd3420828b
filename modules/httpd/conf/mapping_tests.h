/* SPDX-License-Identifier: Apache-2.0 */
/* Runs ClientCertTest: compares the identity of a certificate with the expected one. */
#ifndef CC_CONF_MAPPING_TESTS_H
#define CC_CONF_MAPPING_TESTS_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "rules/rules.h"

/** ClientCertTest, for httpd's table: NULL, or an error (CC0754). */
const char *cc_mapping_tests_directive(cmd_parms *cmd, void *record, const char *args);

/** The result of one test. Texts live as long as the pool of cc_mapping_tests_run. */
typedef struct cc_tested_t {
    const char *where, *file;
    bool passed;
    const char *expected;      /* the identity, in plain words: `user "alice", group "staff"` */
    const char *got;           /* in the same form; or why it is unknown */
    const cc_rules_t *rules;   /* the rules that were evaluated; NULL: no rules */
    apr_array_header_t *trace; /* cc_step_t */
} cc_tested_t;

/** Runs all tests, in the order of the configuration: cc_tested_t, in `p`. Reads certificates. */
apr_array_header_t *cc_mapping_tests_run(const server_rec *s, apr_pool_t *p);

/**
 * check_config, after cc_tables_start: in httpd -t, runs every ClientCertTest and logs those that
 * fail. Returns OK, or !OK if one failed.
 */
int cc_mapping_tests_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

#endif
