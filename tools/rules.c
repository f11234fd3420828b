/* SPDX-License-Identifier: Apache-2.0 */
/* Command rules: lists the rules of a configuration. */
#include <stdio.h>

#include "server.h"

static void hosts_print(const json_t *scope, apr_pool_t *p)
{
    json_t *host;
    size_t i;

    json_array_foreach(json_object_get(scope, "hosts"), i, host)
    {
        printf("%s %s", i > 0 ? "," : "", cc_print_safe(json_string_value(host), p));
    }
    if (i == 0) {
        printf(" no virtual host");
    }
}

static void scope_print(const json_t *scope, const cc_style_t *style, apr_pool_t *p)
{
    const char *section = cc_print_member(scope, "section", p);
    json_t *rule;
    size_t i;

    printf("%s# %s%s%s, for", style->bold, section ? section : "", section ? " in " : "",
           cc_print_member(scope, "server", p));
    hosts_print(scope, p);
    puts(style->plain);
    json_array_foreach(json_object_get(scope, "rules"), i, rule)
    {
        printf("%s: ClientCertMap %s\n", cc_print_member(rule, "rule", p),
               cc_print_member(rule, "text", p));
    }
}

static void answer_print(const json_t *answer, const cc_style_t *style, apr_pool_t *p)
{
    json_t *scope;
    size_t i;

    json_array_foreach(json_object_get(answer, "scopes"), i, scope)
    {
        if (i > 0) {
            puts("");
        }
        scope_print(scope, style, p);
    }
    if (i == 0) {
        puts("# There are no rules.");
    }
}

apr_status_t cc_rules_run(cc_tool_t *tool)
{
    static const cc_query_command_t command = {"rules", NULL, answer_print, NULL, NULL};

    return cc_query_run(&command, tool);
}
