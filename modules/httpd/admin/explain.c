/* SPDX-License-Identifier: Apache-2.0 */
/* Explains one certificate: whether it would verify, which identity it gives, and why. */
#include <limits.h>
#include <string.h>

#include <apr_lib.h>
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

/* So many rules that do not hold are listed, unless all are asked for. */
#define OTHERS_MAX 10

/* What is the same for all certificates. */
typedef struct explainer_t {
    server_rec *server;
    const char *reason; /* why this server */
    const char *path;
    int others; /* so many rules that do not hold are listed */
    cc_judge_t judge;
    cc_effect_t effect;
    apr_array_header_t *notes; /* const char * */
} explainer_t;

/* What is known of one. */
typedef struct explained_t {
    const explainer_t *by;
    const char *problem; /* as cc_judge_certificate has it */
    cc_seal_t seal;
    const cc_cert_t *cert;
    cc_facts_t facts;
    const cc_verdict_t *verdict; /* NULL: no rules are in effect */
    cc_trace_t trace;
} explained_t;

/* ---- evaluating ---------------------------------------------------------------------------- */

static void evaluate(explained_t *it, apr_pool_t *p)
{
    const cc_rules_t *rules = it->by->effect.dir->rules;
    const cc_seal_t *seal = &it->seal;

    it->facts.now = apr_time_now();
    it->facts.ca_sha256 = seal->ca_known ? seal->ca_sha256 : NULL;
    it->facts.ca_spki_sha256 = seal->ca_known ? seal->ca_spki_sha256 : NULL;
    it->trace =
        (cc_trace_t){.steps = apr_array_make(p, 8, sizeof(cc_step_t)), .max = it->by->others};
    if (rules) {
        it->verdict = cc_rules_explain(rules, it->cert, &it->facts, &it->trace, p, p);
    }
}

/* A certificate that does not verify is nobody, whatever the rules would say. */
static const char *result_of(const explained_t *it)
{
    if (it->problem || it->by->effect.status != OK) {
        return "rejected";
    }
    return it->verdict ? cc_verdict_word(it->verdict) : "unmapped";
}

/* ---- notes --------------------------------------------------------------------------------- */

static void note_add(explainer_t *it, const char *text)
{
    APR_ARRAY_PUSH(it->notes, const char *) = text;
}

/* The sections of this server with rules; `condition`: those that only a request decides. */
static const char *sections_of(const explainer_t *it, const cc_admin_query_t *q, bool condition)
{
    const apr_array_header_t *rulesets = cc_rulesets_of(q->main);
    const char *sections = NULL;

    for (int i = 0; i < rulesets->nelts; i++) {
        const cc_ruleset_t *ruleset = &APR_ARRAY_IDX(rulesets, i, cc_ruleset_t);

        if (!ruleset->section || !cc_vhost_serves(ruleset, it->server)) {
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

static void section_notes(explainer_t *it, const cc_admin_query_t *q)
{
    const char *sections = sections_of(it, q, q->path != NULL);

    if (sections) {
        note_add(it, apr_pstrcat(q->pool,
                                 q->path ? "judged for a GET without further headers; by "
                                           "conditions of requests these have rules of their "
                                           "own: "
                                         : "these sections have rules of their own, which "
                                           "--path asks for: ",
                                 sections, NULL));
    }
}

static void effect_notes(explainer_t *it, const cc_admin_query_t *q)
{
    if (it->effect.status != OK) {
        note_add(it, apr_psprintf(q->pool,
                                  "httpd answers this path with %d before it asks who "
                                  "the client is",
                                  it->effect.status));
    }
    section_notes(it, q);
    if (!it->effect.dir->rules) {
        note_add(it, "no ClientCertMap is in effect here");
    }
    if (it->effect.dir->auth == 0) {
        note_add(it, "ClientCertAuth is Off here: the user does not become REMOTE_USER");
    }
    if (it->effect.dir->rules && cc_rules_ask_connection(it->effect.dir->rules)) {
        note_add(it, "fields of the connection (tls.version, tls.cipher, tls.sni, tls.resumed) "
                     "have no value here: only a connection has them");
    }
}

void *cc_explain_prepare(cc_admin_query_t *q)
{
    explainer_t *it = apr_pcalloc(q->pool, sizeof(*it));

    it->server = cc_vhost_choose(q, &it->reason);
    if (!it->server || cc_judge_make(&it->judge, cc_conf_view_of(q->main, it->server),
                                     q->own_sources, q->pool, &q->err) != APR_SUCCESS) {
        return NULL;
    }
    it->path = q->path;
    it->others = q->all ? INT_MAX : OTHERS_MAX;
    it->effect = cc_dry_run(q, it->server);
    it->notes = apr_array_copy(q->pool, it->judge.unseen);
    effect_notes(it, q);
    return it;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static json_t *ruleset_of(const explainer_t *it, apr_pool_t *p)
{
    const cc_ruleset_t *ruleset = it->effect.ruleset;

    if (!ruleset) {
        return json_null();
    }
    return json_pack("{s:o, s:o}", "server", cc_json_string(cc_vhost_name(ruleset->server, p), p),
                     "section", cc_json_string(ruleset->section, p));
}

static json_t *verification_of(const explained_t *it, apr_pool_t *p)
{
    return json_pack("{s:b, s:o}", "verified", it->problem == NULL, "reason",
                     cc_json_string(it->problem, p));
}

static json_t *notes_of(const explainer_t *it, apr_pool_t *p)
{
    json_t *notes = json_array();

    for (int i = 0; i < it->notes->nelts; i++) {
        json_array_append_new(notes, cc_json_string(APR_ARRAY_IDX(it->notes, i, const char *), p));
    }
    return notes;
}

json_t *cc_explain_certificate(const void *prepared, const cc_presented_t *presented)
{
    const explainer_t *by = prepared;
    explained_t it = {.by = by, .cert = presented->cert};
    apr_pool_t *p = presented->pool;

    it.problem = cc_judge_certificate(&it.seal, &by->judge, presented->path, presented->pool);
    evaluate(&it, p);
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o}", "result",
                     result_of(&it), "verification", verification_of(&it, p), "host",
                     cc_vhost_json(by->server, by->reason, p), "path", cc_json_string(by->path, p),
                     "filename", cc_json_string(by->effect.filename, p), "scope", ruleset_of(by, p),
                     "verdict", it.verdict ? cc_json_verdict(it.verdict, p) : json_null(), "trace",
                     cc_json_trace_rules(it.trace.steps, by->effect.dir->rules, p), "rest",
                     it.trace.rest, "notes", notes_of(by, p), "certificate",
                     cc_json_fields(it.cert, &it.facts, p));
}
