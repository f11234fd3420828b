/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the CA sets of virtual hosts (ClientCertCA), and follows their files. */
#ifndef CC_BACKGROUND_CA_SETS_H
#define CC_BACKGROUND_CA_SETS_H

#include <apr_tables.h>

#include "base/error.h"
#include "ca/ca.h"
#include "httpd/conf/module.h"

/**
 * A CA set, and the virtual hosts that use it. Hosts with equal directives share one, and so do
 * hosts that inherit the directives of the main server.
 */
typedef struct cc_opened_cas_t {
    cc_cas_t *cas;
    server_rec *server;        /* the first one */
    apr_array_header_t *users; /* of server_rec *: all of them */
} cc_opened_cas_t;

/**
 * The CA sets of a configuration (of cc_opened_cas_t), which live as long as the configuration.
 * cc_ca_sets_open adds them at the start. Complete after mod_ssl's post_config, and then constant.
 */
const apr_array_header_t *cc_ca_sets_opened(const server_rec *s);

/**
 * Opens the CA set of a virtual host that verifies certificates, or finds the one that another host
 * with the same directives has opened; *cas is NULL if the host has no ClientCertCA. At a restart a
 * bad file is logged (CC0197, CC0198), and does not end the restart. Otherwise CC0463 to CC0472.
 * Gives the host its number (conf/vhost_conf.h). In the parent, at start.
 */
apr_status_t cc_ca_sets_open(cc_cas_t **cas, server_rec *s, apr_pool_t *p, cc_error_t *err);

/**
 * Polls the files that are due, and logs changed and refused files (CC0195, CC0196), each in one
 * process; returns the time until its next call, 0: never. In a child, by one thread.
 */
apr_interval_time_t cc_ca_sets_poll_child(server_rec *s, apr_time_t now);

/** The same in the parent, whose later children inherit its CAs. Logs nothing. */
void cc_ca_sets_poll_parent(server_rec *s, apr_time_t now);

/** post_config, after mod_ssl's: forgets files that are no longer used. Returns OK. */
int cc_ca_sets_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

#endif
