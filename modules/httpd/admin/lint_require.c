/* SPDX-License-Identifier: Apache-2.0 */
/* Finds Require lines that can never match. */

#include "base/text.h"
#include "cert/cert.h"
#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/admin/lint_rulesets.h"
#include "httpd/conf/module.h"
#include "httpd/conf/view.h"
#include "httpd/request/authz.h"
#include "rules/reachable.h"
#include "rules/rules.h"

/* A name, and the function that looks for it among those that rules give. */
typedef struct cc_wanted_t {
    cc_gives_fn *gives;
    const char *name;
    bool anywhere; /* rules of any server give it */
} cc_wanted_t;

static cc_line_state_t judge_rules(cc_lint_t *lint, const cc_conf_view_t *view,
                                   const cc_place_t *place, const void *baton)
{
    (void)place;
    (void)baton;
    return cc_lint_has_rules(lint, view) ? CC_LINE_FINE : CC_LINE_FAULT;
}

/*
 * The kind of a server does not determine the names that its rules give. So a line of the main
 * server is checked against the names of all servers.
 */
static cc_line_state_t judge_name(cc_lint_t *lint, const cc_conf_view_t *view,
                                  const cc_place_t *place, const void *baton)
{
    const cc_wanted_t *wanted = baton;
    bool reachable = place->view->server == lint->server
                         ? wanted->anywhere
                         : cc_lint_may_give(lint, view, wanted->gives, wanted->name);

    return reachable ? CC_LINE_FINE : CC_LINE_FAULT;
}

static bool is_of_main(const cc_lint_t *lint, const cc_line_t *line)
{
    for (int i = 0; i < line->places->nelts; i++) {
        if (APR_ARRAY_IDX(line->places, i, const cc_place_t *)->view->server == lint->server) {
            return true;
        }
    }
    return false;
}

static void name_check(cc_lint_t *lint, const cc_line_t *line, cc_wanted_t *wanted)
{
    const char *name = cc_text_escape(wanted->name, strlen(wanted->name), lint->pool);
    const char *kind = wanted->gives == cc_reachable_user ? "user" : "group";

    wanted->anywhere =
        is_of_main(lint, line) && cc_lint_may_give(lint, NULL, wanted->gives, wanted->name);
    if (cc_lint_culprit(lint, line, judge_name, wanted)) {
        cc_lint_add(lint, "CC0723", line->where,
                    "no rule that can be in effect here gives the %s \"%s\": correct the name, or "
                    "add a rule that gives it",
                    kind, name);
    }
}

static void no_rules_add(cc_lint_t *lint, const cc_line_t *line)
{
    cc_lint_add(lint, "CC0724", line->where,
                "no rules are in effect here, so no certificate is mapped to a user or group: add "
                "a ClientCertMap, or use \"Require clientcert\" with conditions");
}

/* An expression can give another name in each request. */
static void names_check(cc_lint_t *lint, const cc_line_t *line, const char *names,
                        cc_gives_fn *gives)
{
    cc_wanted_t wanted = {gives, NULL, false};

    if (cc_lint_culprit(lint, line, judge_rules, NULL)) {
        no_rules_add(lint, line);
    } else if (!strstr(names, "%{")) {
        while (*(wanted.name = ap_getword_conf(lint->pool, &names))) {
            name_check(lint, line, &wanted);
        }
    }
}

/* As judge_name: a line of the main server is checked against the rules of all servers. */
static cc_line_state_t judge_strength(cc_lint_t *lint, const cc_conf_view_t *view,
                                      const cc_place_t *place, const void *baton)
{
    const cc_strength_t *least = baton;

    bool main = place->view->server == lint->server;

    return cc_lint_strongest(lint, main ? NULL : view).strength >= *least ? CC_LINE_FINE
                                                                          : CC_LINE_FAULT;
}

static void strength_check(cc_lint_t *lint, const cc_line_t *line, const char *word)
{
    const cc_conf_view_t *culprit = cc_lint_culprit(lint, line, judge_rules, NULL);
    cc_strength_t least;
    cc_strongest_t most;

    if (culprit) {
        no_rules_add(lint, line);
        return;
    }
    if (!cc_authz_strength_find(&least, word) ||
        !(culprit = cc_lint_culprit(lint, line, judge_strength, &least))) {
        return;
    }
    most = cc_lint_strongest(lint, is_of_main(lint, line) ? NULL : culprit);
    if (most.where) {
        cc_lint_add(lint, "CC0707", line->where,
                    "this is never met: no rule that can be in effect here gives a %s user. The "
                    "strongest is at %s, which is %s",
                    cc_strength_words[least], most.where, cc_strength_words[most.strength]);
    } else {
        cc_lint_add(lint, "CC0707", line->where,
                    "this is never met: no rule that can be in effect here gives a user");
    }
}

/* The texts of conditions, which mislead in a negated Require too. Tables are not known here. */
static void conditions_check(cc_lint_t *lint, const cc_line_t *line, const char *conditions)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, lint->pool);

    if (cc_rules_add_conditions(rules, conditions, line->where, NULL) == APR_SUCCESS) {
        apr_array_cat(lint->findings, cc_rules_lint_texts(rules, lint->pool));
    }
}

/* A negated Require that never matches denies no request, which may be intended. */
void cc_lint_require(cc_lint_t *lint, const cc_line_t *line)
{
    const ap_directive_t *directive = cc_line_directive(line);
    const char *args = directive->args;
    const char *provider = ap_getword_conf(lint->pool, &args);

    if (!strcasecmp(provider, "not")) {
        provider = ap_getword_conf(lint->pool, &args);
    }
    cc_lint_verify_condition(lint, line);
    if (!strcmp(provider, "expr")) {
        cc_lint_require_expr(lint, line, args);
        return;
    }
    if (!strcmp(provider, "env")) {
        cc_lint_require_env(lint, line, args);
        return;
    }
    if (!strcasecmp(provider, "clientcert")) {
        conditions_check(lint, line, args);
    }
    if (strncasecmp(provider, "clientcert", 10) != 0 || cc_authz_negated(directive, lint->pool)) {
        return;
    }
    cc_lint_asked(lint, line);
    if (!strcasecmp(provider, "clientcert-user")) {
        names_check(lint, line, args, cc_reachable_user);
    } else if (!strcasecmp(provider, "clientcert-group")) {
        names_check(lint, line, args, cc_reachable_group);
    } else if (!strcasecmp(provider, "clientcert-strength")) {
        strength_check(lint, line, ap_getword_conf(lint->pool, &args));
    } else if (!strcasecmp(provider, "clientcert-same-user")) {
        names_check(lint, line, "", cc_reachable_user);
        cc_lint_same_user(lint, line);
    }
}
