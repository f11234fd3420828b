/* SPDX-License-Identifier: Apache-2.0 */
/* Explains one certificate: whether it would verify, which identity it gives, and why. */
#include <limits.h>
#include <string.h>

#include <apr_strings.h>

#include "cert/cert.h"
#include "httpd/admin/access.h"
#include "httpd/admin/access_lines.h"
#include "httpd/admin/arrival.h"
#include "httpd/admin/asked_client.h"
#include "httpd/admin/dry_run.h"
#include "httpd/admin/explain.h"
#include "httpd/admin/explain_shadow.h"
#include "httpd/admin/host_cas.h"
#include "httpd/admin/query.h"
#include "httpd/admin/sources.h"
#include "httpd/admin/vhost.h"
#include "httpd/admin/wished.h"
#include "httpd/conf/module.h"
#include "httpd/conf/rulesets.h"
#include "httpd/conf/view.h"
#include "httpd/metrics/counters.h"
#include "httpd/status/verdict_json.h"
#include "revocation/revocation.h"
#include "rules/rules.h"
#include "tables/table.h"

/* How many rules that do not match are listed, unless the query wants all. */
#define OTHERS_MAX 10

/* Shared by all certificates of a query. */
typedef struct explain_common_t {
    const cc_admin_query_t *query;
    cc_sources_t sources;
    int others; /* how many rules that do not match are listed */
} explain_common_t;

/* One certificate. */
typedef struct explained_t {
    const explain_common_t *common;
    cc_asked_client_t *asked;
    bool unasked; /* for this path, the server requests no certificate */
    cc_effect_t effect;
    const cc_verdict_t *verdict; /* NULL: no rules are in effect */
    const char *refusal;         /* why the request is refused for its wish; NULL: it is not */
    cc_trace_t trace;
    cc_access_t access;        /* if there is a path */
    apr_array_header_t *notes; /* const char * */
} explained_t;

/* ---- evaluating ---------------------------------------------------------------------------- */

static cc_effect_t effect_with(const explained_t *one, cc_client_t *client, apr_pool_t *p)
{
    const explain_common_t *common = one->common;
    cc_dry_request_t request = {.server = common->sources.server,
                                .path = common->query->path,
                                .account = common->query->account,
                                .client = client,
                                .tls = common->sources.view->tls != CC_TLS_OFF};

    return cc_dry_run(common->query, &request, p);
}

/* The configuration decides whether a certificate is requested after the handshake. */
static void effect_find(explained_t *one, apr_pool_t *p)
{
    const cc_sources_t *sources = &one->common->sources;
    cc_client_t *client = one->asked->presented ? &one->asked->client : NULL;
    bool later = sources->arrival.via == CC_VIA_TLS &&
                 sources->view->verify_client == CC_VERIFY_NONE && one->common->query->path;

    one->effect = effect_with(one, later ? NULL : client, p);
    if (!later || !client || one->effect.status != OK) {
        return;
    }
    if (cc_access_line_verify(cc_access_line_last(one->effect.request, CC_LINE_SSL_VERIFY), p) ==
        CC_VERIFY_NONE) {
        one->unasked = true;
    } else {
        one->effect = effect_with(one, client, p);
    }
}

static void evaluate(explained_t *one, apr_pool_t *p)
{
    const cc_rules_t *rules = one->effect.dir->rules;
    cc_facts_t facts = cc_client_facts(&one->asked->client, apr_time_now());

    one->trace =
        (cc_trace_t){.steps = apr_array_make(p, 8, sizeof(cc_step_t)), .max = one->common->others};
    if (rules) {
        one->verdict = cc_rules_explain(rules, one->asked->client.cert, &facts, &one->trace, p, p);
        cc_trace_hint(one->trace.steps, rules, one->asked->client.cert, &facts, true);
    }
    one->verdict =
        cc_wished_verdict(&one->refusal, &one->effect, &one->asked->client, one->verdict);
}

