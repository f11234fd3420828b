/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the table of directives, and the functions of the short ones. */
#include <stddef.h>

#include <apr_strings.h>

#include "base/error.h"
#include "httpd/background/ocsp_cache.h"
#include "httpd/background/tables.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/forwarding.h"
#include "httpd/conf/ledger_spec.h"
#include "httpd/conf/mapping_tests.h"
#include "httpd/conf/module.h"
#include "httpd/conf/path_need.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/status_text.h"
#include "httpd/conf/use.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/directives.h"
#include "httpd/handlers.h"
#include "httpd/request/authz.h"
#include "httpd/request/export.h"
#include "httpd/request/variables.h"
#include "rules/rules.h"

static const char *rule_add(cmd_parms *cmd, cc_rules_t *rules, const char *args)
{
    cc_error_t err = {0};
    const char *where = cc_directive_where(cmd->directive, cmd->pool);

    if (cc_rules_add(rules, args, where, &err) != APR_SUCCESS) {
        return cc_error_text(&err, cmd->pool);
    }
    cc_path_need_note(cmd->server, cmd->pool, cc_rules_path_need(rules));
    return NULL;
}

static const char *map_directive(cmd_parms *cmd, void *record, const char *args)
{
    cc_dir_t *dir = record;

    if (!dir->rules) {
        dir->rules = cc_tables_rules(cmd);
        dir->tally = cc_rulesets_add(cmd, dir->rules);
    }
    return rule_add(cmd, dir->rules, args);
}

static const char *shadow_directive(cmd_parms *cmd, void *record, const char *args)
{
    cc_dir_t *dir = record;

    if (!dir->shadow) {
        dir->shadow = cc_tables_rules(cmd);
        cc_rulesets_shadow_add(cmd, dir->shadow);
    }
    return rule_add(cmd, dir->shadow, args);
}

static const char *export_directive(cmd_parms *cmd, void *record, const char *args)
{
    cc_dir_t *dir = record;
    cc_error_t err = {0};

    if (cc_export_parse(&dir->export, args, cmd->pool, &err) != APR_SUCCESS) {
        return cc_error_text(&err, cmd->pool);
    }
    cc_path_need_note(cmd->server, cmd->pool, cc_export_path_need(dir->export));
    return NULL;
}

static const char *status_rules_directive(cmd_parms *cmd, void *record, const char *word)
{
    cc_dir_t *dir = record;

    (void)cmd;
    if (strcasecmp(word, "On") != 0 && strcasecmp(word, "Off") != 0) {
        return "ClientCertStatusRules must be On or Off";
    }
    dir->status_rules = !strcasecmp(word, "On");
    return NULL;
}

static const char *proxy_cert_directive(cmd_parms *cmd, void *record, const char *args)
{
    (void)record;
    return cc_proxies_cert(cmd, cc_tables_rules, args);
}

/* ---- the table of directives ------------------------------------------------------------- */

/* The function of a directive that is not for .htaccess. */
typedef struct taker_t {
    const char *(*take)(cmd_parms *cmd, void *record, const char *args);
    void (*hook)(void); /* registers the hooks that only this directive needs; NULL: none */
} taker_t;

/*
 * Handles each such directive. The context in httpd's table does not keep it out of .htaccess:
 * httpd accepts any directive there that AllowOverrideList names.
 */
static const char *outside_htaccess(cmd_parms *cmd, void *record, const char *args)
{
    const taker_t *taker = cmd->info;

    if (ap_check_cmd_context(cmd, NOT_IN_HTACCESS)) {
        return apr_psprintf(cmd->pool,
                            "CC0180: %s is not for .htaccess, whatever AllowOverrideList says: "
                            "write it in the configuration of the server%s",
                            cmd->cmd->name,
                            cmd->cmd->req_override & ACCESS_CONF
                                ? ", of a virtual host or in a section such as <Directory>"
                                : " or of a virtual host");
    }
    if (taker->hook) {
        taker->hook();
    }
    return taker->take(cmd, record, args);
}

#define TAKER(function) ((void *)&(const taker_t){function, NULL})
#define HOOKED(function, hook) ((void *)&(const taker_t){function, hook})

/*
 * Rows of directives that are not for .htaccess. SERVER_ rows are for servers and virtual hosts,
 * SECTION_ rows for directories too. The help strings are the descriptions of doc/directives.md.
 */
#define SERVER_LINE(name, function, help)                                                          \
    AP_INIT_RAW_ARGS(name, outside_htaccess, TAKER(function), RSRC_CONF, help)
#define SERVER_LINE_HOOKED(name, function, hook, help)                                             \
    AP_INIT_RAW_ARGS(name, outside_htaccess, HOOKED(function, hook), RSRC_CONF, help)
#define SERVER_WORD_HOOKED(name, function, hook, help)                                             \
    AP_INIT_TAKE1(name, outside_htaccess, HOOKED(function, hook), RSRC_CONF, help)
#define SERVER_WORD(name, function, help)                                                          \
    AP_INIT_TAKE1(name, outside_htaccess, TAKER(function), RSRC_CONF, help)
#define SECTION_LINE(name, function, help)                                                         \
    AP_INIT_RAW_ARGS(name, outside_htaccess, TAKER(function), RSRC_CONF | ACCESS_CONF, help)
