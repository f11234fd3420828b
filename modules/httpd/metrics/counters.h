/* SPDX-License-Identifier: Apache-2.0 */
/* Allocates the counters of a configuration, and counts in them. */
#ifndef CC_COUNTERS_H
#define CC_COUNTERS_H

#include <stdbool.h>

#include "ca/ca.h"
#include "cert/cert.h"
#include "crl/crl.h"
#include "httpd/background/ca_sets.h"
#include "httpd/background/revocation.h"
#include "httpd/conf/module.h"
#include "httpd/metrics/counted.h"
#include "httpd/metrics/expiring.h"
#include "ocsp/ocsp.h"
#include "rules/rules.h"
#include "tables/table.h"

/** A virtual host with counters of its own, or the main server. */
typedef struct cc_counted_vhost_t {
    const server_rec *server;
    cc_vhost_counters_t *counters;
} cc_counted_vhost_t;

/** All counters of a configuration. They are 0 at its start. */
typedef struct cc_metrics_t {
    apr_time_t since;
    cc_shared_t *shared;
    const apr_array_header_t *vhosts; /* of cc_counted_vhost_t */
    const cc_tables_t *tables; /* NULL: none */
    cc_table_counters_t *table_counters;
    const cc_opened_t *opened;
    cc_crl_counters_t *crl_counters;   /* by opened->crls */
    cc_ocsp_counters_t *ocsp_counters; /* by opened->ocsp */
    const apr_array_header_t *ca_sets; /* of cc_opened_cas_t */
    cc_ca_counters_t *ca_counters;     /* by ca_sets */
} cc_metrics_t;

/**
 * The counters of the configuration in effect; NULL before its post_config, and if no virtual host
 * uses the module (conf/use.h). Any thread.
 */
const cc_metrics_t *cc_metrics_of(const server_rec *s);

/** The name of a virtual host: "www.example.com:443"; "" for the main server, and for NULL. */
const char *cc_metrics_vhost(const server_rec *s, apr_pool_t *p);

/* ---- counting: any thread, if cc_metrics_of is not NULL -------------------------------------- */

/**
 * Counts a certificate that gives no identity. Callers: the files of peer/ and request/identity.c,
 * once per connection, with the virtual host of the request; and a handshake that fails, with the
 * virtual host of the handshake.
 */
void cc_counters_rejected(const server_rec *s, cc_rejection_t reason);

/**
 * Counts a certificate of a trusted proxy, for peer/forwarded_cache.c: unless the request before on
 * its connection had the same one.
 */
void cc_counters_forwarded(const server_rec *s, cc_forwarded_result_t result);

/**
 * Counts an evaluation, for request/identity.c: its notes and, if `who` is true, the decision.
 * `who`: the rules are those in effect for the request. `mark`: the mark of a certificate that
 * expires soon, whose user is then noted; NULL: it does not expire soon.
 */
void cc_counters_evaluated(request_rec *r, const cc_verdict_t *verdict, bool who,
                           const cc_mark_t *mark);

/** Counts a comparison with shadow rules, for request/shadow.c. */
void cc_counters_shadow(const server_rec *s, cc_shadow_result_t result);

/** Counts a denied request, for request/denial.c, once it has been answered. */
void cc_counters_denied(const request_rec *r);

/**
 * Adds a certificate that expires soon (cc_expiring_soon) to the list, for the files of peer/. Once
 * per connection.
 */
void cc_counters_expiring(const request_rec *r, const cc_cert_t *cert, const cc_mark_t *mark);

/* ---- hooks ---------------------------------------------------------------------------------- */

/**
 * post_config, after mod_ssl's, which makes the virtual hosts: allocates the counters. Returns OK,
 * or an error that ends the start and is logged (CC0160).
 */
int cc_counters_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/**
 * child_init, before the hooks of tables and revocation: connects tables, CRLs, OCSP and CA
 * sets to their counters.
 */
void cc_counters_child_start(apr_pool_t *pchild, server_rec *s);

#endif