/* A table that a test cannot ask may answer the server, or answer it later. */
static bool is_lookup_failed(const explained_t *one)
{
    const cc_verdict_t *verdict = one->asked->problem || one->unasked ? NULL : one->verdict;

    return verdict && verdict->failure && !verdict->failure_lasts;
}

static void access_decide(explained_t *one, apr_pool_t *p)
{
    if (one->asked->refused) {
        one->access.outcome = CC_ACCESS_REFUSED;
    } else if (is_lookup_failed(one) && one->effect.status == OK) {
        one->access.outcome = CC_ACCESS_DEPENDS;
        one->access.depends = apr_array_make(p, 1, sizeof(const char *));
        APR_ARRAY_PUSH(one->access.depends, const char *) = one->verdict->failure;
    } else {
        cc_access_decide(&one->access, one->effect.request, one->effect.status);
    }
}

/* A RewriteCond may have asked for the certificate. Then a client may get another answer. */
static bool is_answered_early(const explained_t *one)
{
    return one->effect.status != OK && !cc_dry_request_of(one->effect.request)->asked_ssl;
}

/* NULL, or why it gives no identity, whatever the rules would say. */
static const char *rejection_of(const explained_t *one)
{
    if (one->asked->problem) {
        return one->asked->problem;
    }
    if (one->unasked) {
        return "the server requests no certificate for this path: SSLVerifyClient none";
    }
    return is_answered_early(one) ? "httpd answers this path before the client is identified"
                                  : one->refusal;
}

static const char *result_of(const explained_t *one)
{
    if (rejection_of(one)) {
        return "rejected";
    }
    return one->verdict ? cc_verdict_word(one->verdict) : "unmapped";
}

/* ---- notes --------------------------------------------------------------------------------- */

static void note_add(explained_t *one, const char *text)
{
    APR_ARRAY_PUSH(one->notes, const char *) = text;
}

static void section_notes(explained_t *one, apr_pool_t *p)
{
    bool path = one->common->query->path != NULL;
    const char *sections =
        cc_sources_sections(one->common->query->main, one->common->sources.server, path, p);

    if (sections) {
        note_add(one, apr_pstrcat(p,
                                  path ? "this is the result for a GET without further headers; "
                                         "other requests may also meet the rules of: "
                                       : "these sections have their own rules; use --path to "
                                         "apply them: ",
                                  sections, NULL));
    }
}

/* A client chooses the version, so a type that one version lacks can surprise. */
static void key_note(explained_t *one, apr_pool_t *p)
{
    const cc_key_answer_t *key = one->asked->key;
    const cc_negotiation_t *negotiation = one->common->sources.negotiation;
    bool both = negotiation->lowest <= TLS1_2_VERSION && negotiation->highest >= TLS1_3_VERSION;

    if (key && !key->known) {
        note_add(one, apr_psprintf(p,
                                   "whether this server accepts keys of this type (%s) could "
                                   "not be tried",
                                   key->type));
    } else if (key && both && key->tls12 != key->tls13) {
        note_add(one, apr_psprintf(p,
                                   "keys of this type (%s) are accepted with TLS 1.%c, but not "
                                   "with TLS 1.%c",
                                   key->type, key->tls12 ? '2' : '3', key->tls12 ? '3' : '2'));
    }
}

static const char *joined(const apr_array_header_t *texts, apr_pool_t *p)
{
    const char *all = "";

    for (int i = 0; i < texts->nelts; i++) {
        all = apr_pstrcat(p, all, i > 0 ? ", " : "", APR_ARRAY_IDX(texts, i, const char *), NULL);
    }
    return all;
}

