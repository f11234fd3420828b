/* SPDX-License-Identifier: Apache-2.0 */
/* Finds ClientCertAccount without rules that give accounts, and such rules without any use. */
#include <string.h>

#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/view.h"
#include "rules/rules.h"

/* The servers with rules that give accounts. */
static apr_hash_t *givers_of(const cc_lint_t *lint)
{
    apr_hash_t *givers = apr_hash_make(lint->pool);

    for (int i = 0; i < lint->rulesets->nelts; i++) {
        const cc_ruleset_t *ruleset = &APR_ARRAY_IDX(lint->rulesets, i, cc_ruleset_t);

        if (cc_rules_account_where(ruleset->rules)) {
            apr_hash_set(givers, &ruleset->server, sizeof(ruleset->server), ruleset);
        }
    }
    return givers;
}

static bool asks(const ap_directive_t *directive)
{
    return !strcasecmp(directive->directive, "ClientCertAccount") &&
           strcmp(directive->args, "\"\"") != 0;
}

/* Rules of the main server may be in effect in all servers, and its lines are. */
static bool may_give(const cc_lint_t *lint, apr_hash_t *givers, const cc_conf_view_t *view)
{
    if (view->server == lint->server) {
        return apr_hash_count(givers) > 0;
    }
    return apr_hash_get(givers, &view->server, sizeof(view->server)) ||
           apr_hash_get(givers, &lint->server, sizeof(lint->server));
}

static void place_check(cc_lint_t *lint, apr_hash_t *givers, const cc_place_t *place)
{
    if (!may_give(lint, givers, place->view)) {
        cc_lint_add(lint, "CC0713", cc_directive_where(place->directive, lint->pool),
                    "no rule in effect here has account=, so every request that asks for another "
                    "account than its user is refused; add account= to a ClientCertMap, or remove "
                    "this line");
    }
}

/* Besides clients, applications and conditions may use accounts. */
static bool uses(const ap_directive_t *directive)
{
    static const char *const names[] = {"clientcert:account", "clientcert('account",
                                        "clientcert(\"account", "clientcert(\\\"account",
                                        "clientcert-same-user"};

    if (!strcasecmp(directive->directive, "ClientCertExport")) {
        return ap_strcasestr(directive->args, "account") != NULL;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (ap_strcasestr(directive->args, names[i])) {
            return true;
        }
    }
    return asks(directive);
}

static void unused_note(cc_lint_t *lint)
{
    for (int i = 0; i < lint->rulesets->nelts; i++) {
        const char *where =
            cc_rules_account_where(APR_ARRAY_IDX(lint->rulesets, i, cc_ruleset_t).rules);

        if (where) {
            cc_lint_add(lint, "CC0714", where,
                        "account= has no effect, since no ClientCertAccount lets a client choose "
                        "an account; add one, or remove account=");
        }
    }
}

void cc_lint_accounts(cc_lint_t *lint)
{
    apr_hash_t *givers = givers_of(lint);
    bool used = false;

    for (int i = 0; i < lint->views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *);

        for (int j = 0; j < view->places->nelts; j++) {
            const cc_place_t *place = &APR_ARRAY_IDX(view->places, j, cc_place_t);

            used = used || uses(place->directive);
            if (asks(place->directive)) {
                place_check(lint, givers, place);
            }
        }
    }
    if (!used) {
        unused_note(lint);
    }
}
