/* SPDX-License-Identifier: Apache-2.0 */
/* Finds access control by variables of this module that are never set. */
#include <apr_lib.h>
#include <apr_strings.h>

#include "base/text.h"
#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/conf/module.h"
#include "httpd/conf/view.h"

#define PREFIX "CLIENTCERT_"
#define PREFIX_LEN (sizeof(PREFIX) - 1)

static void exports_note(apr_hash_t *exports, const ap_directive_t *directive, apr_pool_t *p)
{
    const char *words = directive->args;
    const char *word;

    while (*(word = ap_getword_conf(p, &words))) {
        apr_hash_set(exports, apr_pstrndup(p, word, strcspn(word, "=")), APR_HASH_KEY_STRING, "");
    }
}

/* All names that a ClientCertExport of any server sets, and the default ones if there are rules. */
static apr_hash_t *exports_of(cc_lint_t *lint)
{
    if (lint->exports) {
        return lint->exports;
    }
    lint->exports = apr_hash_make(lint->pool);
    for (int i = 0; i < lint->views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *);

        for (int j = 0; j < view->places->nelts; j++) {
            const cc_place_t *place = &APR_ARRAY_IDX(view->places, j, cc_place_t);

            if (!strcasecmp(place->directive->directive, "ClientCertExport")) {
                exports_note(lint->exports, place->directive, lint->pool);
            }
        }
    }
    if (lint->rulesets->nelts > 0) {
        apr_hash_set(lint->exports, "USER", APR_HASH_KEY_STRING, "");
        apr_hash_set(lint->exports, "GROUPS", APR_HASH_KEY_STRING, "");
    }
    return lint->exports;
}

/* Names of variables are case-insensitive here. */
static void variable_check(cc_lint_t *lint, const cc_line_t *line, const char *variable)
{
    char *name;
    const char *shown;

    if (strncasecmp(variable, PREFIX, PREFIX_LEN) != 0) {
        return;
    }
    name = apr_pstrdup(lint->pool, variable + PREFIX_LEN);
    for (char *c = name; *c; c++) {
        *c = apr_toupper(*c);
    }
    if (!apr_hash_get(exports_of(lint), name, APR_HASH_KEY_STRING)) {
        shown = cc_text_escape(name, strlen(name), lint->pool);
        cc_lint_add(lint, "CC0738", line->where,
                    "no ClientCertExport sets " PREFIX "%s, so it is never set: add %s to "
                    "ClientCertExport, or use \"Require clientcert\" with a condition",
                    shown, shown);
    }
}

void cc_lint_require_env(cc_lint_t *lint, const cc_line_t *line, const char *variables)
{
    const char *variable;

    while (*(variable = ap_getword_conf(lint->pool, &variables))) {
        variable_check(lint, line, variable);
    }
}

/* Allow from env=NAME, and Deny. */
void cc_lint_allow(cc_lint_t *lint, const cc_line_t *line)
{
    const char *words = cc_line_directive(line)->args;
    const char *word;

    while (*(word = ap_getword_conf(lint->pool, &words))) {
        if (!strncasecmp(word, "env=", 4)) {
            variable_check(lint, line, word + 4 + (word[4] == '!'));
        }
    }
}