/* A certificate may be from a CA in files that do not count. */
static void cas_note(explained_t *one, apr_pool_t *p)
{
    cc_cause_t cause = one->asked->seal.fault.cause;
    bool no_ca = cause == CC_CAUSE_NO_CA || cause == CC_CAUSE_OTHER_KEY ||
                 cause == CC_CAUSE_SELF_SIGNED || cause == CC_CAUSE_UNTRUSTED_ROOT;
    cc_host_cas_by_t by = cc_host_cas_by(one->common->sources.view, p);

    if (one->asked->unverified && no_ca && by.directive) {
        note_add(one, apr_psprintf(p,
                                   "the CAs that count here are those of %s at %s; list them "
                                   "with: clientcert trust",
                                   by.directive, joined(by.where, p)));
    }
}

static void notes_make(explained_t *one, apr_pool_t *p)
{
    const cc_dir_t *dir = one->effect.dir;
    const cc_arrival_t *arrival = &one->common->sources.arrival;
    const char *about_arrival = cc_arrival_note(arrival, one->common->sources.view, p);
    const char *about_wish = cc_wished_note(one->common->query, &one->effect, p);

    one->notes = apr_array_copy(p, one->common->sources.judge.unseen);
    if (is_answered_early(one)) {
        note_add(one, apr_psprintf(p,
                                   "httpd answers this path with %d before the client is "
                                   "identified",
                                   one->effect.status));
    }
    cas_note(one, p);
    section_notes(one, p);
    key_note(one, p);
    if (!dir->rules) {
        note_add(one, "no ClientCertMap is in effect here");
    }
    if (dir->auth == 0) {
        note_add(one, "ClientCertAuth is Off here: the mapped user does not become REMOTE_USER");
    }
    if (arrival->via == CC_VIA_TLS && dir->rules && cc_rules_ask_tls(dir->rules)) {
        note_add(one, "the fields of a connection (tls.version, tls.cipher, tls.sni, tls.resumed) "
                      "have no value here");
    }
    if (about_wish) {
        note_add(one, about_wish);
    }
    if (about_arrival) {
        note_add(one, about_arrival);
    }
}

