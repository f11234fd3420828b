/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the document of clientcert-status: what a client may know about its own certificate. */
#include <apr_strings.h>

#include <http_protocol.h>

#include "cert/cert.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "httpd/peer/forwarded.h"
#include "httpd/peer/tls.h"
#include "httpd/request/denial.h"
#include "httpd/request/identity.h"
#include "httpd/request/proxied.h"
#include "httpd/request/ssl_refusal.h"
#include "httpd/request/state.h"
#include "httpd/status/advice.h"
#include "httpd/status/document.h"
#include "httpd/status/help.h"
#include "httpd/status/verdict_json.h"
#include "rules/rules.h"

#define TEXT_MAX 1024
#define LIST_MAX 1000

/* ---- the request in question ------------------------------------------------------------- */

static cc_status_result_t result_of(const cc_status_t *status)
{
    static const cc_status_result_t results[] = {
        [CC_RESULT_MAPPED] = CC_STATUS_MAPPED,   [CC_RESULT_UNMAPPED] = CC_STATUS_UNMAPPED,
        [CC_RESULT_DENIED] = CC_STATUS_DENIED,   [CC_RESULT_FAILED] = CC_STATUS_FAILED,
        [CC_RESULT_OUTSIDE] = CC_STATUS_OUTSIDE,
    };

    if (status->ssl_refused != CC_SSL_REFUSED_NOT) {
        return CC_STATUS_REFUSED;
    }
    if (!status->answer.presented) {
        return status->forwarded || cc_tls_is_on(status->asked) ? CC_STATUS_NO_CERTIFICATE
                                                                : CC_STATUS_NO_TLS;
    }
    if (status->answer.problem) {
        return CC_STATUS_REJECTED;
    }
    return status->answer.verdict ? results[cc_verdict_result(status->answer.verdict)]
                                  : CC_STATUS_NO_RULES;
}

/*
 * As an ErrorDocument, the page describes the request that failed, by the rules and the
 * ClientCertStatusRules in effect for that request.
 */
static cc_status_t status_of(request_rec *r, bool trace)
{
    cc_status_t status = {.page = r, .asked = r};

    status.failed = r->prev && ap_is_HTTP_ERROR(r->status);
    while (status.asked->prev && ap_is_HTTP_ERROR(status.asked->prev->status)) {
        status.asked = status.asked->prev;
    }
    status.rules = cc_dir_of(status.asked)->status_rules == 1;
    status.answer =
        trace ? cc_identity_explain(status.asked, &status.trace) : cc_identity_of(status.asked);
    status.now = status.answer.client ? cc_identity_moment(status.asked, status.answer.client)
                                      : status.asked->request_time;
    status.ssl_refused = status.failed ? cc_ssl_refused(status.asked) : CC_SSL_REFUSED_NOT;
    status.forwarded = cc_request_forwarded(status.asked);
    status.proxied =
        status.answer.presented || status.forwarded ? NULL : cc_proxied_header(status.asked);
    status.result = result_of(&status);
    return status;
}

/* ---- its parts --------------------------------------------------------------------------- */

/* The path that the client requested. The rewritten path is shown only where rules may be shown. */
static const char *path_of(const cc_status_t *status)
{
    const request_rec *r = status->asked;

    if (status->rules) {
        return r->uri;
    }
    while (r->prev) {
        r = r->prev;
    }
    return r->parsed_uri.path ? r->parsed_uri.path : r->uri;
}

static json_t *request_of(const cc_status_t *status, apr_pool_t *p)
{
    if (!status->failed) {
        return json_null();
    }
    return json_pack("{s:i, s:o, s:o}", "status", status->asked->status, "uri",
                     cc_json_string(path_of(status), p), "needs",
                     cc_json_string(status->rules ? cc_denial_needs(status->asked, p) : NULL, p));
}

static json_t *certificate_of(const cc_status_t *status, apr_pool_t *p)
{
    cc_facts_t facts;

    if (!status->answer.client) {
        return json_null();
    }
    facts = cc_client_facts(status->answer.client, status->now);
    facts.tls_version = facts.tls_cipher = facts.tls_sni = NULL; /* in "connection" */
    facts.tls_known = false;
    facts.via = CC_VIA_UNKNOWN;
    facts.via_proxy = NULL;
    return cc_json_fields(status->answer.client->cert, &facts, p);
}

static json_t *verification_of(const cc_status_t *status, apr_pool_t *p)
{
    if (!status->answer.presented) {
        return json_null();
    }
    return json_pack("{s:b, s:o, s:o}", "verified", status->answer.problem == NULL, "problem",
                     cc_json_string(cc_advice_problem(status), p), "cause",
                     cc_json_string(cc_advice_cause(status), p));
}

/* The TLS of a proxy's connection is not that of the client. Its address is for administrators. */
static json_t *proxy_of(const cc_status_t *status, apr_pool_t *p)
{
    const cc_forwarded_t *forwarded = status->forwarded;

    return json_pack("{s:n, s:n, s:n, s:n, s:s, s:o}", "version", "cipher", "sni", "session", "via",
                     cc_via_word(forwarded->via), "proxy",
                     cc_json_string(status->rules ? forwarded->proxy : NULL, p));
}

