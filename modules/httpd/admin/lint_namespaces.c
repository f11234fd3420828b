/* SPDX-License-Identifier: Apache-2.0 */
/* Finds likely mistakes in ClientCertNamespace, and rules whose names it does not allow. */
#include <apr_hash.h>
#include <apr_strings.h>

#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "rules/namespace.h"
#include "rules/rules.h"

/* A list of the main server is in effect in many hosts, and is judged once for each kind of CAs. */
static void lines_lint(cc_lint_t *lint, const cc_conf_view_t *view, apr_hash_t *judged)
{
    const cc_namespaces_t *namespaces = cc_vhost_conf_of(view->server)->namespaces;
    cc_issuers_t issuers;
    const char *key;

    if (!namespaces) {
        return;
    }
    issuers = cc_lint_issuers_of(lint, view);
    key = apr_psprintf(lint->pool, "%pp %d", (const void *)namespaces, issuers);
    if (!apr_hash_get(judged, key, APR_HASH_KEY_STRING)) {
        apr_hash_set(judged, key, APR_HASH_KEY_STRING, key);
        apr_array_cat(lint->findings, cc_namespaces_lint(namespaces, issuers, lint->pool));
    }
}

/* The rules of the main server may be in effect in any host, whose lines may allow other names. */
static void rules_lint(cc_lint_t *lint, const cc_ruleset_t *ruleset, bool all_alike)
{
    const cc_namespaces_t *namespaces = cc_vhost_conf_of(ruleset->server)->namespaces;

    if (namespaces && (all_alike || ruleset->server != lint->server)) {
        apr_array_cat(lint->findings,
                      cc_namespaces_lint_rules(namespaces, ruleset->rules, lint->pool));
    }
}

void cc_lint_namespaces(cc_lint_t *lint)
{
    const cc_namespaces_t *usual = cc_vhost_conf_of(lint->server)->namespaces;
    apr_hash_t *judged = apr_hash_make(lint->pool);
    bool all_alike = true;

    for (int i = 0; i < lint->views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *);

        all_alike = all_alike && cc_vhost_conf_of(view->server)->namespaces == usual;
        lines_lint(lint, view, judged);
    }
    for (int i = 0; i < lint->rulesets->nelts; i++) {
        rules_lint(lint, &APR_ARRAY_IDX(lint->rulesets, i, const cc_ruleset_t), all_alike);
    }
}
