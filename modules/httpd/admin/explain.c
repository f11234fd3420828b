/* SPDX-License-Identifier: Apache-2.0 */
/* Explains one certificate: whether it would verify, which identity it gives, and why. */
#include <limits.h>
#include <string.h>

#include <apr_strings.h>

#include "cert/cert.h"
#include "httpd/admin/dry_run.h"
#include "httpd/admin/explain.h"
#include "httpd/admin/query.h"
#include "httpd/admin/vhost.h"
#include "httpd/conf/judge.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/view.h"
#include "httpd/status/verdict_json.h"
#include "rules/rules.h"
#include "trust/trust.h"

/* How many rules that do not match are listed, unless the query wants all. */
#define OTHERS_MAX 10

/* Shared by all certificates of a query. */
typedef struct explain_common_t {
    server_rec *server;
    const char *reason; /* why this server was chosen */
    const char *path;
    int others; /* how many rules that do not match are listed */
    cc_judge_t judge;
    cc_effect_t effect;
    apr_array_header_t *notes; /* const char * */
} explain_common_t;

/* One certificate. */
typedef struct explained_t {
    const explain_common_t *common;
    const char *problem; /* as from cc_judge_certificate */
    cc_seal_t seal;
    const cc_cert_t *cert;
    cc_facts_t facts;
    const cc_verdict_t *verdict; /* NULL: no rules are in effect */
    cc_trace_t trace;
} explained_t;

/* ---- evaluating ---------------------------------------------------------------------------- */

static void evaluate(explained_t *one, apr_pool_t *p)
{
    const cc_rules_t *rules = one->common->effect.dir->rules;
    const cc_seal_t *seal = &one->seal;

    one->facts.now = apr_time_now();
    one->facts.ca_sha256 = seal->ca_known ? seal->ca_sha256 : NULL;
    one->facts.ca_spki_sha256 = seal->ca_known ? seal->ca_spki_sha256 : NULL;
    one->trace =
        (cc_trace_t){.steps = apr_array_make(p, 8, sizeof(cc_step_t)), .max = one->common->others};
    if (rules) {
        one->verdict = cc_rules_explain(rules, one->cert, &one->facts, &one->trace, p, p);
        cc_trace_hint(one->trace.steps, rules, one->cert, &one->facts, true);
    }
}

/* A certificate that does not verify gives no identity, whatever the rules would say. */
static const char *result_of(const explained_t *one)
{
    if (one->problem || one->common->effect.status != OK) {
        return "rejected";
    }
    return one->verdict ? cc_verdict_word(one->verdict) : "unmapped";
}

/* ---- notes --------------------------------------------------------------------------------- */

static void note_add(explain_common_t *common, const char *text)
{
    APR_ARRAY_PUSH(common->notes, const char *) = text;
}

/* The sections of this server with rules; `condition`: only <If>, <ElseIf> and <Else>. */
static const char *sections_of(const explain_common_t *common, const cc_admin_query_t *q,
                               bool condition)
{
    const apr_array_header_t *rulesets = cc_rulesets_of(q->main);
    const char *sections = NULL;

    for (int i = 0; i < rulesets->nelts; i++) {
        const cc_ruleset_t *ruleset = &APR_ARRAY_IDX(rulesets, i, cc_ruleset_t);

        if (!ruleset->section || !cc_vhost_serves(ruleset, common->server)) {
            continue;
        }
        if (!condition || !strncmp(ruleset->section, "<If", 3) ||
            !strncmp(ruleset->section, "<Else", 5)) {
            sections = apr_pstrcat(q->pool, sections ? sections : "", sections ? ", " : "",
                                   ruleset->section, NULL);
        }
    }
    return sections;
}

static void section_notes(explain_common_t *common, const cc_admin_query_t *q)
{
    const char *sections = sections_of(common, q, q->path != NULL);

    if (sections) {
        note_add(common, apr_pstrcat(q->pool,
                                     q->path ? "this is the result for a GET without further "
                                               "headers; other requests may also meet the rules "
                                               "of: "
                                             : "these sections have their own rules; use --path "
                                               "to apply them: ",
                                     sections, NULL));
    }
}

static void effect_notes(explain_common_t *common, const cc_admin_query_t *q)
{
    if (common->effect.status != OK) {
        note_add(common, apr_psprintf(q->pool,
                                      "httpd answers this path with %d before the client is "
                                      "identified",
                                      common->effect.status));
    }
    section_notes(common, q);
    if (!common->effect.dir->rules) {
        note_add(common, "no ClientCertMap is in effect here");
    }
    if (common->effect.dir->auth == 0) {
        note_add(common, "ClientCertAuth is Off here: the mapped user does not become REMOTE_USER");
    }
    if (common->effect.dir->rules && cc_rules_ask_connection(common->effect.dir->rules)) {
        note_add(common,
                 "the fields of a connection (tls.version, tls.cipher, tls.sni, tls.resumed) "
                 "have no value here");
    }
}

void *cc_explain_prepare(cc_admin_query_t *q)
{
    explain_common_t *common = apr_pcalloc(q->pool, sizeof(*common));

    common->server = cc_vhost_choose(q, &common->reason);
    if (!common->server || cc_judge_make(&common->judge, cc_conf_view_of(q->main, common->server),
                                         q->own_sources, q->pool, &q->err) != APR_SUCCESS) {
        return NULL;
    }
    common->path = q->path;
    common->others = q->all ? INT_MAX : OTHERS_MAX;
    common->effect = cc_dry_run(q, common->server);
    common->notes = apr_array_copy(q->pool, common->judge.unseen);
    effect_notes(common, q);
    return common;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static json_t *ruleset_of(const explain_common_t *common, apr_pool_t *p)
{
    const cc_ruleset_t *ruleset = common->effect.ruleset;

    if (!ruleset) {
        return json_null();
    }
    return json_pack("{s:o, s:o}", "server", cc_json_string(cc_vhost_name(ruleset->server, p), p),
                     "section", cc_json_string(ruleset->section, p));
}

static json_t *verification_of(const explained_t *one, apr_pool_t *p)
{
    return json_pack("{s:b, s:o}", "verified", one->problem == NULL, "reason",
                     cc_json_string(one->problem, p));
}

json_t *cc_explain_certificate(const void *prepared, const cc_presented_t *presented)
{
    const explain_common_t *common = prepared;
    explained_t one = {.common = common, .cert = presented->cert};
    apr_pool_t *p = presented->pool;

    one.problem = cc_judge_certificate(&one.seal, &common->judge, presented->path, presented->pool);
    evaluate(&one, p);
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o}", "result",
                     result_of(&one), "verification", verification_of(&one, p), "host",
                     cc_vhost_json(common->server, common->reason, p), "path",
                     cc_json_string(common->path, p), "filename",
                     cc_json_string(common->effect.filename, p), "scope", ruleset_of(common, p),
                     "verdict", one.verdict ? cc_json_verdict(one.verdict, p) : json_null(),
                     "trace", cc_json_trace_rules(one.trace.steps, common->effect.dir->rules, p),
                     "rest", one.trace.rest, "notes", cc_json_strings(common->notes, p),
                     "certificate", cc_json_fields(one.cert, &one.facts, p));
}
