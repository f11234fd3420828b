/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the directives: what is written in httpd's configuration becomes a per-directory record. */
#include "httpd/glue.h"
#include "httpd/revocation/ocspcache.h"
#include "httpd/revocation/revocation.h"

#include <stddef.h>

#include <apr_strings.h>

void *cc_config_create(apr_pool_t *p, char *path)
{
    cc_dir_t *dir = apr_pcalloc(p, sizeof(*dir));

    (void)path;
    dir->auth = dir->status_rules = dir->handler = -1;
    return dir;
}

/* A scope with rules of its own uses those alone: what is in effect can be read at one place. */
void *cc_config_merge(apr_pool_t *p, void *base_record, void *add_record)
{
    const cc_dir_t *base = base_record, *add = add_record;
    cc_dir_t *dir = apr_palloc(p, sizeof(*dir));

    dir->rules = add->rules ? add->rules : base->rules;
    dir->tally = add->rules ? add->tally : base->tally;
    dir->export = add->export ? add->export : base->export;
    dir->auth = add->auth >= 0 ? add->auth : base->auth;
    dir->status_rules = add->status_rules >= 0 ? add->status_rules : base->status_rules;
    dir->handler = add->handler >= 0 ? add->handler : base->handler;
    return dir;
}

static const char *map_directive(cmd_parms *cmd, void *record, const char *args)
{
    cc_dir_t *dir = record;
    cc_error_t err = {0};
    const char *where =
        apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename, cmd->directive->line_num);

    if (!dir->rules) {
        dir->rules = cc_tables_rules(cmd);
        dir->tally = cc_scopes_add(cmd, dir->rules);
    }
    if (cc_rules_add(dir->rules, args, where, &err) != APR_SUCCESS) {
        return cc_error_text(&err, cmd->pool);
    }
    return NULL;
}

static const char *export_directive(cmd_parms *cmd, void *record, const char *args)
{
    cc_dir_t *dir = record;
    cc_error_t err = {0};

    if (cc_export_parse(&dir->export, args, cmd->pool, &err) != APR_SUCCESS) {
        return cc_error_text(&err, cmd->pool);
    }
    return NULL;
}

/* httpd's own, which it calls too. */
static const char set_handler[] = "SetHandler";

const command_rec cc_config_directives[] = {
    AP_INIT_RAW_ARGS("ClientCertMap", map_directive, NULL, RSRC_CONF | ACCESS_CONF,
                     "a rule: [FIELD[|MODIFIER ...] OPERATOR OPERAND ...] OUTPUT ..."),
    AP_INIT_RAW_ARGS("ClientCertTable", cc_tables_directive, NULL, RSRC_CONF,
                     "a table for in and !in: NAME TYPE:SOURCE [option=value ...]"),
    AP_INIT_RAW_ARGS("ClientCertTest", cc_test_directive, NULL, RSRC_CONF | ACCESS_CONF,
                     "a test of the rules: FILE expect user=NAME group=NAME ... | none"),
    AP_INIT_RAW_ARGS("ClientCertCRL", cc_server_crl_directive, NULL, RSRC_CONF,
                     "CRLs: PATH ... [reload=SECONDS] [grace=SECONDS] [missing=deny|allow]"),
    AP_INIT_TAKE1("ClientCertCRLCheck", cc_server_crl_check_directive, NULL, RSRC_CONF,
                  "which certificates CRLs are asked about: leaf or chain"),
    AP_INIT_TAKE1("ClientCertMaxAge", cc_server_max_age_directive, NULL, RSRC_CONF,
                  "how many seconds after its full handshake a certificate gives an identity"),
    AP_INIT_RAW_ARGS("ClientCertOCSP", cc_server_ocsp_directive, NULL, RSRC_CONF,
                     "OCSP: On|Off|AIA [responder=URL] [timeout=SECONDS] [ttl=SECONDS] ..."),
    AP_INIT_RAW_ARGS("ClientCertOCSPAllow", cc_server_ocsp_allow_directive, NULL, RSRC_CONF,
                     "hosts that certificates may name as OCSP responders: HOST ..."),
    AP_INIT_TAKE1("ClientCertOCSPCache", cc_ocspcache_directive, NULL, RSRC_CONF,
                  "where OCSP answers are kept: TYPE[:ARGUMENTS] of a socache provider"),
    AP_INIT_FLAG("ClientCertAuth", ap_set_flag_slot, (void *)offsetof(cc_dir_t, auth),
                 RSRC_CONF | OR_AUTHCFG, "whether the mapped user becomes REMOTE_USER: On or Off"),
    AP_INIT_FLAG("ClientCertStatusRules", ap_set_flag_slot,
                 (void *)offsetof(cc_dir_t, status_rules), RSRC_CONF | ACCESS_CONF,
                 "whether clientcert-status shows what the rules say: On or Off"),
    AP_INIT_RAW_ARGS("ClientCertExport", export_directive, NULL, RSRC_CONF | ACCESS_CONF,
                     "what applications see as CLIENTCERT_NAME: NAME[=FIELD] ..."),
    AP_INIT_RAW_ARGS(set_handler, cc_handlers_directive, NULL, OR_FILEINFO,
                     "a handler name"),
    {.name = NULL}};

int cc_config_check(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)pconf;
    (void)plog;
    (void)ptemp;
    if (!ap_find_linked_module("mod_ssl.c")) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, s,
                     "CC0102: mod_ssl is not loaded: no request will have a client certificate");
    }
    return OK;
}
