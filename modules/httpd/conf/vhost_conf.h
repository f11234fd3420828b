/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the per-server record: the configuration of a virtual host. */
#ifndef CC_CONF_VHOST_CONF_H
#define CC_CONF_VHOST_CONF_H

#include <stdatomic.h>
#include <stdbool.h>

#include <apr_tables.h>

#include "ca/ca.h"
#include "crl/crl.h"
#include "httpd/conf/configuration.h"
#include "httpd/conf/module.h"
#include "ocsp/ocsp.h"

/** ClientCertPinned. Constant. */
typedef struct cc_pinning_t {
    struct cc_table_t *table;
    bool whole;        /* its keys are digests of certificates; false: of public keys */
    const char *where; /* the place of the directive */
} cc_pinning_t;

/**
 * The per-server record, filled by the directives; that of a virtual host overrides the server's.
 */
typedef struct cc_vhost_conf_t {
    apr_array_header_t *ca_specs;         /* ClientCertCA, of cc_ca_spec_t *; NULL: none */
    cc_crl_spec_t *crls;                  /* ClientCertCRL; NULL: none */
    int leaf_alone;                       /* ClientCertCRLCheck: 1 leaf, 0 chain, -1 unset */
    apr_interval_time_t max_age;          /* ClientCertMaxAge, microseconds; 0: any, -1 unset */
    apr_array_header_t *ocsp;             /* ClientCertOCSP, of cc_ocsp_spec_t *; NULL: none */
    apr_array_header_t *ocsp_hosts;       /* ClientCertOCSPAllow; NULL: none */
    int tolerate;                         /* ClientCertTolerate: 1 On, 0 Off, -1 unset */
    const char *tolerate_where;           /* the place of that directive; NULL: unset */
    bool tolerate_inherited;              /* it is one of the main server */
    const cc_pinning_t *pinning;          /* ClientCertPinned; NULL: no key is pinned */
    bool pinning_off;                     /* ClientCertPinned Off: none is inherited */
    bool pinning_inherited;               /* it is one of the main server */
    const struct cc_proxies_t *proxies;   /* conf/proxies.h; NULL: no directive on proxies */
    struct cc_namespaces_t *namespaces;   /* ClientCertNamespace; NULL: no line */
    int verify_depth;                     /* conf/proxies_check.c: SSLVerifyDepth, for proxies */
    struct cc_vhost_t *vhost;             /* peer/tls_hooks.c: once mod_ssl has made its context;
                                             peer/vhost.c: of hosts without TLS */
    struct cc_vhost_counters_t *counters; /* metrics/counted.h: the counters of this virtual host */
    int use;                              /* cc_use_t of use.h */
    cc_configuration_t *configuration;    /* to which it belongs */

    /* ClientCertLedger (conf/ledger_spec.h; NULL: unset), and its ledger (metrics/ledgers.c). */
    const struct cc_ledger_spec_t *ledger_spec;
    const struct cc_ledger_t *ledger; /* NULL: none */

    /*
     * background/ca_sets.c: identifies the virtual host with its current CAs. It changes with the
     * CAs; no two hosts ever have the same. 0: it verifies no certificates.
     */
    _Atomic(apr_uint64_t) number;
} cc_vhost_conf_t;

/** The record of a virtual host, or of the main server. Written only at start. */
static inline cc_vhost_conf_t *cc_vhost_conf_of(const server_rec *s)
{
    return ap_get_module_config(s->module_config, &clientcert_module);
}

/** The record of the configuration that a virtual host belongs to. Costs two loads. Any thread. */
static inline cc_configuration_t *cc_configuration_of(const server_rec *s)
{
    return cc_vhost_conf_of(s)->configuration;
}

/**
 * The directives ClientCertCA, ClientCertCRL, ClientCertCRLCheck, ClientCertMaxAge, ClientCertOCSP,
 * ClientCertOCSPAllow and ClientCertTolerate, for httpd's table: NULL, or an error (CC0170 to
 * CC0172, CC04xx).
 */
const char *cc_vhost_conf_ca(cmd_parms *cmd, void *record, const char *args);
const char *cc_vhost_conf_crl(cmd_parms *cmd, void *record, const char *args);
const char *cc_vhost_conf_crl_check(cmd_parms *cmd, void *record, const char *word);
const char *cc_vhost_conf_max_age(cmd_parms *cmd, void *record, const char *word);
const char *cc_vhost_conf_ocsp(cmd_parms *cmd, void *record, const char *args);
const char *cc_vhost_conf_ocsp_allow(cmd_parms *cmd, void *record, const char *args);
const char *cc_vhost_conf_tolerate(cmd_parms *cmd, void *record, const char *word);

/** For the module record: makes an empty per-server record; merges `add` over `base`. */
void *cc_vhost_conf_create(apr_pool_t *p, server_rec *s);
void *cc_vhost_conf_merge(apr_pool_t *p, void *base, void *add);

#endif
