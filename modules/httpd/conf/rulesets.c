/* SPDX-License-Identifier: Apache-2.0 */
/* Lists all rule sets of the configuration, with their sections. */
#include <apr_strings.h>

#include "httpd/conf/configuration.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/vhost_conf.h"
#include "rules/rules.h"

static apr_array_header_t *list_of(apr_array_header_t **list, const server_rec *s)
{
    if (!*list) {
        *list = apr_array_make(s->process->pconf, 4, sizeof(cc_ruleset_t));
    }
    return *list;
}

apr_array_header_t *cc_rulesets_of(const server_rec *s)
{
    return list_of(&cc_configuration_of(s)->rulesets, s);
}

apr_array_header_t *cc_rulesets_shadow_of(const server_rec *s)
{
    return list_of(&cc_configuration_of(s)->shadows, s);
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

static cc_ruleset_t *ruleset_add(apr_array_header_t *list, const cmd_parms *cmd,
                                 const cc_rules_t *rules)
{
    cc_ruleset_t *ruleset = &APR_ARRAY_PUSH(list, cc_ruleset_t);

    *ruleset = (cc_ruleset_t){.rules = rules,
                              .server = cmd->server,
                              .section = section_of(cmd->directive, cmd->pool),
                              .inside = cmd->directive->parent};
    return ruleset;
}

const cc_tally_t *cc_rulesets_add(const cmd_parms *cmd, const cc_rules_t *rules)
{
    cc_ruleset_t *ruleset = ruleset_add(cc_rulesets_of(cmd->server), cmd, rules);

    ruleset->tally = apr_pcalloc(cmd->pool, sizeof(*ruleset->tally));
    return ruleset->tally;
}

void cc_rulesets_shadow_add(const cmd_parms *cmd, const cc_rules_t *rules)
{
    ruleset_add(cc_rulesets_shadow_of(cmd->server), cmd, rules);
}
