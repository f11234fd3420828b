/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the directives on verification, which belong to a virtual host, not to a directory. */
#include <apr_hooks.h>
#include <apr_strings.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/ca.h"
#include "cert/cert.h"
#include "crl/crl.h"
#include "httpd/conf/configuration.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/module.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "ocsp/ocsp.h"

void *cc_vhost_conf_create(apr_pool_t *p, server_rec *s)
{
    cc_vhost_conf_t *conf = apr_pcalloc(p, sizeof(*conf));

    conf->configuration = cc_configuration_find(s);
    conf->leaf_alone = -1;
    conf->max_age = -1;
    conf->tolerate = -1;
    return conf;
}

void *cc_vhost_conf_merge(apr_pool_t *p, void *base_record, void *add_record)
{
    const cc_vhost_conf_t *base = base_record, *add = add_record;
    cc_vhost_conf_t *conf = apr_pcalloc(p, sizeof(*conf));

    conf->configuration = add->configuration;
    conf->ca_specs = add->ca_specs ? add->ca_specs : base->ca_specs;
    conf->crls = add->crls ? add->crls : base->crls;
    conf->leaf_alone = add->leaf_alone >= 0 ? add->leaf_alone : base->leaf_alone;
    conf->max_age = add->max_age >= 0 ? add->max_age : base->max_age;
    conf->tolerate = add->tolerate >= 0 ? add->tolerate : base->tolerate;
    conf->tolerate_where = add->tolerate >= 0 ? add->tolerate_where : base->tolerate_where;
    conf->tolerate_inherited = add->tolerate < 0;
    conf->pinning_off = add->pinning_off;
    conf->pinning_inherited = !add->pinning && !add->pinning_off;
    conf->pinning = conf->pinning_inherited ? base->pinning : add->pinning;
    conf->ocsp = add->ocsp ? add->ocsp : base->ocsp;
    conf->ocsp_hosts = add->ocsp_hosts ? add->ocsp_hosts : base->ocsp_hosts;
    conf->ledger_spec = add->ledger_spec ? add->ledger_spec : base->ledger_spec;
    conf->namespaces = add->namespaces ? add->namespaces : base->namespaces;
    conf->proxies = cc_proxies_merge(base->proxies, add->proxies, p);
    return conf;
}

const char *cc_vhost_conf_ca(cmd_parms *cmd, void *record, const char *args)
{
    cc_vhost_conf_t *conf = cc_vhost_conf_of(cmd->server);
    cc_ca_spec_t *spec;
    cc_error_t err = {0};
    apr_status_t rv = cc_ca_spec_parse(&spec, args, cmd->pool, &err);

    (void)record;
    if (!conf->ca_specs) {
        conf->ca_specs = apr_array_make(cmd->pool, 2, sizeof(cc_ca_spec_t *));
    }
    if (rv == APR_SUCCESS) {
        spec->where = cc_directive_where(cmd->directive, cmd->pool);
        rv = cc_ca_specs_agree(conf->ca_specs, spec, cmd->pool, &err);
    }
    if (rv == APR_SUCCESS) {
        APR_ARRAY_PUSH(conf->ca_specs, cc_ca_spec_t *) = spec;
    }
    return cc_directive_result(cmd, rv, &err);
}

const char *cc_vhost_conf_crl(cmd_parms *cmd, void *record, const char *args)
{
    cc_vhost_conf_t *conf = cc_vhost_conf_of(cmd->server);
    cc_error_t err = {0};
    apr_status_t rv;

    (void)record;
    if (conf->crls) {
        return apr_psprintf(cmd->pool,
                            "CC0170: ClientCertCRL is already set at %s; name all files and "
                            "directories in one directive",
                            conf->crls->where);
    }
    rv = cc_crls_parse(&conf->crls, args, cmd->pool, &err);
    if (rv == APR_SUCCESS) {
        conf->crls->where = cc_directive_where(cmd->directive, cmd->pool);
    }
    return cc_directive_result(cmd, rv, &err);
}

const char *cc_vhost_conf_crl_check(cmd_parms *cmd, void *record, const char *word)
{
    cc_vhost_conf_t *conf = cc_vhost_conf_of(cmd->server);

    (void)record;
    if (strcasecmp(word, "leaf") && strcasecmp(word, "chain")) {
        return apr_psprintf(cmd->pool, "CC0171: \"%s\": write leaf or chain",
                            cc_text_escape(word, strlen(word), cmd->pool));
    }
    conf->leaf_alone = !strcasecmp(word, "leaf");
    return NULL;
}

const char *cc_vhost_conf_max_age(cmd_parms *cmd, void *record, const char *word)
{
    char *end;
    apr_int64_t seconds = apr_strtoi64(word, &end, 10);

    (void)record;
    if (!*word || *end || seconds < 0 || seconds > APR_INT32_MAX) {
        return apr_psprintf(cmd->pool,
                            "CC0172: \"%s\": write a number of seconds, or 0 for any age",
                            cc_text_escape(word, strlen(word), cmd->pool));
    }
    cc_vhost_conf_of(cmd->server)->max_age = apr_time_from_sec(seconds);
    return NULL;
}

const char *cc_vhost_conf_tolerate(cmd_parms *cmd, void *record, const char *word)
{
    cc_vhost_conf_t *conf = cc_vhost_conf_of(cmd->server);

    (void)record;
    if (strcasecmp(word, "On") && strcasecmp(word, "Off")) {
        return apr_psprintf(cmd->pool, "CC0450: \"%s\": write On or Off",
                            cc_text_escape(word, strlen(word), cmd->pool));
    }
    conf->tolerate = !strcasecmp(word, "On");
    conf->tolerate_where = cc_directive_where(cmd->directive, cmd->pool);
    return NULL;
}

const char *cc_vhost_conf_ocsp(cmd_parms *cmd, void *record, const char *args)
{
    apr_array_header_t **specs = &cc_vhost_conf_of(cmd->server)->ocsp;
    const char *where = cc_directive_where(cmd->directive, cmd->pool);
    cc_ocsp_spec_t *spec = NULL;
    cc_error_t err = {0};
    apr_status_t rv = cc_ocsp_parse(&spec, args, where, cmd->pool, &err);

    (void)record;
    if (rv == APR_SUCCESS) {
        rv = cc_ocsp_specs_add(specs, spec, cmd->pool, &err);
    }
    return cc_directive_result(cmd, rv, &err);
}

const char *cc_vhost_conf_ocsp_allow(cmd_parms *cmd, void *record, const char *args)
{
    cc_error_t err = {0};

    (void)record;
    return cc_directive_result(
        cmd, cc_ocsp_hosts_parse(&cc_vhost_conf_of(cmd->server)->ocsp_hosts, args, cmd->pool, &err),
        &err);
}
