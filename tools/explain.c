/* SPDX-License-Identifier: Apache-2.0 */
/* Command explain: prints the identity that the server would give a certificate, and why. */
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "server.h"

/* ---- lines --------------------------------------------------------------------------------- */

static const char *quoted(const json_t *object, const char *name, apr_pool_t *p)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? apr_pstrcat(p, "\"", cc_text_escape(text, strlen(text), p), "\"", NULL) : NULL;
}

static void by_print(const char *label, const char *name, const char *rule)
{
    if (name) {
        printf("%-14s%s, by %s\n", label, name, rule);
    }
}

/* ---- the verdict --------------------------------------------------------------------------- */

static void verdict_print(const json_t *verdict, apr_pool_t *p)
{
    json_t *one;
    size_t i;

    by_print("user", quoted(verdict, "user", p), cc_print_member(verdict, "user_rule", p));
    cc_print_line("strength", cc_print_member(verdict, "strength", p));
    json_array_foreach(json_object_get(verdict, "groups"), i, one)
    {
        by_print("group", quoted(one, "name", p), cc_print_member(one, "rule", p));
    }
    json_array_foreach(json_object_get(verdict, "accounts"), i, one)
    {
        by_print("account", quoted(one, "name", p), cc_print_member(one, "rule", p));
    }
    cc_print_line("denied by", cc_print_member(verdict, "denied_by", p));
    cc_print_line("outside", cc_print_member(verdict, "outside", p));
    cc_print_line("failure", cc_print_member(verdict, "failure", p));
    json_array_foreach(json_object_get(verdict, "notes"), i, one)
    {
        printf("%-14s%s: %s: %s\n", "note", cc_print_member(one, "tag", p),
               cc_print_member(one, "rule", p), cc_print_member(one, "text", p));
    }
}

/* What ClientCertMapShadow would give, if that is something else. */
static void shadow_print(const json_t *shadow, apr_pool_t *p)
{
    json_t *one;
    size_t i;

    if (!json_is_object(shadow)) {
        return;
    }
    cc_print_line("shadow", apr_pstrcat(p, cc_print_member(shadow, "result", p),
                                        ", unlike the rules in effect", NULL));
    by_print("shadow user", quoted(shadow, "user", p), cc_print_member(shadow, "user_rule", p));
    json_array_foreach(json_object_get(shadow, "groups"), i, one)
    {
        by_print("shadow group", quoted(one, "name", p), cc_print_member(one, "rule", p));
    }
    cc_print_line("shadow rule", cc_print_member(shadow, "denied_by", p));
    cc_print_line("shadow failed", cc_print_member(shadow, "failure", p));
}

/* Introduces the verdict of the rules on a certificate that the server would not accept. */
static const char *otherwise_text(const json_t *verdict)
{
    const char *result = json_string_value(json_object_get(verdict, "result"));

    if (!strcmp(result, "unmapped")) {
        return "Even if it were accepted, no rule would give it a user or a group.";
    }
    if (!strcmp(result, "failed")) {
        return "Even if it were accepted, its user and groups would be unknown:";
    }
    if (!strcmp(result, "outside")) {
        return "Even if it were accepted, a name would be outside its name space:";
    }
    return !strcmp(result, "denied") ? "Even if it were accepted, a rule would deny it:"
                                     : "If it were accepted, the rules would give:";
}

/* What the path does with a client: what follows the result in the first line. */
static const char *outcome_text(const json_t *access, apr_pool_t *p)
{
    static const char *const texts[][2] = {
        {"granted", "access granted"},
        {"denied", "access denied"},
        {"password", "the server asks for a password"},
        {"depends", "access depends on more than the certificate"},
        {"refused", "the handshake fails"},
    };
    const char *outcome = cc_print_member(access, "outcome", p);

    for (size_t i = 0; outcome && i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!strcmp(outcome, texts[i][0])) {
            return texts[i][1];
        }
    }
    return outcome ? apr_psprintf(p, "httpd answers with %d",
                                  (int)json_integer_value(json_object_get(access, "status")))
                   : NULL;
}

