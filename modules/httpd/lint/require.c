/* SPDX-License-Identifier: Apache-2.0 */
/* Knows which Require of ours can never hold, and which expressions are looked at. */
#include "httpd/lint/lint.h"

#include <apr_strings.h>

typedef bool cc_may_give_fn(const cc_rules_t *rules, const char *name);

/* A name, and how rules are asked whether they give it. */
typedef struct cc_wanted_t {
    cc_may_give_fn *may_give;
    const char *name;
} cc_wanted_t;

static bool has_rules(const cc_lint_t *lint, const cc_site_t *site)
{
    for (int i = 0; i < lint->scopes->nelts; i++) {
        if (cc_lint_in_effect(lint, &APR_ARRAY_IDX(lint->scopes, i, cc_scope_t), site)) {
            return true;
        }
    }
    return false;
}

static bool may_be_given(const cc_lint_t *lint, const cc_site_t *site, const cc_wanted_t *wanted)
{
    for (int i = 0; i < lint->scopes->nelts; i++) {
        const cc_scope_t *scope = &APR_ARRAY_IDX(lint->scopes, i, cc_scope_t);

        if (cc_lint_in_effect(lint, scope, site) && wanted->may_give(scope->rules, wanted->name)) {
            return true;
        }
    }
    return false;
}

static cc_line_state_t judge_rules(const cc_lint_t *lint, const cc_site_t *site,
                                   const cc_place_t *place, const void *what)
{
    (void)place;
    (void)what;
    return has_rules(lint, site) ? CC_LINE_FINE : CC_LINE_FAULT;
}

static cc_line_state_t judge_name(const cc_lint_t *lint, const cc_site_t *site,
                                  const cc_place_t *place, const void *wanted)
{
    (void)place;
    return may_be_given(lint, site, wanted) ? CC_LINE_FINE : CC_LINE_FAULT;
}

static void look_at_name(cc_lint_t *lint, const cc_line_t *line, const cc_wanted_t *wanted)
{
    const char *name = cc_text_escape(wanted->name, strlen(wanted->name), lint->pool);
    const char *kind = wanted->may_give == cc_rules_may_give_user ? "user" : "group";

    if (cc_lint_culprit(lint, line, judge_name, wanted)) {
        cc_lint_tell(lint, "CC0723", line->where,
                     "no rule that can be in effect here gives the %s \"%s\": correct the name, or "
                     "write a rule that gives it",
                     kind, name);
    }
}

/* An expression is another name in each request. */
static void look_at_names(cc_lint_t *lint, const cc_line_t *line, const char *names,
                          cc_may_give_fn *may_give)
{
    cc_wanted_t wanted = {may_give, NULL};

    if (cc_lint_culprit(lint, line, judge_rules, NULL)) {
        cc_lint_tell(lint, "CC0724", line->where,
                     "no rules are in effect here, so nobody has a user or a group: write a "
                     "ClientCertMap, or \"Require clientcert\" with conditions");
    } else if (!strstr(names, "%{")) {
        while (*(wanted.name = ap_getword_conf(lint->pool, &names))) {
            look_at_name(lint, line, &wanted);
        }
    }
}

/* Where it is negated, what never holds never denies: that may be meant. */
void cc_lint_require(cc_lint_t *lint, const cc_line_t *line)
{
    const ap_directive_t *directive = cc_line_directive(line);
    const char *args = directive->args;
    const char *provider = ap_getword_conf(lint->pool, &args);

    if (!strcasecmp(provider, "not")) {
        provider = ap_getword_conf(lint->pool, &args);
    }
    if (!strcmp(provider, "expr")) {
        cc_lint_require_expr(lint, line, args);
        return;
    }
    if (strncasecmp(provider, "clientcert", 10) != 0 || cc_authz_negated(directive, lint->pool)) {
        return;
    }
    cc_lint_asked(lint, line);
    if (!strcasecmp(provider, "clientcert-user")) {
        look_at_names(lint, line, args, cc_rules_may_give_user);
    } else if (!strcasecmp(provider, "clientcert-group")) {
        look_at_names(lint, line, args, cc_rules_may_give_group);
    }
}
