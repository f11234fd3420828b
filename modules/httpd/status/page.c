/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the document of clientcert-status as a page in HTML. */
#include <apr_strings.h>

#include <http_protocol.h>

#include "httpd/conf/module.h"
#include "httpd/status/html.h"
#include "httpd/status/page.h"
#include "httpd/status/style.h"

/* ---- sections ---------------------------------------------------------------------------- */

static void section_begin(request_rec *r, const char *title)
{
    ap_rputs("<section>\n", r);
    cc_html_element(r, "h2", title);
    ap_rputs("\n", r);
}

static void section_end(request_rec *r)
{
    ap_rputs("</section>\n", r);
}

static void list_write(request_rec *r, const json_t *texts)
{
    ap_rputs("<ul>\n", r);
    for (size_t i = 0; i < json_array_size(texts); i++) {
        cc_html_element(r, "li", json_string_value(json_array_get(texts, i)));
        ap_rputs("\n", r);
    }
    ap_rputs("</ul>\n", r);
}

/* ---- what to do -------------------------------------------------------------------------- */

static void own_text_write(request_rec *r, const json_t *help)
{
    const char *text = cc_html_text_of(help, "text");

    ap_rputs("<p>", r);
    if (cc_html_has(help, "link")) {
        cc_html_text(r, text);
        ap_rputs(" ", r);
        text = cc_html_text_of(help, "link");
    }
    cc_html_link(r, cc_html_text_of(help, "url"), text);
    ap_rputs("</p>\n", r);
}

static void contact_write(request_rec *r, const json_t *contact)
{
    ap_rputs("<p>Administrator of this server: ", r);
    cc_html_link(r, cc_html_text_of(contact, "url"), cc_html_text_of(contact, "text"));
    ap_rputs("</p>\n", r);
}

static void help_write(request_rec *r, const json_t *document, const char *title)
{
    section_begin(r, title);
    if (cc_html_has(document, "help")) {
        own_text_write(r, json_object_get(document, "help"));
    }
    if (cc_html_has(document, "advice")) {
        list_write(r, json_object_get(document, "advice"));
    }
    if (cc_html_has(document, "contact")) {
        contact_write(r, json_object_get(document, "contact"));
    }
    section_end(r);
}

/* A host without TLS accepts what a proxy passes on, and requests nothing. */
static bool requests_certificates(const json_t *document)
{
    return json_is_string(json_object_get(json_object_get(document, "connection"), "version"));
}

static void issuers_write(request_rec *r, const json_t *document)
{
    const json_t *issuers = json_object_get(document, "issuers");
    json_int_t more = json_integer_value(json_object_get(issuers, "more"));

    if (!cc_html_has(document, "issuers")) {
        return;
    }
    section_begin(r, "Issuers of certificates");
    ap_rputs(requests_certificates(document)
                 ? "<p>When this server requests a certificate, it names these issuers:</p>\n"
                 : "<p>This server accepts certificates of these issuers:</p>\n",
             r);
    list_write(r, json_object_get(issuers, "names"));
    if (more > 0) {
        ap_rprintf(r, "<p>and %d more</p>\n", (int)more);
    }
    section_end(r);
}

/* ---- identity and certificate ------------------------------------------------------------ */

static void identity_write(request_rec *r, const json_t *document)
{
    static const cc_html_row_t rows[] = {
        {"Strength", "strength", CC_HTML_TEXT}, {"Denied by", "denied_by", CC_HTML_TEXT},
        {"Failure", "failure", CC_HTML_TEXT},   {"Matching rules", "rules", CC_HTML_TEXT},
        {"Notes", "notes", CC_HTML_TEXT},       {NULL, NULL, CC_HTML_TEXT}};
    const json_t *identity = json_object_get(document, "identity");

    if (json_is_null(identity)) {
        return;
    }
    section_begin(r, "Your identity");
    ap_rputs("<dl>\n<dt>User</dt><dd>", r);
    cc_html_single(r, json_object_get(identity, "user"), CC_HTML_TEXT);
    cc_html_rule(r, identity, "user_rule");
    ap_rputs("</dd>\n", r);
    cc_html_term(r, "Groups", json_object_get(identity, "groups"), CC_HTML_TEXT);
    cc_html_terms(r, identity, rows);
    ap_rputs("</dl>\n", r);
    section_end(r);
}

