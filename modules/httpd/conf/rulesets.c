/* SPDX-License-Identifier: Apache-2.0 */
/* Lists all rule sets of the configuration, with their sections. */
#include <apr_strings.h>

#include "httpd/conf/configuration.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/vhost_conf.h"
#include "rules/rules.h"

apr_array_header_t *cc_rulesets_of(const server_rec *s)
{
    cc_configuration_t *configuration = cc_configuration_of(s);

    if (!configuration->rulesets) {
        configuration->rulesets = apr_array_make(s->process->pconf, 4, sizeof(cc_ruleset_t));
    }
    return configuration->rulesets;
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

const cc_tally_t *cc_rulesets_add(const cmd_parms *cmd, const cc_rules_t *rules)
{
    cc_ruleset_t *ruleset = &APR_ARRAY_PUSH(cc_rulesets_of(cmd->server), cc_ruleset_t);

    ruleset->rules = rules;
    ruleset->server = cmd->server;
    ruleset->section = section_of(cmd->directive, cmd->pool);
    ruleset->inside = cmd->directive->parent;
    ruleset->tally = apr_pcalloc(cmd->pool, sizeof(*ruleset->tally));
    return ruleset->tally;
}
