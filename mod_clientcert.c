/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the module: registers its hooks and filters, in the order in which they run. */
#include <httpd.h>
#include <http_config.h>
#include <http_connection.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>
#include <http_ssl.h>
#include <mod_ssl_openssl.h>
#include <mod_status.h>
#include <mpm_common.h>
#include <util_filter.h>

#include "httpd/admin/access_lines.h"
#include "httpd/admin/answer.h"
#include "httpd/admin/dry_run.h"
#include "httpd/admin/lint.h"
#include "httpd/background/ca_expiry.h"
#include "httpd/background/ca_precheck.h"
#include "httpd/background/ca_sets.h"
#include "httpd/background/crl_precheck.h"
#include "httpd/background/poller.h"
#include "httpd/background/revocation_start.h"
#include "httpd/background/tables.h"
#include "httpd/conf/configtest.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/mapping_tests.h"
#include "httpd/conf/module.h"
#include "httpd/conf/namespaces.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/proxy_hosts.h"
#include "httpd/conf/remoteip.h"
#include "httpd/conf/reserved.h"
#include "httpd/conf/tolerance.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/directives.h"
#include "httpd/handlers.h"
#include "httpd/log/log.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/ledgers.h"
#include "httpd/metrics/mod_status.h"
#include "httpd/peer/forwarded.h"
#include "httpd/peer/graceful_close.h"
#include "httpd/peer/peer.h"
#include "httpd/peer/proxy_filter.h"
#include "httpd/peer/tls.h"
#include "httpd/peer/tls_hooks.h"
#include "httpd/peer/vhost.h"
#include "httpd/request/authn.h"
#include "httpd/request/authz.h"
#include "httpd/request/environment.h"
#include "httpd/request/expr.h"
#include "httpd/request/failure.h"
#include "httpd/request/fallback.h"
#include "httpd/request/fixups.h"
#include "httpd/request/forward_headers.h"
#include "httpd/request/inbound.h"
#include "httpd/request/modules.h"
#include "httpd/request/names.h"
#include "httpd/request/proxied.h"
#include "httpd/request/proxy_cert.h"
#include "httpd/request/refuse.h"
#include "httpd/request/ssl_refusal.h"
#include "httpd/request/tolerance.h"
#include "httpd/request/tunnel.h"

/* mod_ssl's access hook renegotiates, or requests a certificate after the handshake. */
static const char *const after_ssl[] = {"mod_ssl.c", NULL};

/* ---- startup: in the parent, twice, and in httpd -t --------------------------------------- */

