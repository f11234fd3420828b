/* SPDX-License-Identifier: Apache-2.0 */
/* The door of the room that knows httpd: what the module record and its hooks point at. */
#ifndef CC_GLUE_H
#define CC_GLUE_H

#include <httpd.h>
#include <http_config.h>

#include <ap_expr.h>

/* ---- configuration (directives.c). Called while httpd reads the configuration, one thread. */

/** The directives: ClientCertMap, ClientCertTable, ClientCertAuth, ClientCertExport ... */
extern const command_rec cc_config_directives[];

/** For the module record: an empty per-directory record, and base overridden by add. */
void *cc_config_create(apr_pool_t *p, char *path);
void *cc_config_merge(apr_pool_t *p, void *base, void *add);

/** For the module record: an empty per-server record, and base overridden by add. */
void *cc_server_create(apr_pool_t *p, server_rec *s);
void *cc_server_merge(apr_pool_t *p, void *base, void *add);

/* ---- start. httpd's hooks and mod_ssl's, one thread. */

/** check_config, before all others of ours: which virtual hosts use this module (use.h). OK. */
int cc_use_find(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/** post_config: warns (CC0102) where mod_ssl is not loaded. Returns OK. */
int cc_config_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/**
 * post_config, after mod_ssl's, who makes the virtual hosts: makes the memory that the children
 * count in. OK, or not (CC0160).
 */
int cc_counters_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/** child_init, before those of tables and revocation: they count there from here on. */
void cc_counters_child_start(apr_pool_t *pchild, server_rec *s);

/** Registers mod_status's hook (metrics/mod_status.c), if mod_status has it. */
void cc_serverstatus_register(void);

/** post_config: warns of what is probably not meant in the configuration. Returns OK. */
int cc_lint_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/** test_config: the same for httpd -t. */
void cc_lint_test(apr_pool_t *pconf, server_rec *s);

/** check_config: refuses a negated Require of ours by an alias of it (CC0158). OK or not. */
int cc_authz_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/** check_config: opens all tables; what is wrong is logged, and the start ends. OK or not. */
int cc_tables_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/**
 * check_config, after cc_tables_start: in httpd -t runs every ClientCertTest, and logs what fails.
 * OK or not.
 */
int cc_tests_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/** test_config: answers what the command-line tool asks (admin/query.h), if it does. */
void cc_question_answer(apr_pool_t *pconf, server_rec *s);

/** child_init: readies the tables for the threads of a child. */
void cc_tables_child_start(apr_pool_t *pchild, server_rec *s);

/**
 * Of what is asked about revocation. pre_config and post_config (after mod_ssl's, who makes the
 * virtual hosts); child_init.
 */
int cc_revocation_precheck(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);
int cc_revocation_prepare(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp);
int cc_revocation_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);
void cc_revocation_child_start(apr_pool_t *pchild, server_rec *s);

/**
 * monitor, in the parent, and child_init, for the end of the child: tell how many lines the log was
 * spared (CC0188). DECLINED.
 */
int cc_log_monitor(apr_pool_t *p, server_rec *s);
void cc_log_child_start(apr_pool_t *pchild, server_rec *s);

/**
 * Look at the files that are due, and log what has changed and what is refused; return in how long
 * they want to be called again, 0: never. In a child, by one thread.
 */
apr_interval_time_t cc_tables_look(server_rec *s, apr_time_t now);
apr_interval_time_t cc_revocation_look(server_rec *s, apr_time_t now);

/** The same in the parent, whose later children inherit what it holds. They log nothing. */
void cc_tables_look_parent(server_rec *s, apr_time_t now);
void cc_revocation_look_parent(server_rec *s, apr_time_t now);

/**
 * child_init, after the two above: looks at all files, and then from time to time
 * (background/poller.c).
 */
void cc_follow_child_start(apr_pool_t *pchild, server_rec *s);

/** monitor: the parent looks. DECLINED. */
int cc_follow_monitor(apr_pool_t *p, server_rec *s);

/**
 * Registers mod_ssl's init_server and pre_handshake hooks (peer/tls_hooks.c), if mod_ssl has
 * them.
 */
void cc_connection_register(void);

/** Registers the filters of failure.c. */
void cc_failure_register(void);

/** Registers the filters of tunnel.c. */
void cc_tunnel_register(void);

/** Registers cc_refuse_early in post_read_request. */
void cc_refuse_register(void);

/** Registers the filter of inbound.c. */
void cc_inbound_register(void);

/** Registers the providers of Require clientcert, clientcert-user and clientcert-group. */
void cc_authz_register(apr_pool_t *p);

/* ---- a request, in the order of its hooks. Any thread; HTTP/2 streams in parallel. */

/**
 * post_read_request: removes request headers that could pass for ours, and from Connection what
 * names others; trailers are watched for the same. DECLINED.
 */
int cc_inbound_clean(request_rec *r);

/**
 * post_read_request, after mod_ssl's, and check_access: refuses what comes with a certificate that
 * does not hold any more, where the virtual host asks more than whether it verified. 403 or
 * DECLINED.
 */
int cc_refuse_early(request_rec *r);

/**
 * check_access, after mod_ssl's: makes the mapped user r->user, and ClientCertExport the
 * environment of the request. 403 where its certificate does not hold any more, 500 where a lookup
 * failed, else DECLINED.
 */
int cc_authn_access(request_rec *r);

/** check_authn, before all others: 500 where rules are in effect and a table failed. DECLINED. */
int cc_authn_failure(request_rec *r);

/** check_authn: AuthType ClientCert, or none where rules are in effect. 403 or DECLINED. */
int cc_authn_check(request_rec *r);

/**
 * fixups, before modules that read user and environment: sets them for a request that skipped the
 * access phase, or that has got another configuration since; cc_tunnel_watch. 403, 500 or DECLINED.
 */
int cc_environment_begin(request_rec *r);

/**
 * fixups, after modules that set variables or replace the configuration: puts user and environment
 * right. 403; 500, also where an expression met a lookup that failed; or DECLINED.
 */
int cc_environment_end(request_rec *r);

/**
 * handler, after mod_cache's: tells that to store nothing that depends on the client, and serves
 * clientcert-status and clientcert-metrics. DECLINED for any other; 500 where an expression met a
 * lookup that failed since the fixups.
 */
int cc_handlers_run(request_rec *r);

/**
 * log_transaction, before the logs: puts the environment right once more, and has a denial told
 * (cc_denial_log). DECLINED.
 */
int cc_environment_log(request_rec *r);

/** expr_lookup: the functions clientcert('NAME') as string and as list. OK or DECLINED. */
int cc_expr_lookup(ap_expr_lookup_parms *parms);

#endif
