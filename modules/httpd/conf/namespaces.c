/* SPDX-License-Identifier: Apache-2.0 */
/* Reads ClientCertNamespace, and confines the rules of the configuration by it. */
#include "base/error.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/module.h"
#include "httpd/conf/namespaces.h"
#include "httpd/conf/path_need.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/vhost_conf.h"
#include "rules/namespace.h"

const char *cc_namespaces_directive(cmd_parms *cmd, cc_rules_t *make(cmd_parms *cmd),
                                    const char *args)
{
    cc_vhost_conf_t *conf = cc_vhost_conf_of(cmd->server);
    const char *where = cc_directive_where(cmd->directive, cmd->pool);
    cc_error_t err = {0};
    apr_status_t rv;

    if (!conf->namespaces) {
        conf->namespaces = cc_namespaces_create(make(cmd));
    }
    rv = cc_namespaces_add(conf->namespaces, args, where, &err);
    cc_path_need_note(cmd->server, cmd->pool,
                      cc_rules_path_need(cc_namespaces_rules(conf->namespaces)));
    return cc_directive_result(cmd, rv, &err);
}

/* The virtual hosts with lines of their own; NULL: no server has a line. */
static cc_confinement_t *confinement_of(server_rec *main, apr_pool_t *p)
{
    const cc_namespaces_t *usual = cc_vhost_conf_of(main)->namespaces;
    cc_confinement_t *confinement = usual ? cc_confinement_create(p) : NULL;

    for (const server_rec *s = main->next; s; s = s->next) {
        const cc_namespaces_t *own = cc_vhost_conf_of(s)->namespaces;

        if (own && own != usual) {
            confinement = confinement ? confinement : cc_confinement_create(p);
            cc_confinement_add(confinement, s, own);
        }
    }
    return confinement;
}

static void all_confine(const apr_array_header_t *rulesets, const cc_confinement_t *confinement)
{
    for (int i = 0; i < rulesets->nelts; i++) {
        const cc_ruleset_t *ruleset = &APR_ARRAY_IDX(rulesets, i, const cc_ruleset_t);

        cc_rules_confine((cc_rules_t *)ruleset->rules,
                         cc_vhost_conf_of(ruleset->server)->namespaces, confinement);
    }
}

int cc_namespaces_confine(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const cc_confinement_t *confinement = confinement_of(s, pconf);

    (void)plog;
    (void)ptemp;
    if (confinement) {
        all_confine(cc_rulesets_of(s), confinement);
        all_confine(cc_rulesets_shadow_of(s), confinement);
    }
    return OK;
}