static void fields_write(request_rec *r, json_t *fields, const json_t *verification)
{
    const char *name;
    json_t *values;

    ap_rputs("<details>\n<summary>All fields</summary>\n<dl>\n", r);
    if (cc_html_has(verification, "problem")) {
        cc_html_term(r, "problem", json_object_get(verification, "problem"), CC_HTML_CODE);
    }
    json_object_foreach(fields, name, values)
    {
        cc_html_term(r, name, values, CC_HTML_CODE);
    }
    ap_rputs("</dl>\n</details>\n", r);
}

/* The usual fields; the others are in the details. */
static void certificate_write(request_rec *r, const json_t *document)
{
    static const cc_html_row_t rows[] = {
        {"Email address", "san.email", CC_HTML_TEXT},
        {"User principal name", "san.upn", CC_HTML_TEXT},
        {"URI", "san.uri", CC_HTML_TEXT},
        {"Host name", "san.dns", CC_HTML_TEXT},
        {"Issuer", "issuer", CC_HTML_TEXT},
        {"Valid until", "not_after", CC_HTML_TIME},
        {"Revoked on", "revocation.date", CC_HTML_TIME},
        {"Reason for revocation", "revocation.reason", CC_HTML_TEXT},
        {NULL, NULL, CC_HTML_TEXT}};
    json_t *fields = json_object_get(document, "certificate");
    const char *name = cc_html_has(fields, "subject.CN") ? "subject.CN" : "subject";

    if (json_is_null(fields)) {
        return;
    }
    section_begin(r, "Your certificate");
    ap_rputs("<dl>\n", r);
    cc_html_term(r, "Name", json_object_get(fields, name), CC_HTML_TEXT);
    cc_html_terms(r, fields, rows);
    ap_rputs("</dl>\n", r);
    fields_write(r, fields, json_object_get(document, "verification"));
    section_end(r);
}

static void connection_write(request_rec *r, const json_t *document)
{
    static const cc_html_row_t rows[] = {{"TLS version", "version", CC_HTML_TEXT},
                                         {"Cipher", "cipher", CC_HTML_TEXT},
                                         {"Server name", "sni", CC_HTML_TEXT},
                                         {"Session", "session", CC_HTML_TEXT},
                                         {NULL, NULL, CC_HTML_TEXT}};
    static const cc_html_row_t rows_of_proxy[] = {{"Through a proxy", "via", CC_HTML_TEXT},
                                                  {"Proxy", "proxy", CC_HTML_TEXT},
                                                  {NULL, NULL, CC_HTML_TEXT}};
    const json_t *connection = json_object_get(document, "connection");

    if (cc_html_has(document, "connection")) {
        section_begin(r, "Your connection");
        cc_html_rows(r, connection, cc_html_has(connection, "version") ? rows : rows_of_proxy);
        section_end(r);
    }
}

/* ---- the trace --------------------------------------------------------------------------- */

static void step_write(request_rec *r, const json_t *step)
{
    static const cc_html_row_t rows[] = {{"Field", "field", CC_HTML_TEXT},
                                         {"Value", "seen", CC_HTML_TEXT},
                                         {NULL, NULL, CC_HTML_TEXT}};
    static const cc_html_row_t rows_of_rule[] = {{"Condition", "condition", CC_HTML_TEXT},
                                                 {"Value", "seen", CC_HTML_TEXT},
                                                 {"Hint", "hint", CC_HTML_TEXT},
                                                 {NULL, NULL, CC_HTML_TEXT}};
    bool holds = json_is_true(json_object_get(step, "holds"));

    ap_rputs("<li>", r);
    if (json_is_string(step)) { /* the note that the list was truncated */
        cc_html_text(r, json_string_value(step));
    } else {
        cc_html_element(r, "code", cc_html_text_of(step, "rule"));
        ap_rputs(cc_html_has(step, "rule") ? " " : "", r);
        cc_html_tag(r, holds,
                    holds                                ? "matches"
                    : json_object_get(step, "undecided") ? "cannot be decided"
                                                         : "does not match");
        cc_html_element(r, "pre", cc_html_text_of(step, "text"));
        if (!holds) {
            cc_html_rows(r, step, cc_html_has(step, "condition") ? rows_of_rule : rows);
        }
    }
    ap_rputs("</li>\n", r);
}