/* The hooks of a request count what they do, as in a server; nothing reads these counters. */
void *cc_explain_prepare(cc_admin_query_t *q)
{
    explain_common_t *common = apr_pcalloc(q->pool, sizeof(*common));

    common->query = q;
    if (cc_sources_open(&common->sources, q) != APR_SUCCESS) {
        return NULL;
    }
    if (cc_counters_start(q->pool, NULL, NULL, q->main) != OK) {
        cc_error_set(&q->err, q->pool, "CC0758", NULL, "there is no memory for counters");
        return NULL;
    }
    cc_access_prepare(q->pool, q->main);
    common->others = q->all ? INT_MAX : OTHERS_MAX;
    return common;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static json_t *ruleset_of(const explained_t *one, apr_pool_t *p)
{
    const cc_ruleset_t *ruleset = one->effect.ruleset;

    if (!ruleset) {
        return json_null();
    }
    return json_pack("{s:o, s:o}", "server", cc_json_string(cc_vhost_name(ruleset->server, p), p),
                     "section", cc_json_string(ruleset->section, p));
}

static json_t *ca_json(const cc_ca_group_t *group, const cc_ca_t *ca, apr_pool_t *p)
{
    X509 *x509 = cc_ca_cert(ca);
    const cc_value_t *subject = x509 ? cc_cert_value(cc_cert_wrap(x509, p), "subject", p) : NULL;

    return json_pack("{s:o, s:o, s:o}", "subject",
                     subject ? cc_json_text(subject->text, subject->len, p) : json_null(), "file",
                     cc_json_string(ca->path, p), "domain",
                     cc_json_string(cc_ca_group_domain(group), p));
}

/* The CA of ClientCertCA with which the verified chain ends. */
static json_t *anchor_of(const explained_t *one, apr_pool_t *p)
{
    cc_cas_t *cas = one->common->sources.judge.followed;
    const cc_seal_t *seal = &one->asked->seal;
    int count = seal->ca_count < CC_SEAL_CAS_MAX ? seal->ca_count : CC_SEAL_CAS_MAX;
    json_t *anchor = NULL;
    unsigned side;

    if (cas && !one->asked->unverified && count > 0) {
        const cc_ca_set_t *set = cc_cas_enter(cas, &side);
        const cc_ca_group_t *group = cc_ca_group_at(set, seal->group);
        const cc_ca_t *ca = cc_ca_of_mark(group, seal->ca_marks[count - 1]);

        anchor = ca ? ca_json(group, ca, p) : NULL;
        cc_cas_leave(cas, side);
    }
    return anchor ? anchor : json_null();
}

static json_t *verification_of(const explained_t *one, apr_pool_t *p)
{
    const cc_client_pin_t *pin = &one->asked->pin;
    json_t *verification =
        json_pack("{s:b, s:o, s:o}", "verified", one->asked->unverified == NULL, "reason",
                  cc_json_string(one->asked->unverified, p), "ca", anchor_of(one, p));

    if (one->asked->client.facts.pinned) {
        json_object_set_new(verification, "pinned",
                            cc_json_string(cc_table_name(pin->by->table), p));
    }
    return verification;
}

static json_t *revocation_of(const explained_t *one, apr_pool_t *p)
{
    const cc_revocation_status_t *status = &one->asked->requests;
    bool consulted = status->verdict != CC_REVOCATION_UNCHECKED;
    bool asks = one->common->sources.revocation.ocsp && !one->asked->needs_no_responder;

    return json_pack("{s:o, s:o, s:o}", "status",
                     cc_json_string(consulted ? cc_revocation_word(status->verdict) : NULL, p),
                     "reason", cc_json_string(status->problem, p), "not_asked",
                     asks ? json_pack("[s]", "ClientCertOCSP") : json_array());
}

/* What is known of the request. */
static json_t *request_of(const explained_t *one, apr_pool_t *p)
{
    const request_rec *r = one->effect.request;

    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "path",
                     cc_json_string(one->common->query->path, p), "account",
                     cc_json_string(one->common->query->account, p), "filename",
                     cc_json_string(r ? r->filename : NULL, p), "scope", ruleset_of(one, p),
                     "access", r ? cc_access_json(&one->access, p) : json_null());
}

static json_t *answer_of(const explained_t *one, apr_pool_t *p)
{
    const cc_sources_t *sources = &one->common->sources;
    const cc_facts_t facts = cc_client_facts(&one->asked->client, apr_time_now());
    json_t *answer = json_pack(
        "{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o}", "result",
        result_of(one), "reason", cc_json_string(rejection_of(one), p), "via",
        cc_via_word(sources->arrival.via), "proxy", cc_json_string(sources->arrival.proxy, p),
        "verification", verification_of(one, p), "revocation", revocation_of(one, p), "host",
        cc_vhost_json(sources->server, sources->reason, p), "verdict",
        one->verdict ? cc_json_verdict(one->verdict, p) : json_null(), "shadow",
        cc_explain_shadow(one->effect.dir->shadow, one->verdict, &one->asked->client, p), "trace",
        cc_json_trace_rules(one->trace.steps, one->effect.dir->rules, p), "rest", one->trace.rest,
        "notes", cc_json_strings(one->notes, p), "certificate",
        cc_json_fields(one->asked->client.cert, &facts, p));
    json_t *request = request_of(one, p);

    json_object_update(answer, request);
    json_decref(request);
    return answer;
}

json_t *cc_explain_certificate(const void *prepared, const cc_presented_t *presented)
{
    const explain_common_t *common = prepared;
    apr_pool_t *p = presented->pool;
    explained_t one = {.common = common};

    one.asked = cc_asked_client_make(&common->sources, presented);
    effect_find(&one, p);
    evaluate(&one, p);
    if (one.effect.request) {
        access_decide(&one, p);
    }
    notes_make(&one, p);
    return answer_of(&one, p);
}
