/* SPDX-License-Identifier: Apache-2.0 */
/* Answers queries about a configuration as a whole: its rules, and its mistakes. */
#include <apr_strings.h>

#include "httpd/admin/lint.h"
#include "httpd/admin/query.h"
#include "httpd/admin/rules.h"
#include "httpd/admin/vhost.h"
#include "httpd/background/ca_precheck.h"
#include "httpd/background/crl_precheck.h"
#include "httpd/conf/mapping_tests.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/view.h"
#include "httpd/status/verdict_json.h"
#include "rules/rules.h"

/* ---- rules --------------------------------------------------------------------------------- */

/* The servers in which a rule set can be in effect. */
static json_t *vhosts_of(const cc_ruleset_t *ruleset, const cc_admin_query_t *q)
{
    const apr_array_header_t *views = cc_conf_views_of(q->main);
    json_t *hosts = json_array();

    for (int i = 0; i < views->nelts; i++) {
        const server_rec *s = APR_ARRAY_IDX(views, i, const cc_conf_view_t *)->server;

        if (cc_vhost_serves(ruleset, s)) {
            json_array_append_new(hosts, cc_json_string(cc_vhost_name(s, q->pool), q->pool));
        }
    }
    return hosts;
}

static json_t *ruleset_of(const cc_ruleset_t *ruleset, const cc_admin_query_t *q)
{
    apr_pool_t *p = q->pool;
    json_t *rules = json_array();

    for (int i = 0; i < cc_rules_count(ruleset->rules); i++) {
        json_array_append_new(
            rules,
            json_pack(
                "{s:o, s:o, s:o}", "rule", cc_json_string(cc_rules_where(ruleset->rules, i), p),
                "text", cc_json_string(cc_rules_text(ruleset->rules, i, p), p), "strength",
                cc_json_string(cc_strength_words[cc_rules_strength_at(ruleset->rules, i)], p)));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "server",
                     cc_json_string(cc_vhost_name(ruleset->server, p), p), "section",
                     cc_json_string(ruleset->section, p), "hosts", vhosts_of(ruleset, q), "rules",
                     rules);
}

json_t *cc_admin_rules(cc_admin_query_t *q)
{
    const apr_array_header_t *rulesets = cc_rulesets_of(q->main);
    const server_rec *only = NULL;
    const char *reason;
    json_t *answer;

    if (q->vhost && !(only = cc_vhost_choose(q, &reason))) {
        return NULL;
    }
    answer = json_array();
    for (int i = 0; i < rulesets->nelts; i++) {
        const cc_ruleset_t *ruleset = &APR_ARRAY_IDX(rulesets, i, cc_ruleset_t);

        if (!only || cc_vhost_serves(ruleset, only)) {
            json_array_append_new(answer, ruleset_of(ruleset, q));
        }
    }
    return json_pack("{s:o}", "scopes", answer);
}

/* ---- check --------------------------------------------------------------------------------- */

static void finding_add(json_t *findings, const char *tag, const char *where, const char *text,
                        apr_pool_t *p)
{
    json_array_append_new(findings,
                          json_pack("{s:s, s:o, s:o}", "tag", tag, "where",
                                    cc_json_string(where, p), "text", cc_json_string(text, p)));
}

/* Faults of CAs, which prevent a start. */
static void cas_add(json_t *findings, const cc_admin_query_t *q)
{
    const apr_array_header_t *faults = cc_ca_precheck_faults(q->main, q->pool);

    for (int i = 0; i < faults->nelts; i++) {
        const cc_error_t *err = &APR_ARRAY_IDX(faults, i, cc_ca_fault_t).err;
        const char *text = err->word
                               ? apr_pstrcat(q->pool, "\"", err->word, "\": ", err->message, NULL)
                               : err->message;

        finding_add(findings, err->tag, err->where, text, q->pool);
    }
}

/* Faults of CRLs, which prevent a start or are logged as warnings. */
static void crls_add(json_t *findings, const cc_admin_query_t *q)
{
    const apr_array_header_t *faults = cc_crl_precheck_faults(q->main, q->pool);

    for (int i = 0; i < faults->nelts; i++) {
        const cc_crl_fault_t *fault = &APR_ARRAY_IDX(faults, i, cc_crl_fault_t);

        finding_add(findings, fault->tag, fault->where, fault->text, q->pool);
    }
}

static json_t *findings_of(const cc_admin_query_t *q)
{
    const apr_array_header_t *notes = cc_lint_findings(q->main, q->pool);
    json_t *findings = json_array();

    for (int i = 0; i < notes->nelts; i++) {
        const cc_note_t *note = &APR_ARRAY_IDX(notes, i, cc_note_t);

        finding_add(findings, note->tag, note->where, note->text, q->pool);
    }
    cas_add(findings, q);
    crls_add(findings, q);
    return findings;
}

static json_t *test_of(const cc_tested_t *tested, apr_pool_t *p)
{
    return json_pack("{s:o, s:o, s:b, s:o, s:o, s:o}", "where", cc_json_string(tested->where, p),
                     "file", cc_json_string(tested->file, p), "passed", tested->passed, "expected",
                     cc_json_string(tested->expected, p), "got", cc_json_string(tested->got, p),
                     "trace", cc_json_trace_rules(tested->trace, tested->rules, p));
}

json_t *cc_admin_check(cc_admin_query_t *q)
{
    const apr_array_header_t *all = cc_mapping_tests_run(q->main, q->pool);
    json_t *tests = json_array();

    for (int i = 0; i < all->nelts; i++) {
        json_array_append_new(tests, test_of(&APR_ARRAY_IDX(all, i, cc_tested_t), q->pool));
    }
    return json_pack("{s:o, s:o}", "findings", findings_of(q), "tests", tests);
}
