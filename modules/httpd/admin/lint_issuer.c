/* SPDX-License-Identifier: Apache-2.0 */
/* Finds rules that name a trusted CA in the other order, as openssl prints names. */
#include <apr_hash.h>
#include <apr_strings.h>

#include "cert/cert.h"
#include "httpd/admin/lint_checks.h"
#include "httpd/admin/lint_line.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/view.h"
#include "rules/rules.h"
#include "trust/survey.h"
#include "trust/trust.h"

/* The CAs that the rules of one server may meet. */
typedef struct cc_met_t {
    apr_hash_t *names;   /* keys of names */
    apr_hash_t *surveys; /* those that are in `names` */
} cc_met_t;

static cc_met_t *met_of(cc_lint_t *lint, apr_hash_t *met, const server_rec *s)
{
    cc_met_t *found = apr_hash_get(met, &s, sizeof(s));

    if (!found) {
        found = apr_palloc(lint->pool, sizeof(*found));
        found->names = apr_hash_make(lint->pool);
        found->surveys = apr_hash_make(lint->pool);
        apr_hash_set(met, apr_pmemdup(lint->pool, &s, sizeof(s)), sizeof(s), found);
    }
    return found;
}

static void name_add(cc_lint_t *lint, cc_met_t *met, const cc_surveyed_t *ca)
{
    cc_fieldref_t issuer;
    cc_value_t name;

    if (ca->subject && cc_field_find(&issuer, "issuer", lint->pool, NULL) == APR_SUCCESS &&
        cc_field_operand(&name, &issuer, ca->subject, lint->pool, NULL) == APR_SUCCESS) {
        apr_hash_set(met->names, name.key, (apr_ssize_t)name.key_len, ca);
    }
}

/* Servers with the same CAs have the same survey, which is added once. */
static void survey_add(cc_lint_t *lint, cc_met_t *met, const apr_array_header_t *survey)
{
    if (!survey || apr_hash_get(met->surveys, &survey, sizeof(survey))) {
        return;
    }
    apr_hash_set(met->surveys, apr_pmemdup(lint->pool, &survey, sizeof(survey)), sizeof(survey),
                 survey);
    for (int i = 0; i < survey->nelts; i++) {
        name_add(lint, met, &APR_ARRAY_IDX(survey, i, cc_surveyed_t));
    }
}

/* The rules of the main server may meet the CAs of each server. */
void cc_lint_issuers(cc_lint_t *lint)
{
    apr_hash_t *met = apr_hash_make(lint->pool);

    for (int i = 0; i < lint->views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(lint->views, i, const cc_conf_view_t *);
        const apr_array_header_t *survey = cc_lint_survey(lint, view);

        survey_add(lint, met_of(lint, met, view->server), survey);
        survey_add(lint, met_of(lint, met, lint->server), survey);
    }
    for (int i = 0; i < lint->judged->nelts; i++) {
        const cc_ruleset_t *ruleset = &APR_ARRAY_IDX(lint->judged, i, cc_ruleset_t);
        apr_hash_t *names = met_of(lint, met, ruleset->server)->names;

        apr_array_cat(lint->findings, cc_rules_lint_issuers(ruleset->rules, names, lint->pool));
    }
}
