/* SPDX-License-Identifier: Apache-2.0 */
/* Marks the findings about rules of ClientCertMapShadow, which decide nothing. */
#include <apr_hash.h>
#include <apr_strings.h>

#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/conf/rulesets.h"
#include "rules/rules.h"

/* The places of all shadow rules. */
static apr_hash_t *places_of(cc_lint_t *lint)
{
    const apr_array_header_t *shadows = cc_rulesets_shadow_of(lint->server);
    apr_hash_t *places = apr_hash_make(lint->pool);

    for (int i = 0; i < shadows->nelts; i++) {
        const cc_rules_t *rules = APR_ARRAY_IDX(shadows, i, cc_ruleset_t).rules;

        for (int j = 0; j < cc_rules_count(rules); j++) {
            const char *where = cc_rules_where(rules, j);

            apr_hash_set(places, where, APR_HASH_KEY_STRING, where);
        }
    }
    return places;
}

void cc_lint_shadows(cc_lint_t *lint)
{
    apr_hash_t *places = places_of(lint);

    for (int i = 0; i < lint->findings->nelts; i++) {
        cc_note_t *note = &APR_ARRAY_IDX(lint->findings, i, cc_note_t);

        if (apr_hash_get(places, note->where, APR_HASH_KEY_STRING)) {
            note->text = apr_pstrcat(lint->pool, "a shadow rule: ", note->text, NULL);
        }
    }
}
