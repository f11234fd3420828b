/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what is told of one certificate: whether it would verify, who it would be, and why. */
#include "httpd/question/question.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "httpd/status/report.h"

/* What is known when the question is answered. */
typedef struct explained_t {
    server_rec *server;
    const char *why; /* this server */
    cc_judgement_t judgement;
    cc_effect_t effect;
    const cc_cert_t *cert;
    cc_facts_t facts;
    const cc_verdict_t *verdict; /* NULL: no rules are in effect */
    apr_array_header_t *trace;
} explained_t;

/* ---- finding out --------------------------------------------------------------------------- */

static void evaluate(explained_t *it, apr_pool_t *p)
{
    const cc_rules_t *rules = it->effect.dir->rules;
    const cc_seal_t *seal = &it->judgement.seal;

    it->facts.now = apr_time_now();
    it->facts.ca_sha256 = seal->ca_known ? seal->ca_sha256 : NULL;
    it->facts.ca_spki_sha256 = seal->ca_known ? seal->ca_spki_sha256 : NULL;
    it->trace = apr_array_make(p, 8, sizeof(cc_step_t));
    if (rules) {
        it->verdict = cc_rules_evaluate(rules, it->cert, &it->facts, it->trace, p, p);
    }
}

static apr_status_t find_out(explained_t *it, cc_question_t *q)
{
    cc_cert_t *cert = NULL;
    apr_status_t status;

    it->server = cc_host_choose(q, &it->why);
    if (!it->server) {
        return APR_EINVAL;
    }
    status = cc_cert_read(&cert, NULL, q->certificate, NULL, NULL, q->pool, &q->err);
    if (status == APR_SUCCESS) {
        status = cc_question_judge(&it->judgement, q, it->server);
    }
    if (status == APR_SUCCESS) {
        it->cert = cert;
        it->effect = cc_question_effect(q, it->server);
        evaluate(it, q->pool);
    }
    return status;
}

/* A certificate that does not verify is nobody, whatever the rules would say. */
static const char *result_of(const explained_t *it)
{
    if (it->judgement.problem || it->effect.status != OK) {
        return "rejected";
    }
    return it->verdict ? cc_verdict_result(it->verdict) : "unmapped";
}

/* ---- notes --------------------------------------------------------------------------------- */

static void note_add(json_t *notes, const char *text, apr_pool_t *p)
{
    json_array_append_new(notes, cc_report_text(text, strlen(text), p));
}

/* True if a rule names a field of the connection: "tls." where a word begins. */
static bool asks_connection(const cc_rules_t *rules, apr_pool_t *p)
{
    for (int i = 0; rules && i < cc_rules_count(rules); i++) {
        const char *text = cc_rules_text(rules, i, p);

        for (const char *at = strstr(text, "tls."); at; at = strstr(at + 1, "tls.")) {
            if (at == text || at[-1] == ' ' || at[-1] == '{') {
                return true;
            }
        }
    }
    return false;
}

/* The sections of this server with rules; `condition`: those that only a request decides. */
static const char *sections_of(const explained_t *it, const cc_question_t *q, bool condition)
{
    const apr_array_header_t *scopes = cc_scopes_of(q->main);
    const char *sections = NULL;

    for (int i = 0; i < scopes->nelts; i++) {
        const cc_scope_t *scope = &APR_ARRAY_IDX(scopes, i, cc_scope_t);

        if (!scope->section || !cc_host_serves(scope, it->server)) {
            continue;
        }
        if (!condition || !strncmp(scope->section, "<If", 3) ||
            !strncmp(scope->section, "<Else", 5)) {
            sections = apr_pstrcat(q->pool, sections ? sections : "", sections ? ", " : "",
                                   scope->section, NULL);
        }
    }
    return sections;
}

static void effect_notes(json_t *notes, const explained_t *it, const cc_question_t *q)
{
    const char *sections = sections_of(it, q, q->path != NULL);

    if (it->effect.status != OK) {
        note_add(notes,
                 apr_psprintf(q->pool,
                              "httpd answers this path with %d before it asks who "
                              "the client is",
                              it->effect.status),
                 q->pool);
    }
    if (sections && q->path) {
        note_add(notes,
                 apr_psprintf(q->pool,
                              "judged for a GET without further headers; by "
                              "conditions of requests these have rules of their "
                              "own: %s",
                              sections),
                 q->pool);
    } else if (sections) {
        note_add(notes,
                 apr_psprintf(q->pool,
                              "these sections have rules of their own, which "
                              "--path asks for: %s",
                              sections),
                 q->pool);
    }
    if (!it->effect.dir->rules) {
        note_add(notes, "no ClientCertMap is in effect here", q->pool);
    }
    if (it->effect.dir->auth == 0) {
        note_add(notes, "ClientCertAuth is Off here: the user does not become REMOTE_USER",
                 q->pool);
    }
}

static json_t *notes_of(const explained_t *it, const cc_question_t *q)
{
    json_t *notes = json_array();

    for (int i = 0; i < it->judgement.unseen->nelts; i++) {
        note_add(notes, APR_ARRAY_IDX(it->judgement.unseen, i, const char *), q->pool);
    }
    effect_notes(notes, it, q);
    if (asks_connection(it->effect.dir->rules, q->pool)) {
        note_add(notes,
                 "fields of the connection (tls.version, tls.cipher, tls.sni, tls.resumed) "
                 "have no value here: only a connection has them",
                 q->pool);
    }
    return notes;
}

/* ---- telling ------------------------------------------------------------------------------- */

static json_t *text_of(const char *text, apr_pool_t *p)
{
    return text ? cc_report_text(text, strlen(text), p) : json_null();
}

static json_t *scope_of(const explained_t *it, apr_pool_t *p)
{
    const cc_scope_t *scope = it->effect.scope;

    if (!scope) {
        return json_null();
    }
    return json_pack("{s:o, s:o}", "server", text_of(cc_vhost_name(scope->server, p), p), "section",
                     text_of(scope->section, p));
}

static json_t *verification_of(const explained_t *it, apr_pool_t *p)
{
    const char *problem = it->judgement.problem;

    return json_pack("{s:b, s:o}", "verified", problem == NULL, "reason", text_of(problem, p));
}

json_t *cc_question_trace(const apr_array_header_t *trace, const cc_rules_t *rules, apr_pool_t *p)
{
    json_t *steps = cc_report_trace(trace, true, p);

    for (int i = 0; i < trace->nelts; i++) {
        const cc_step_t *step = &APR_ARRAY_IDX(trace, i, cc_step_t);

        json_object_set_new(json_array_get(steps, (size_t)i), "text",
                            text_of(cc_rules_text(rules, step->number, p), p));
    }
    return steps;
}

json_t *cc_question_explain(cc_question_t *q)
{
    explained_t it = {.server = NULL};
    apr_pool_t *p = q->pool;

    if (find_out(&it, q) != APR_SUCCESS) {
        return NULL;
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "result", result_of(&it),
                     "verification", verification_of(&it, p), "host",
                     cc_host_told(it.server, it.why, p), "path", text_of(q->path, p), "filename",
                     text_of(it.effect.filename, p), "scope", scope_of(&it, p), "verdict",
                     it.verdict ? cc_report_verdict(it.verdict, p) : json_null(), "trace",
                     cc_question_trace(it.trace, it.effect.dir->rules, p), "notes",
                     notes_of(&it, q), "certificate", cc_report_fields(it.cert, &it.facts, p));
}
