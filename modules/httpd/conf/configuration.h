/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the record of a configuration, which all virtual hosts share. */
#ifndef CC_CONF_CONFIGURATION_H
#define CC_CONF_CONFIGURATION_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"
#include "cert/cert.h"
#include "httpd/conf/module.h"

/**
 * The record of a configuration. httpd reads its configuration twice when it starts, and once more
 * at each restart; each time there is a new record, which lives as long as the pool `pconf` of that
 * reading. Data that survives a restart is in the process pool (background/tables.c,
 * background/revocation_start.c), not here.
 *
 * Each member belongs to one file. Only that file makes, documents and uses it. Written in one
 * thread, until the children start; then constant, except as the owner documents.
 */
typedef struct cc_configuration_t {
    apr_array_header_t *rulesets;         /* conf/rulesets.c: cc_ruleset_t */
    apr_array_header_t *shadows;          /* conf/rulesets.c: cc_ruleset_t */
    apr_array_header_t *mapping_tests;    /* conf/mapping_tests.c */
    struct cc_conf_views_t *views;        /* conf/view.c; NULL: not read yet */
    struct cc_tables_t *tables;           /* background/tables.c; NULL: no tables */
    const cc_error_t *tables_error;       /* background/tables.c; NULL: all are open */
    struct cc_ca_sets_t *ca_sets;         /* background/ca_sets.c */
    struct cc_opened_t *revocation;       /* background/revocation.c */
    apr_array_header_t *ca_faults;        /* background/ca_precheck.c; NULL: none to report */
    apr_array_header_t *crl_faults;       /* background/crl_precheck.c; NULL: none to report */
    struct cc_ocsp_cache_t *ocsp_cache;   /* background/ocsp_cache.c */
    struct cc_ca_expiries_t *ca_expiries; /* background/ca_expiry.c */
    struct cc_metrics_t *metrics;         /* metrics/counters.c; NULL: nothing is counted */

    int use;                  /* cc_use_t of conf/use.h: the greatest of all virtual hosts */
    cc_path_need_t path_need; /* conf/path_need.c */
    bool expressions; /* request/expr.c: an expression calls clientcert(); conf/use.c: a module may
                         look up names */
    _Atomic(struct cc_named_t *) names; /* request/names.c: a list that grows at its front */
    atomic_int name_count;              /* request/names.c */
    bool asks_more;   /* mod_clientcert.c: the hooks of cc_hooks_ask_more are registered */
    bool follows_cas; /* mod_clientcert.c: there is a ClientCertCA */
    bool tolerates;   /* mod_clientcert.c: the hooks of cc_hooks_tolerate are registered */
    struct apr_hash_t *headers_set;     /* request/proxied.c: headers that RequestHeader sets */
    _Atomic(apr_time_t) look_for_proxy; /* request/proxied.c: when the next request without a
                                           certificate is searched for the header of a proxy */
    bool ends_connections;              /* peer/tls_hooks.c: a virtual host may end a connection */
    bool forwards;      /* conf/forwarding.c: there is a ClientCertForward that is not Off */
    bool takes_headers; /* conf/proxies.c: there is a ClientCertHeader */
    struct apr_hash_t *header_uses; /* conf/forwarding.c: what headers are used for; NULL: none */
    struct cc_forwarded_store_t *forwarded; /* peer/forwarded_cache.c: the cache of this process */
    apr_array_header_t *removed; /* conf/forwarding.c, conf/proxies.c: the folded names of headers
                                    (forward/forward.h) that directives name, of const char *. They
                                    are removed from all requests. NULL: none */
    unsigned char reserved_first[256]; /* conf/reserved.c: which of the names that are removed may
                                          begin with each character (CC_RESERVED_BY_X) */
    bool reserves;                     /* mod_clientcert.c: cc_hooks_reserve was called */
    bool takes;      /* mod_clientcert.c: the hooks of cc_hooks_take are registered */
    bool sends;      /* mod_clientcert.c: the hooks of cc_hooks_forward are registered */
    bool falls_back; /* mod_clientcert.c: the hooks of cc_hooks_fall_back are registered */
} cc_configuration_t;

/**
 * The record of the configuration that is being read, made at the first call. For
 * cc_vhost_conf_create, which gives it to each virtual host, and for code that a directive of
 * another module runs, when the virtual host may have no record yet. All other code uses
 * cc_configuration_of (conf/vhost_conf.h).
 */
cc_configuration_t *cc_configuration_find(const server_rec *s);

#endif