static void register_start(void)
{
    ap_hook_pre_config(cc_revocation_prepare, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_config(cc_access_lines_prepare, NULL, NULL, APR_HOOK_LAST);

    ap_hook_check_config(cc_use_find, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_check_config(cc_namespaces_confine, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_reserved_start, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_tolerance_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_proxies_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_remoteip_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_proxy_hosts_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_proxied_start, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_authz_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_names_start, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_tables_start, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_ca_precheck, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_crl_precheck, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_mapping_tests_check, NULL, NULL, APR_HOOK_LAST);

    if (cc_configtest_query()) {
        ap_hook_ssl_conn_is_ssl(cc_dry_run_is_tls, NULL, NULL, APR_HOOK_FIRST);
        ap_hook_ssl_var_lookup(cc_dry_run_ssl_variable, NULL, NULL, APR_HOOK_FIRST);
    }
    ap_hook_test_config(cc_admin_answer, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(cc_lint_test, NULL, NULL, APR_HOOK_MIDDLE);

    ap_hook_post_config(cc_directives_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(cc_vhosts_start, after_ssl, NULL, APR_HOOK_MIDDLE - 1);
    ap_hook_post_config(cc_lint_start, after_ssl, NULL, APR_HOOK_MIDDLE);
    APR_OPTIONAL_HOOK(ssl, init_server, cc_tls_init_server, NULL, NULL, APR_HOOK_LAST);
    ap_hook_post_config(cc_ca_sets_start, after_ssl, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(cc_counters_start, after_ssl, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(cc_ca_precheck_end, after_ssl, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(cc_revocation_start, after_ssl, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(cc_ca_expiry_start, after_ssl, NULL, APR_HOOK_MIDDLE);
}

/* ---- a process ------------------------------------------------------------------------------ */

/* Tables and revocation use the counters from their first lookup on, so these come first. */
static void register_process(void)
{
    ap_hook_child_init(cc_counters_child_start, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_child_init(cc_tables_child_start, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(cc_revocation_child_start, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(cc_forwarded_child_start, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(cc_quota_child_start, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(cc_poller_child_start, NULL, NULL, APR_HOOK_LAST);

    ap_hook_monitor(cc_quota_monitor, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_monitor(cc_poller_monitor, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_monitor(cc_ledgers_monitor, NULL, NULL, APR_HOOK_MIDDLE);
}

/* ---- a connection --------------------------------------------------------------------------- */

static void register_connection(void)
{
    /* mod_ssl's, in the middle, runs its pre_handshake. */
    ap_hook_pre_connection(cc_peer_pre_connection, NULL, NULL, APR_HOOK_FIRST);
    APR_OPTIONAL_HOOK(ssl, pre_handshake, cc_tls_pre_handshake, NULL, NULL, APR_HOOK_MIDDLE);

    /* Below mod_remoteip's filter, which is below mod_ssl's, and below mod_reqtimeout's. */
    ap_hook_pre_connection(cc_proxy_filter_add, NULL, NULL, APR_HOOK_MIDDLE);
    ap_register_input_filter(cc_proxy_filter, cc_proxy_filter_read, NULL, AP_FTYPE_CONNECTION + 9);

    ap_register_input_filter(cc_tunnel_in_filter, cc_tunnel_read, NULL, AP_FTYPE_CONNECTION);
    ap_register_output_filter(cc_tunnel_out_filter, cc_tunnel_write, NULL, AP_FTYPE_CONNECTION);
}

/* ---- a request ------------------------------------------------------------------------------ */

static void register_access(void)
{
    /*
     * With Satisfy Any, mod_access_compat may deny a request that Require may still allow, for
     * which it needs the user. mod_lua and mod_perl read the user and the variables that this
     * module sets.
     */
    static const char *const before_access[] = {"mod_access_compat.c", "mod_lua.c", "mod_perl.c",
                                                NULL};

    ap_hook_check_access(cc_authn_access, after_ssl, before_access, APR_HOOK_MIDDLE,
                         AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(cc_authn_failure, NULL, NULL, APR_HOOK_REALLY_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(cc_authn_check, after_ssl, NULL, APR_HOOK_MIDDLE,
                        AP_AUTH_INTERNAL_PER_CONF);
}

/*
 * For the last fixups. .htaccess may set variables with these modules. mod_dir replaces the
 * configuration of the request with that of the directory's index.
 */
static const char *const after_setters[] = {"mod_dir.c", "mod_env.c",  "mod_rewrite.c",
                                            "mod_lua.c", "mod_perl.c", NULL};
static const char *const before_headers[] = {"mod_headers.c", NULL};

static void register_fixups(void)
{
    static const char *const before_readers[] = {"mod_rewrite.c", "mod_lua.c", "mod_perl.c", NULL};

    ap_hook_fixups(cc_fixups_begin, NULL, before_readers, APR_HOOK_FIRST);
    ap_hook_fixups(cc_fixups_end, after_setters, before_headers, APR_HOOK_LAST);
}

static void register_answer(void)
{
    static const char *const after_cache[] = {"mod_cache.c", NULL};

    ap_hook_handler(cc_handlers_run, after_cache, NULL, APR_HOOK_REALLY_FIRST);
    APR_OPTIONAL_HOOK(ap, status_hook, cc_mod_status_show, NULL, NULL, APR_HOOK_MIDDLE);

    /* After filters that may evaluate expressions (mod_headers), before those that write headers.
     */
    ap_register_output_filter(cc_failure_filter, cc_failure_refuse, NULL, AP_FTYPE_PROTOCOL - 1);
    ap_register_output_filter(cc_failure_include_filter, cc_failure_drop, NULL,
                              AP_FTYPE_PROTOCOL - 1);
    ap_hook_insert_error_filter(cc_failure_insert_again, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_error_filter(cc_ssl_refused_note, NULL, NULL, APR_HOOK_MIDDLE);

    ap_hook_log_transaction(cc_environment_log, NULL, NULL, APR_HOOK_REALLY_FIRST);
}

static void register_hooks(apr_pool_t *p)
{
    register_start();
    register_process();
    register_connection();

    ap_hook_post_read_request(cc_inbound_clean, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_register_input_filter(cc_inbound_filter, cc_inbound_read_trailers, NULL, AP_FTYPE_PROTOCOL);
    /* Here cc_hooks_ask_more inserts its hooks, if a virtual host has such directives. */
    register_access();
    cc_authz_register(p);
    ap_hook_expr_lookup(cc_expr_lookup, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_expr_lookup(cc_tolerance_expr, NULL, NULL, APR_HOOK_FIRST);
    register_fixups();
    register_answer();
    cc_modules_register();
}

/*
 * Registers hooks that only some directives need, since a hook costs time in each request. httpd
 * sorts its hooks again once it has read the directives. At that time, a hook is registered under
 * the name of the module that was loaded last, so the name is set here.
 */
static void register_once(void (*hooks)(void), bool *registered)
{
    const char *loaded_last = apr_hook_debug_current;

    if (!*registered) {
        apr_hook_debug_current = clientcert_module.name;
        hooks();
        apr_hook_debug_current = loaded_last;
        *registered = true;
    }
}

static void register_ask_more(void)
{
    ap_hook_post_read_request(cc_refuse_early, after_ssl, NULL, APR_HOOK_MIDDLE);
    ap_register_input_filter(cc_graceful_close_filter, cc_graceful_close_note, NULL,
                             AP_FTYPE_CONNECTION);
    ap_hook_protocol_switch(cc_graceful_close_ready, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_mpm_query(cc_graceful_close_answer, NULL, NULL, APR_HOOK_FIRST);
}

void cc_hooks_ask_more(void)
{
    register_once(register_ask_more, &cc_configuration_of(ap_server_conf)->asks_more);
}

void cc_hooks_follow_cas(void)
{
    cc_hooks_ask_more();
    cc_configuration_of(ap_server_conf)->follows_cas = true;
}

/* For hooks that keep other modules from using a certificate. */
static const char *const before_passwords[] = {"mod_auth_basic.c", "mod_auth_digest.c",
                                               "mod_auth_form.c", NULL};
static const char *const before_uses[] = {"mod_rewrite.c", "mod_lua.c", "mod_perl.c",
                                          "mod_headers.c", NULL};

static void register_tolerate(void)
{
    ap_hook_post_read_request(cc_tolerance_misdirected, after_ssl, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_access(cc_tolerance_access, after_ssl, NULL, APR_HOOK_FIRST,
                         AP_AUTH_INTERNAL_PER_CONF);
    /* With Satisfy Any, requests come here after a denial, which ended the hooks before it. */
    ap_hook_check_access_ex(cc_tolerance_forget, NULL, NULL, APR_HOOK_FIRST,
                            AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_ssl_var_lookup(cc_tolerance_variable, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_check_authn(cc_tolerance_unfake, after_ssl, before_passwords, APR_HOOK_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_fixups(cc_tolerance_environment, after_ssl, before_uses, APR_HOOK_MIDDLE);
}

void cc_hooks_tolerate(void)
{
    register_once(register_tolerate, &cc_configuration_of(ap_server_conf)->tolerates);
}

/* No hook of its own: cc_inbound_clean looks at all headers. */
void cc_hooks_reserve(void)
{
    cc_configuration_of(ap_server_conf)->reserves = true;
}

static void register_take(void)
{
    ap_hook_check_access(cc_proxy_cert_forget, after_ssl, NULL, APR_HOOK_FIRST,
                         AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_access_ex(cc_proxy_cert_forget, NULL, NULL, APR_HOOK_FIRST,
                            AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_ssl_var_lookup(cc_proxy_cert_variable, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_check_authn(cc_proxy_cert_unfake, after_ssl, before_passwords, APR_HOOK_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_fixups(cc_proxy_cert_environment, after_ssl, before_uses, APR_HOOK_MIDDLE);
}

void cc_hooks_take(void)
{
    cc_hooks_reserve();
    register_once(register_take, &cc_configuration_of(ap_server_conf)->takes);
}

static void register_fall_back(void)
{
    ap_hook_check_access_ex(cc_fallback_check, NULL, NULL, APR_HOOK_REALLY_FIRST,
                            AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_force_authn(cc_fallback_force, NULL, NULL, APR_HOOK_REALLY_FIRST);
}

void cc_hooks_fall_back(void)
{
    register_once(register_fall_back, &cc_configuration_of(ap_server_conf)->falls_back);
}

static void register_forward(void)
{
    /* After cc_fixups_end; mod_headers may then change what is sent. */
    ap_hook_fixups(cc_forward_headers_set, after_setters, before_headers, APR_HOOK_LAST);
}

void cc_hooks_forward(void)
{
    cc_hooks_reserve();
    register_once(register_forward, &cc_configuration_of(ap_server_conf)->sends);
}

/*
 * Without the flag, a virtual host without directives of this module would share the record of the
 * main server, and with it what is set at startup for each host: its trust, its CRLs.
 */
__attribute__((visibility("default"))) module AP_MODULE_DECLARE_DATA clientcert_module = {
    STANDARD20_MODULE_STUFF, cc_dir_create, cc_dir_merge,   cc_vhost_conf_create,
    cc_vhost_conf_merge,     cc_directives, register_hooks, AP_MODULE_FLAG_ALWAYS_MERGE};