#define SECTION_LINE_HOOKED(name, function, hook, help)                                            \
    AP_INIT_RAW_ARGS(name, outside_htaccess, HOOKED(function, hook), RSRC_CONF | ACCESS_CONF, help)
#define SECTION_WORD(name, function, help)                                                         \
    AP_INIT_TAKE1(name, outside_htaccess, TAKER(function), RSRC_CONF | ACCESS_CONF, help)

/*
 * Directives of other modules. httpd calls the functions of all modules that have a row for a
 * directive. Because a row alone makes a directive legal, each of these functions returns an error
 * if no other module has the directive.
 */
static const char set_handler[] = "SetHandler"; /* of httpd's core */
static const char require[] = "Require";
static const char fcgi_set[] = "ProxyFCGISetEnvIf";

const command_rec cc_directives[] = {
    SECTION_LINE("ClientCertMap", map_directive,
                 "Rule that maps certificates to a user and groups, or denies them"),
    SECTION_LINE("ClientCertMapShadow", shadow_directive,
                 "Rule that is only compared with the rules in effect"),
    SERVER_LINE("ClientCertTable", cc_tables_directive, "Table for the operators in and !in"),
    SECTION_LINE("ClientCertTest", cc_mapping_tests_directive,
                 "Test of the rules, run by httpd -t"),
    SERVER_LINE_HOOKED("ClientCertCA", cc_vhost_conf_ca, cc_hooks_follow_cas,
                       "CAs whose clients are accepted; changes need no restart"),
    SERVER_LINE_HOOKED("ClientCertCRL", cc_vhost_conf_crl, cc_hooks_ask_more,
                       "Files and directories of certificate revocation lists (CRLs)"),
    SERVER_WORD("ClientCertCRLCheck", cc_vhost_conf_crl_check,
                "Which certificates of the chain must be covered by CRLs"),
    SERVER_WORD_HOOKED("ClientCertMaxAge", cc_vhost_conf_max_age, cc_hooks_ask_more,
                       "Maximum age of the full TLS handshake, in seconds"),
    SERVER_LINE_HOOKED("ClientCertOCSP", cc_vhost_conf_ocsp, cc_hooks_ask_more,
                       "Checks the revocation status of client certificates by OCSP"),
    SERVER_LINE("ClientCertOCSPAllow", cc_vhost_conf_ocsp_allow,
                "Hosts that certificates may name as OCSP responders"),
    SERVER_WORD("ClientCertOCSPCache", cc_ocsp_cache_directive,
                "Cache in which the processes of httpd share OCSP responses"),
    SERVER_WORD_HOOKED("ClientCertTolerate", cc_vhost_conf_tolerate, cc_hooks_tolerate,
                       "Lets TLS handshakes go on with certificates that do not verify"),
    SERVER_LINE_HOOKED("ClientCertHeader", cc_proxies_header, cc_hooks_take,
                       "Takes the certificates of clients from trusted proxies"),
    SERVER_LINE("ClientCertTrustedProxy", cc_proxies_trusted,
                "Addresses of the proxies from which certificates are taken"),
    SERVER_LINE("ClientCertTrustedProxyCert", proxy_cert_directive,
                "Conditions on the certificate of a trusted proxy itself"),
    SERVER_LINE("ClientCertLedger", cc_ledger_directive,
                "Keeps a list of verified certificates that no rule maps"),
    AP_INIT_FLAG("ClientCertAuth", ap_set_flag_slot, (void *)offsetof(cc_dir_t, auth),
                 RSRC_CONF | OR_AUTHCFG, "Makes the mapped user the user of the request"),
    SECTION_WORD("ClientCertStatusRules", status_rules_directive,
                 "Shows rules and reasons on the page of clientcert-status"),
    AP_INIT_TAKE123("ClientCertStatusText", cc_status_text_directive, NULL, RSRC_CONF | OR_FILEINFO,
                    "Text and link of your own on the page of clientcert-status"),
    SECTION_LINE("ClientCertExport", export_directive,
                 "Environment variables for applications and logs"),
    SECTION_LINE_HOOKED("ClientCertForward", cc_forwarding_directive, cc_hooks_forward,
                        "Sends the verified certificate to back ends"),
    SECTION_LINE_HOOKED("ClientCertForwardIdentity", cc_forwarding_identity, cc_hooks_forward,
                        "Sends the user and the groups to back ends"),
    AP_INIT_RAW_ARGS(set_handler, cc_handlers_directive, NULL, OR_FILEINFO,
                     "Handler of requests, read to find clientcert-metrics in .htaccess"),
    AP_INIT_RAW_ARGS(require, cc_alias_directive, NULL, OR_AUTHCFG,
                     "Conditions for access, read to find negated aliases of providers"),
    AP_INIT_RAW_ARGS(fcgi_set, cc_variables_fcgi_directive, NULL, OR_FILEINFO,
                     "Variable for FastCGI programs, read to protect CLIENTCERT_NAME"),
    {.name = NULL}};

int cc_directives_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    if (cc_use_anywhere(s) == CC_USE_HERE && !cc_configuration_of(s)->takes_headers &&
        !ap_find_linked_module("mod_ssl.c")) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "CC0102: mod_ssl is not loaded: no request will have a client certificate");
    }
    return OK;
}
