/* SPDX-License-Identifier: Apache-2.0 */
/* Knows all scopes of the configuration that have rules of their own. */
#include <apr_strings.h>

#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "rules/rules.h"

static const char scopes_key[] = "clientcert_scopes";

apr_array_header_t *cc_scopes_of(const server_rec *s)
{
    apr_pool_t *pconf = s->process->pconf;
    void *scopes = NULL;

    apr_pool_userdata_get(&scopes, scopes_key, pconf);
    if (!scopes) {
        scopes = apr_array_make(pconf, 4, sizeof(cc_scope_t));
        apr_pool_userdata_setn(scopes, scopes_key, NULL, pconf);
    }
    return scopes;
}

/* The innermost section of directories, locations, files or conditions. */
static const char *section_of(const ap_directive_t *directive, apr_pool_t *p)
{
    const ap_directive_t *section = directive->parent;

    if (!section || !strcasecmp(section->directive, "<VirtualHost")) {
        return NULL;
    }
    return apr_pstrcat(p, section->directive, " ", section->args, NULL);
}

const cc_tally_t *cc_scopes_add(const cmd_parms *cmd, const cc_rules_t *rules)
{
    cc_scope_t *scope = &APR_ARRAY_PUSH(cc_scopes_of(cmd->server), cc_scope_t);

    scope->rules = rules;
    scope->server = cmd->server;
    scope->section = section_of(cmd->directive, cmd->pool);
    scope->inside = cmd->directive->parent;
    scope->tally = apr_pcalloc(cmd->pool, sizeof(*scope->tally));
    return scope->tally;
}
