/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the document of clientcert-status as HTML; each text is escaped. */
#include <http_protocol.h>

#include "httpd/conf/module.h"
#include "httpd/status/page.h"
#include "httpd/status/style.h"

/* A row of a definition list: its label on the page, and its key in the document. */
typedef struct row_t {
    const char *label;
    const char *key;
} row_t;

/* ---- texts ------------------------------------------------------------------------------- */

static void text_write(request_rec *r, const char *text)
{
    ap_rputs(ap_escape_html(r->pool, text), r);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static bool has(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return value && !json_is_null(value) && !(json_is_array(value) && !json_array_size(value));
}

/* <TAG>TEXT</TAG>, or nothing without a text; `tag` may include attributes. */
static void element_write(request_rec *r, const char *tag, const char *text)
{
    if (*text) {
        ap_rvputs(r, "<", tag, ">", NULL);
        text_write(r, text);
        ap_rprintf(r, "</%.*s>", (int)strcspn(tag, " "), tag);
    }
}

/* ---- values ------------------------------------------------------------------------------ */

static void rule_write(request_rec *r, const json_t *object, const char *key)
{
    if (has(object, key)) {
        ap_rputs(" <small>by ", r);
        text_write(r, text_of(object, key));
        ap_rputs("</small>", r);
    }
}

/* A group or a note, with its rule; or a value that cannot be used. */
static void object_write(request_rec *r, const json_t *object)
{
    if (has(object, "unusable")) {
        element_write(r, "span class=\"tag no\"", "cannot be used");
        ap_rputs(" ", r);
        text_write(r, text_of(object, "unusable"));
        ap_rputs(": ", r);
        element_write(r, "code", text_of(object, "octets"));
        return;
    }
    element_write(r, "bdi", text_of(object, has(object, "name") ? "name" : "text"));
    ap_rputs(" ", r);
    element_write(r, "small", text_of(object, "tag"));
    rule_write(r, object, "rule");
}

static void single_write(request_rec *r, const json_t *value, bool code)
{
    const char *text = json_string_value(value);

    if (json_is_object(value)) {
        object_write(r, value);
    } else if (!text || !*text) {
        element_write(r, "small", text ? "(empty)" : "(none)");
    } else {
        element_write(r, code ? "code" : "bdi", text);
    }
}

static void value_write(request_rec *r, const json_t *value, bool code)
{
    if (!json_is_array(value) || json_array_size(value) <= 1) {
        single_write(r, json_is_array(value) ? json_array_get(value, 0) : value, code);
        return;
    }
    ap_rputs("<ul>", r);
    for (size_t i = 0; i < json_array_size(value); i++) {
        ap_rputs("<li>", r);
        single_write(r, json_array_get(value, i), code);
        ap_rputs("</li>", r);
    }
    ap_rputs("</ul>", r);
}

static void term_write(request_rec *r, const char *label, const json_t *value, bool code)
{
    element_write(r, "dt", label);
    ap_rputs("<dd>", r);
    value_write(r, value, code);
    ap_rputs("</dd>\n", r);
}

/* The rows for which the object has a value; hex values as code. */
static void terms_write(request_rec *r, const json_t *object, const row_t *rows)
{
    for (; rows->key; rows++) {
        if (has(object, rows->key)) {
            bool code = strstr(rows->key, "sha") || !strcmp(rows->key, "serial");
            term_write(r, rows->label, json_object_get(object, rows->key), code);
        }
    }
}

static void rows_write(request_rec *r, const json_t *object, const row_t *rows)
{
    ap_rputs("<dl>\n", r);
    terms_write(r, object, rows);
    ap_rputs("</dl>\n", r);
}

/* ---- sections ---------------------------------------------------------------------------- */

static void section_begin(request_rec *r, const char *title)
{
    ap_rputs("<section>\n", r);
    element_write(r, "h2", title);
}

static void section_end(request_rec *r)
{
    ap_rputs("</section>\n", r);
}

static void advice_write(request_rec *r, const json_t *document)
{
    const json_t *advice = json_object_get(document, "advice");

    if (json_array_size(advice) == 0) {
        return;
    }
    section_begin(r, "What you can do");
    ap_rputs("<ul>\n", r);
    for (size_t i = 0; i < json_array_size(advice); i++) {
        element_write(r, "li", json_string_value(json_array_get(advice, i)));
    }
    ap_rputs("</ul>\n", r);
    section_end(r);
}

static void identity_write(request_rec *r, const json_t *document)
{
    static const row_t rows[] = {{"Denied by", "denied_by"},
                                 {"Failure", "failure"},
                                 {"Matching rules", "rules"},
                                 {"Notes", "notes"},
                                 {NULL, NULL}};
    const json_t *identity = json_object_get(document, "identity");

    if (json_is_null(identity)) {
        return;
    }
    section_begin(r, "Your identity");
    ap_rputs("<dl>\n<dt>User</dt><dd>", r);
    single_write(r, json_object_get(identity, "user"), false);
    rule_write(r, identity, "user_rule");
    ap_rputs("</dd>\n", r);
    term_write(r, "Groups", json_object_get(identity, "groups"), false);
    terms_write(r, identity, rows);
    ap_rputs("</dl>\n", r);
    section_end(r);
}

static void fields_write(request_rec *r, json_t *fields)
{
    const char *name;
    json_t *values;

    ap_rputs("<details>\n<summary>All fields, with their names in rules</summary>\n<dl>\n", r);
    json_object_foreach(fields, name, values)
    {
        term_write(r, name, values, true);
    }
    ap_rputs("</dl>\n</details>\n", r);
}

static void certificate_write(request_rec *r, const json_t *document)
{
    static const row_t rows[] = {{"Subject", "subject"},
                                 {"Email address", "san.email"},
                                 {"User principal name", "san.upn"},
                                 {"Kerberos principal", "san.krb5"},
                                 {"URI", "san.uri"},
                                 {"Host name", "san.dns"},
                                 {"IP address", "san.ip"},
                                 {"Directory name", "san.dirname"},
                                 {"Registered ID", "san.rid"},
                                 {"Issuer", "issuer"},
                                 {"Serial number", "serial"},
                                 {"Valid from", "not_before"},
                                 {"Valid until", "not_after"},
                                 {"Days left", "days_left"},
                                 {"Revocation", "revocation"},
                                 {"Revoked on", "revocation.date"},
                                 {"Reason for revocation", "revocation.reason"},
                                 {"SHA-256", "sha256"},
                                 {"SHA-1", "sha1"},
                                 {"Public-key SHA-256", "spki.sha256"},
                                 {"Key type", "key.type"},
                                 {"Key curve", "key.curve"},
                                 {"Key size", "key.bits"},
                                 {"Extended key usage", "eku"},
                                 {NULL, NULL}};
    json_t *fields = json_object_get(document, "certificate");

    if (!json_is_null(fields)) {
        section_begin(r, "Your certificate");
        rows_write(r, fields, rows);
        fields_write(r, fields);
        section_end(r);
    }
}

static void connection_write(request_rec *r, const json_t *document)
{
    static const row_t rows[] = {{"TLS version", "version"},
                                 {"Cipher", "cipher"},
                                 {"Server name", "sni"},
                                 {"Session", "session"},
                                 {NULL, NULL}};

    if (has(document, "connection")) {
        section_begin(r, "Your connection");
        rows_write(r, json_object_get(document, "connection"), rows);
        section_end(r);
    }
}

static void step_write(request_rec *r, const json_t *step)
{
    static const row_t rows[] = {{"Field", "field"}, {"Value", "seen"}, {NULL, NULL}};
    static const row_t rows_of_rule[] = {
        {"Condition", "condition"}, {"Value", "seen"}, {"Hint", "hint"}, {NULL, NULL}};
    bool holds = json_is_true(json_object_get(step, "holds"));

    ap_rputs("<li>", r);
    if (json_is_string(step)) { /* the note that the list was truncated */
        text_write(r, json_string_value(step));
    } else {
        element_write(r, "code", text_of(step, "rule"));
        ap_rputs(" ", r);
        element_write(r, holds ? "span class=\"tag ok\"" : "span class=\"tag no\"",
                      holds                                ? "matches"
                      : json_object_get(step, "undecided") ? "cannot be decided"
                                                           : "does not match");
        element_write(r, "pre", text_of(step, "text"));
        if (!holds) {
            rows_write(r, step, has(step, "condition") ? rows_of_rule : rows);
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

static void head_write(request_rec *r, const json_t *document)
{
    ap_rputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n",
             r);
    element_write(r, "title", text_of(document, "summary"));
    ap_rvputs(r, "\n<style>", cc_page_style, "</style>\n</head>\n<body>\n<main>\n<header>\n", NULL);
}

static void failed_write(request_rec *r, const json_t *request)
{
    ap_rputs("<p><strong>", r);
    text_write(r, ap_get_status_line((int)json_integer_value(json_object_get(request, "status"))));
    ap_rputs("</strong> ", r);
    element_write(r, "code", text_of(request, "uri"));
    if (has(request, "needs")) {
        ap_rputs(" requires ", r);
        element_write(r, "code", text_of(request, "needs"));
    }
    ap_rputs("</p>\n", r);
}

static void verification_write(request_rec *r, const json_t *document)
{
    const json_t *verification = json_object_get(document, "verification");

    if (!json_is_null(verification)) {
        bool ok = json_is_true(json_object_get(verification, "verified"));
        element_write(r, ok ? "span class=\"tag ok\"" : "span class=\"tag no\"",
                      ok ? "verified" : "not verified");
        ap_rputs(" ", r);
    }
}

static void header_write(request_rec *r, const json_t *document)
{
    const char *result = text_of(document, "result");

    if (has(document, "request")) {
        failed_write(r, json_object_get(document, "request"));
    }
    element_write(r, "h1", text_of(document, "summary"));
    ap_rputs("<p>", r);
    verification_write(r, document);
    element_write(r, !strcmp(result, "mapped") ? "span class=\"tag ok\"" : "span class=\"tag no\"",
                  result);
    ap_rputs("</p>\n</header>\n", r);
}

static void links_write(request_rec *r, const json_t *document)
{
    bool traced = json_object_get(document, "trace") != NULL;

    ap_rputs("<nav>", r);
    if (traced) {
        ap_rputs("<a href=\"?\">Hide rule trace</a> ", r);
    } else if (has(document, "identity")) {
        ap_rputs("<a href=\"?trace\">Rule trace</a> ", r);
    }
    ap_rputs(traced ? "<a href=\"?format=json&amp;trace\">" : "<a href=\"?format=json\">", r);
    ap_rputs("View as JSON</a></nav>\n", r);
}

void cc_page_write(request_rec *r, const json_t *document, bool links)
{
    head_write(r, document);
    header_write(r, document);
    advice_write(r, document);
    identity_write(r, document);
    trace_write(r, document);
    certificate_write(r, document);
    connection_write(r, document);
    if (links) {
        links_write(r, document);
    }
    ap_rputs("</main>\n</body>\n</html>\n", r);
}
