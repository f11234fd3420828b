/* SPDX-License-Identifier: Apache-2.0 */
/* Knows which function stands at which hook: the front door, in the order of a request. */
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mpm_common.h>

#include "httpd/glue.h"

extern module AP_MODULE_DECLARE_DATA clientcert_module;

static void register_hooks(apr_pool_t *p)
{
    /* mod_ssl's access hook renegotiates and authenticates after the handshake. */
    static const char *const after_ssl[] = {"mod_ssl.c", NULL};
    /*
     * With Satisfy Any mod_access_compat denies, and Require is asked for the user all the same.
     * The others read the user and the variables that we set.
     */
    static const char *const before_access[] = {"mod_access_compat.c", "mod_lua.c", "mod_perl.c",
                                                NULL};
    static const char *const before_readers[] = {"mod_rewrite.c", "mod_lua.c", "mod_perl.c", NULL};
    /*
     * .htaccess may set variables by them; and mod_dir replaces the configuration of the request by
     * that of a directory's index.
     */
    static const char *const after_setters[] = {"mod_dir.c", "mod_env.c",  "mod_rewrite.c",
                                                "mod_lua.c", "mod_perl.c", NULL};
    static const char *const before_headers[] = {"mod_headers.c", NULL};
    static const char *const after_cache[] = {"mod_cache.c", NULL};

    ap_hook_check_config(cc_use_find, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_check_config(cc_authz_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_tables_start, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_revocation_precheck, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(cc_tests_check, NULL, NULL, APR_HOOK_LAST);
    ap_hook_test_config(cc_question_answer, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_test_config(cc_lint_test, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(cc_config_check, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(cc_lint_start, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(cc_counters_start, after_ssl, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(cc_counters_child_start, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_pre_config(cc_revocation_prepare, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_config(cc_revocation_start, after_ssl, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(cc_tables_child_start, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(cc_revocation_child_start, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(cc_log_child_start, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_monitor(cc_log_monitor, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(cc_follow_child_start, NULL, NULL, APR_HOOK_LAST);
    ap_hook_monitor(cc_follow_monitor, NULL, NULL, APR_HOOK_MIDDLE);
    cc_connection_register();
    cc_failure_register();
    cc_tunnel_register();
    cc_inbound_register();
    cc_serverstatus_register();
    cc_authz_register(p);
    ap_hook_expr_lookup(cc_expr_lookup, NULL, NULL, APR_HOOK_MIDDLE);

    ap_hook_post_read_request(cc_inbound_clean, NULL, NULL, APR_HOOK_REALLY_FIRST);
    /* Then cc_refuse_early, after mod_ssl, where a host has directives of server.c. */
    ap_hook_check_access(cc_authn_access, after_ssl, before_access, APR_HOOK_MIDDLE,
                         AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(cc_authn_failure, NULL, NULL, APR_HOOK_REALLY_FIRST,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_check_authn(cc_authn_check, after_ssl, NULL, APR_HOOK_MIDDLE,
                        AP_AUTH_INTERNAL_PER_CONF);
    ap_hook_fixups(cc_environment_begin, NULL, before_readers, APR_HOOK_FIRST);
    ap_hook_fixups(cc_environment_end, after_setters, before_headers, APR_HOOK_LAST);
    ap_hook_handler(cc_handlers_run, after_cache, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_log_transaction(cc_environment_log, NULL, NULL, APR_HOOK_REALLY_FIRST);
}

/*
 * Without the flag httpd gives a virtual host that has no directive of ours the main server's
 * record, and what one host learns at start (its trust, its CRLs) would become that of others.
 */
AP_DECLARE_MODULE(clientcert) = {
    STANDARD20_MODULE_STUFF, cc_config_create,     cc_config_merge, cc_server_create,
    cc_server_merge,         cc_config_directives, register_hooks,  AP_MODULE_FLAG_ALWAYS_MERGE};