/* What became of the certificate, without the path. */
static const char *own_result_text(const json_t *answer, apr_pool_t *p)
{
    const char *result = cc_print_member(answer, "result", p);

    if (strcmp(result, "rejected") != 0) {
        return result;
    }
    if (json_is_false(json_object_get(json_object_get(answer, "verification"), "verified"))) {
        return "rejected: the certificate would not be verified";
    }
    return apr_pstrcat(p, "rejected: ", cc_print_member(answer, "reason", p), NULL);
}

/* The first line has to suffice for people who read no further. */
static const char *result_text(const json_t *answer, apr_pool_t *p)
{
    const char *result = own_result_text(answer, p);
    const char *outcome = outcome_text(json_object_get(answer, "access"), p);

    return outcome ? apr_pstrcat(p, result, "; ", outcome, NULL) : result;
}

static void result_print(const json_t *answer, const cc_style_t *style, apr_pool_t *p)
{
    const json_t *verdict = json_object_get(answer, "verdict");

    cc_print_result("result", result_text(answer, p),
                    cc_print_colour(style, cc_identity_exit(answer)), style);
    if (!strcmp(cc_print_member(answer, "result", p), "rejected") && !json_is_null(verdict)) {
        printf("%-14s%s\n", "", otherwise_text(verdict));
    }
}

/* ---- access -------------------------------------------------------------------------------- */

static const char *require_text(const json_t *require, apr_pool_t *p)
{
    static const char *const texts[][2] = {
        {"granted", "granted"},
        {"denied", "denied"},
        {"denied_no_user", "denied, since there is no user"},
        {"neutral", "neither grants nor denies"},
        {"failed", "cannot be evaluated"},
    };
    const char *result = cc_print_member(require, "result", p);

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!strcmp(result, texts[i][0])) {
            return texts[i][1];
        }
    }
    return apr_pstrcat(p, "not known: ", cc_print_member(require, "reason", p), NULL);
}

/* The outcome is in the first line. */
static void access_print(const json_t *access, apr_pool_t *p)
{
    json_t *one;
    size_t i;

    json_array_foreach(json_object_get(access, "requires"), i, one)
    {
        cc_print_line(i == 0 ? "access" : "",
                      apr_pstrcat(p, cc_print_member(one, "where", p), ": Require ",
                                  cc_print_member(one, "text", p), ": ", require_text(one, p),
                                  NULL));
    }
    json_array_foreach(json_object_get(access, "depends_on"), i, one)
    {
        cc_print_line("depends on", cc_print_safe(json_string_value(one), p));
    }
}

static void revocation_print(const json_t *revocation, apr_pool_t *p)
{
    const char *status = cc_print_member(revocation, "status", p);
    const char *reason = cc_print_member(revocation, "reason", p);

    if (status) {
        cc_print_line("revocation", reason ? apr_pstrcat(p, status, ": ", reason, NULL) : status);
    }
    if (json_array_size(json_object_get(revocation, "not_asked")) > 0) {
        cc_print_line("not asked", "the OCSP responder; use: clientcert revoked");
    }
}

/* ---- where --------------------------------------------------------------------------------- */

/* Nothing is printed of a client's own connection. */
static void arrival_print(const json_t *answer, apr_pool_t *p)
{
    const char *proxy = cc_print_member(answer, "proxy", p);

    if (proxy) {
        cc_print_line("via",
                      apr_pstrcat(p, cc_print_member(answer, "via", p), " from ", proxy, NULL));
    }
}

static void where_print(const json_t *answer, apr_pool_t *p)
{
    const json_t *scope = json_object_get(answer, "scope");
    const char *section = cc_print_member(scope, "section", p);

    cc_print_host(answer, p);
    cc_print_line("path", cc_print_member(answer, "path", p));
    cc_print_line("asks for", quoted(answer, "account", p));
    cc_print_line("file", cc_print_member(answer, "filename", p));
    if (json_is_null(scope)) {
        cc_print_line("rules of", "(none)");
    } else {
        printf("%-14s%s%s%s\n", "rules of", section ? section : "", section ? " in " : "",
               cc_print_member(scope, "server", p));
    }
}

static void certificate_print(const json_t *answer, apr_pool_t *p)
{
    static const char *const fields[] = {"subject", "issuer",     "serial",
                                         "sha256",  "not_before", "not_after"};

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        cc_print_field(answer, fields[i], p);
    }
}