static json_t *connection_of(const cc_status_t *status)
{
    request_rec *r = status->page;
    cc_facts_t facts;

    if (status->forwarded) {
        return proxy_of(status, r->pool);
    }
    if (!cc_tls_is_on(r)) {
        return json_null();
    }
    facts = cc_tls_facts(r);
    return json_pack("{s:o, s:o, s:o, s:s, s:n, s:n}", "version",
                     cc_json_string(facts.tls_version, r->pool), "cipher",
                     cc_json_string(facts.tls_cipher, r->pool), "sni",
                     cc_json_string(facts.tls_sni, r->pool), "session",
                     facts.tls_resumed ? "resumed session" : "full handshake", "via", "proxy");
}

/* ---- where rules are not shown ------------------------------------------------------------- */

/* Removes the places of rules, which are for administrators. */
static void places_remove(json_t *list)
{
    json_t *member;
    size_t i;

    json_array_foreach(list, i, member)
    {
        json_object_set_new(member, "rule", json_null());
    }
}

static void identity_shorten(json_t *identity, const cc_verdict_t *verdict)
{
    json_t *notes = json_object_get(identity, "notes");

    json_object_set_new(identity, "user_rule", json_null());
    json_object_set_new(identity, "denied_by", json_null());
    json_object_set_new(identity, "outside", json_null());
    json_object_set_new(identity, "rules", json_null());
    places_remove(json_object_get(identity, "groups"));
    places_remove(json_object_get(identity, "accounts"));
    places_remove(notes);
    for (int i = 0; i < verdict->note_count; i++) {
        json_object_set_new(json_array_get(notes, (size_t)i), "text",
                            json_string(verdict->notes[i].meaning));
    }
    if (verdict->failure) {
        json_object_set_new(identity, "failure",
                            json_string("the identity could not be determined"));
    }
}

static json_t *identity_of(const cc_status_t *status, apr_pool_t *p)
{
    const cc_verdict_t *verdict = status->answer.verdict;
    json_t *identity;

    if (!verdict || status->result == CC_STATUS_REFUSED) { /* then no rule was asked */
        return json_null();
    }
    identity = cc_json_verdict(verdict, p);
    if (!status->rules) {
        identity_shorten(identity, verdict);
    }
    return identity;
}

static json_t *trace_of(const cc_status_t *status, apr_pool_t *p)
{
    json_t *steps;

    if (status->rules) {
        return cc_json_trace_rules(status->trace, cc_dir_of(status->asked)->rules, p);
    }
    steps = cc_json_trace(status->trace, false, p);
    places_remove(steps);
    return steps;
}

/* ---- bounds of texts and lists ----------------------------------------------------------- */

static void text_bound(json_t *text, apr_pool_t *p)
{
    const char *octets = json_string_value(text);
    size_t keep = TEXT_MAX;

    if (json_string_length(text) <= TEXT_MAX) {
        return;
    }
    while (((unsigned char)octets[keep] & 0xC0) == 0x80) { /* inside a character */
        keep--;
    }
    json_string_set(text, apr_psprintf(p, "%.*s... (truncated; %" APR_SIZE_T_FMT " bytes in total)",
                                       (int)keep, octets, json_string_length(text)));
}

static void list_bound(json_t *list, apr_pool_t *p)
{
    size_t more = json_array_size(list) > LIST_MAX ? json_array_size(list) - LIST_MAX : 0;

    for (size_t i = 0; i < more; i++) {
        json_array_remove(list, LIST_MAX + more - 1 - i);
    }
    if (more > 0) {
        json_array_append_new(
            list, json_string(apr_psprintf(p, "... (truncated; %" APR_SIZE_T_FMT " more)", more)));
    }
}

static void value_bound(json_t *value, apr_pool_t *p)
{
    const char *key;
    json_t *member;
    size_t i;

    if (json_is_string(value)) {
        text_bound(value, p);
    } else if (json_is_array(value)) {
        list_bound(value, p);
        json_array_foreach(value, i, member)
        {
            value_bound(member, p);
        }
    } else if (json_is_object(value)) {
        json_object_foreach(value, key, member)
        {
            value_bound(member, p);
        }
    }
}

/* ---- the document ------------------------------------------------------------------------ */

static apr_status_t document_free(void *document)
{
    json_decref(document);
    return APR_SUCCESS;
}

json_t *cc_status_document(request_rec *r, bool trace)
{
    json_t *document = json_object();
    apr_pool_cleanup_register(r->pool, document, document_free, apr_pool_cleanup_null);
    cc_status_t status = status_of(r, trace);

    json_object_set_new(document, "result", json_string(cc_status_word(status.result)));
    json_object_set_new(document, "summary",
                        cc_json_string(cc_advice_summary(&status, r->pool), r->pool));
    json_object_set_new(document, "reason",
                        cc_json_string(cc_advice_reason(&status, r->pool), r->pool));
    json_object_set_new(document, "warnings", cc_advice_warnings(&status, r->pool));
    json_object_set_new(document, "advice", cc_advice_list(&status));
    json_object_set_new(document, "help", cc_help_text(&status, r->pool));
    json_object_set_new(document, "contact", cc_help_contact(&status, r->pool));
    json_object_set_new(document, "issuers", cc_help_issuers(&status, r->pool));
    json_object_set_new(document, "request", request_of(&status, r->pool));
    json_object_set_new(document, "identity", identity_of(&status, r->pool));
    json_object_set_new(document, "certificate", certificate_of(&status, r->pool));
    json_object_set_new(document, "verification", verification_of(&status, r->pool));
    json_object_set_new(document, "connection", connection_of(&status));
    if (status.trace && status.result != CC_STATUS_REFUSED) {
        json_object_set_new(document, "trace", trace_of(&status, r->pool));
    }
    value_bound(document, r->pool);
    return document;
}