static void trace_write(request_rec *r, const json_t *document)
{
    const json_t *steps = json_object_get(document, "trace");

    if (!steps) {
        return;
    }
    section_begin(r, "Rule trace");
    ap_rputs("<ol>\n", r);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        step_write(r, json_array_get(steps, i));
    }
    ap_rputs("</ol>\n", r);
    section_end(r);
}

/* ---- the page ---------------------------------------------------------------------------- */

void cc_page_begin(request_rec *r, const char *title)
{
    ap_rputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n",
             r);
    cc_html_element(r, "title", title);
    ap_rvputs(r, "\n<style>", cc_page_style, "</style>\n</head>\n<body>\n<main>\n<header>\n", NULL);
}

void cc_page_end(request_rec *r)
{
    ap_rputs("</main>\n</body>\n</html>\n", r);
}

static void failed_write(request_rec *r, const json_t *request)
{
    int code = (int)json_integer_value(json_object_get(request, "status"));

    ap_rputs("<p>", r);
    cc_html_element(r, "strong", ap_get_status_line(code));
    ap_rputs(" ", r);
    cc_html_element(r, "code", cc_html_text_of(request, "uri"));
    if (cc_html_has(request, "needs")) {
        ap_rputs(" requires ", r);
        cc_html_element(r, "code", cc_html_text_of(request, "needs"));
    }
    ap_rputs("</p>\n", r);
}

/* "not-yet-valid" as words. */
static void word_tag(request_rec *r, bool good, const char *word)
{
    char *text = apr_pstrdup(r->pool, word);

    for (char *at = text; *at; at++) {
        *at = *at == '-' ? ' ' : *at;
    }
    cc_html_tag(r, good, text);
}

static void tags_write(request_rec *r, const json_t *document)
{
    const json_t *verification = json_object_get(document, "verification");
    const json_t *identity = json_object_get(document, "identity");
    const json_t *request = json_object_get(document, "request");
    bool mapped = cc_html_has(identity, "user") || cc_html_has(identity, "groups");

    ap_rputs("<p>", r);
    if (cc_html_has(verification, "cause")) {
        word_tag(r, false, cc_html_text_of(verification, "cause"));
    } else {
        if (!json_is_null(verification)) {
            cc_html_tag(r, true, "verified");
        }
        word_tag(r, mapped, cc_html_text_of(document, "result"));
    }
    if (mapped && json_integer_value(json_object_get(request, "status")) == HTTP_FORBIDDEN) {
        cc_html_tag(r, false, "not allowed");
    }
    ap_rputs("</p>\n", r);
}

static void header_write(request_rec *r, const json_t *document)
{
    const json_t *warnings = json_object_get(document, "warnings");

    if (cc_html_has(document, "request")) {
        failed_write(r, json_object_get(document, "request"));
    }
    cc_html_element(r, "h1", cc_html_text_of(document, "summary"));
    ap_rputs("\n", r);
    cc_html_element(r, "p", cc_html_text_of(document, "reason"));
    tags_write(r, document);
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        cc_html_element(r, "p class=\"warning\"", json_string_value(json_array_get(warnings, i)));
        ap_rputs("\n", r);
    }
    ap_rputs("</header>\n", r);
}

static void links_write(request_rec *r, const json_t *document)
{
    bool traced = json_object_get(document, "trace") != NULL;

    ap_rputs("<nav>", r);
    if (traced) {
        ap_rputs("<a href=\"?\">Hide rule trace</a> ", r);
    } else if (cc_html_has(document, "identity")) {
        ap_rputs("<a href=\"?trace\">Rule trace</a> ", r);
    }
    ap_rputs(traced ? "<a href=\"?format=json&amp;trace\">" : "<a href=\"?format=json\">", r);
    ap_rputs("View as JSON</a></nav>\n", r);
}

/* Help comes first where there is advice, otherwise last. */
void cc_page_write(request_rec *r, const json_t *document, bool links)
{
    bool has_advice = cc_html_has(document, "advice");

    cc_page_begin(r, cc_html_text_of(document, "summary"));
    header_write(r, document);
    if (has_advice) {
        help_write(r, document, "What you can do");
    }
    issuers_write(r, document);
    identity_write(r, document);
    trace_write(r, document);
    certificate_write(r, document);
    connection_write(r, document);
    if (!has_advice && (cc_html_has(document, "help") || cc_html_has(document, "contact"))) {
        help_write(r, document, "Help");
    }
    if (links) {
        links_write(r, document);
    }
    cc_page_end(r);
}