/* `rest`: how many rules do not match and are not in the trace. */
static void rules_print(const json_t *trace, json_int_t rest, const cc_style_t *style,
                        apr_pool_t *p)
{
    if (json_array_size(trace) > 0) {
        printf("\n%s%s%s\n", style->bold,
               rest > 0 ? "The relevant rules, in order:" : "The rules, in order:", style->plain);
        cc_print_trace(trace, "    ", style, p);
    }
    if (rest > 0) {
        printf("\n%" JSON_INTEGER_FORMAT " more %s not match; --all shows them\n", rest,
               rest == 1 ? "rule does" : "rules do");
    }
}

static void answer_print(const json_t *answer, const cc_style_t *style, apr_pool_t *p)
{
    const json_t *trace = json_object_get(answer, "trace");
    json_t *note;
    size_t i;

    result_print(answer, style, p);
    verdict_print(json_object_get(answer, "verdict"), p);
    shadow_print(json_object_get(answer, "shadow"), p);
    arrival_print(answer, p);
    cc_print_verification(answer, style, p);
    revocation_print(json_object_get(answer, "revocation"), p);
    access_print(json_object_get(answer, "access"), p);
    where_print(answer, p);
    certificate_print(answer, p);
    json_array_foreach(json_object_get(answer, "notes"), i, note)
    {
        cc_print_line("note", cc_print_safe(json_string_value(note), p));
    }
    rules_print(trace, json_integer_value(json_object_get(answer, "rest")), style, p);
}

/* ---- one line for each of several certificates --------------------------------------------- */

/* ", groups "a", "b"": what the rules gave beside the user; "" if that is nothing. */
static const char *names_text(const json_t *verdict, const char *kind, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 8, sizeof(const char *));
    const char *word = apr_pstrcat(p, ", ", kind, " ", NULL);
    json_t *one;
    size_t i;

    json_array_foreach(json_object_get(verdict, kind), i, one)
    {
        APR_ARRAY_PUSH(words, const char *) = word;
        APR_ARRAY_PUSH(words, const char *) = quoted(one, "name", p);
        word = ", ";
    }
    return apr_array_pstrcat(p, words, '\0');
}

static const char *mapped_text(const json_t *verdict, apr_pool_t *p)
{
    const char *user = quoted(verdict, "user", p);

    return apr_pstrcat(p, "mapped: ", user ? "user " : "no user", user ? user : "",
                       names_text(verdict, "groups", p), names_text(verdict, "accounts", p), NULL);
}

static const char *reason_text(const json_t *answer, const char *result, apr_pool_t *p)
{
    const json_t *verdict = json_object_get(answer, "verdict");

    if (!strcmp(result, "denied")) {
        return apr_pstrcat(p, "by ", cc_print_member(verdict, "denied_by", p), NULL);
    }
    if (!strcmp(result, "outside")) {
        return apr_pstrcat(p, "by ", cc_print_member(verdict, "outside", p), NULL);
    }
    if (!strcmp(result, "failed")) {
        return cc_print_member(verdict, "failure", p);
    }
    return cc_print_member(answer, "reason", p);
}

static const char *answer_line(const json_t *answer, apr_pool_t *p)
{
    const char *result = cc_print_member(answer, "result", p);
    const char *outcome = outcome_text(json_object_get(answer, "access"), p);
    const json_t *verdict = json_object_get(answer, "verdict");
    const char *reason;

    if (!strcmp(result, "mapped")) {
        result = mapped_text(verdict, p);
    } else if ((reason = reason_text(answer, result, p))) {
        result = apr_pstrcat(p, result, ": ", reason, NULL);
    } else {
        result = apr_pstrcat(p, result, names_text(verdict, "accounts", p), NULL);
    }
    return outcome ? apr_pstrcat(p, result, "; ", outcome, NULL) : result;
}

/* ---- the command --------------------------------------------------------------------------- */

apr_status_t cc_explain_run(cc_tool_t *tool)
{
    static const cc_query_command_t command = {"explain", cc_identity_exit, answer_print,
                                               answer_line, NULL};

    return cc_query_run(&command, tool);
}
