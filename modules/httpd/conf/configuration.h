/* SPDX-License-Identifier: Apache-2.0 */
/* What one reading of httpd's configuration comes to: one record, which every virtual host has. */
#ifndef CC_CONF_CONFIGURATION_H
#define CC_CONF_CONFIGURATION_H

#include <stdbool.h>

#include "httpd/conf/module.h"

/**
 * The record of a configuration. httpd reads its configuration twice when it starts, and once more
 * at each restart; each time there is a new record, which lives as long as the pool `pconf` of that
 * reading. What is to survive a restart stays in the process pool (background/tables.c,
 * background/revocation_start.c), not here.
 *
 * Each member belongs to one file, which makes it, documents it and alone looks into it. Written in
 * one thread, until the children start; then constant, but for what the owner says.
 */
typedef struct cc_configuration_t {
    apr_array_header_t *rulesets;         /* conf/rulesets.c: cc_ruleset_t */
    apr_array_header_t *mapping_tests;    /* conf/mapping_tests.c */
    struct cc_conf_views_t *views;        /* conf/view.c; NULL: not asked for yet */
    struct cc_tables_t *tables;           /* background/tables.c; NULL: there are none */
    struct cc_opened_t *revocation;       /* background/revocation.c */
    apr_array_header_t *crl_faults;       /* background/crl_precheck.c; NULL: none that count */
    struct cc_ocsp_cache_t *ocsp_cache;   /* background/ocsp_cache.c */
    struct cc_metrics_t *metrics;         /* metrics/counters.c; NULL: nothing is counted */

    int use;               /* cc_use_t of conf/use.h: the greatest of all virtual hosts */
    bool expressions;      /* request/expr.c: clientcert() is in some expression */
    bool asks_more;        /* mod_clientcert.c: the hooks of cc_hooks_ask_more are registered */
    bool ends_connections; /* peer/tls_hooks.c: some virtual host may end a connection */
} cc_configuration_t;

/**
 * The record of the configuration that is read, made where there is none yet: for
 * cc_vhost_conf_create, which gives it to each virtual host, and for what a directive of another
 * module leads to, since the virtual host may have no record yet. All others use
 * cc_configuration_of (see conf/vhost_conf.h).
 */
cc_configuration_t *cc_configuration_find(const server_rec *s);

#endif
