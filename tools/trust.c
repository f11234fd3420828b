/* SPDX-License-Identifier: Apache-2.0 */
/* Command trust: lists the CAs that virtual hosts trust for clients. */
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "server.h"

#define AT_FAULT 1

/* ---- the result ------------------------------------------------------------------------------ */

static int exit_of(const json_t *answer)
{
    const char *result = json_string_value(json_object_get(answer, "result"));

    return !strcmp(result, "valid") || !strcmp(result, "ending") ? 0 : AT_FAULT;
}

static const char *plural(int count)
{
    return count == 1 ? "" : "s";
}

/* How many CAs of all sets are in this state; NULL: in any. */
static int count_of(const json_t *answer, const char *state)
{
    int count = 0;
    json_t *set, *ca;
    size_t i, j;

    json_array_foreach(json_object_get(answer, "sets"), i, set)
    {
        json_array_foreach(json_object_get(set, "cas"), j, ca)
        {
            count += !state || !strcmp(json_string_value(json_object_get(ca, "state")), state);
        }
    }
    return count;
}

static const char *result_text(const json_t *answer, apr_pool_t *p)
{
    const char *result = cc_print_member(answer, "result", p);
    int all = count_of(answer, NULL), expired = count_of(answer, "expired");
    int ending = count_of(answer, "ending"), not_yet = count_of(answer, "not_yet");

    if (json_array_size(json_object_get(answer, "sets")) == 0) {
        return apr_pstrcat(
            p, result, ": no virtual host that uses mod_clientcert requests certificates", NULL);
    }
    return apr_pstrcat(
        p, apr_psprintf(p, "%s: %d CA%s", result, all, plural(all)),
        expired > 0 ? apr_psprintf(p, ", %d expired", expired) : "",
        ending > 0 ? apr_psprintf(p, ", %d expire%s soon", ending, ending == 1 ? "s" : "") : "",
        not_yet > 0 ? apr_psprintf(p, ", %d not valid yet", not_yet) : "", NULL);
}

/* ---- a CA ------------------------------------------------------------------------------------ */

static void ca_line(const char *label, const char *text)
{
    if (text) {
        printf("        %-14s%s\n", label, text);
    }
}

static json_int_t integer_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static bool is_weak(const json_t *ca, const char *part)
{
    json_t *one;
    size_t i;

    json_array_foreach(json_object_get(ca, "weak"), i, one)
    {
        if (!strcmp(json_string_value(one), part)) {
            return true;
        }
    }
    return false;
}

static const char *marked(const char *text, bool bad, const char *mark, const cc_style_t *style,
                          apr_pool_t *p)
{
    return bad ? apr_pstrcat(p, text, " ", style->bad, mark, style->plain, NULL) : text;
}

static const char *role_text(const json_t *ca, apr_pool_t *p)
{
    const char *role = cc_print_member(ca, "role", p);
    bool root = !strcmp(role, "root"), anchor = json_is_true(json_object_get(ca, "anchor"));

    if (root != anchor) {
        role = apr_pstrcat(p, role, anchor ? ", a chain may end here" : ", not trusted by itself",
                           NULL);
    }
    return role;
}

static const char *key_text(const json_t *ca, apr_pool_t *p)
{
    const char *type = cc_print_member(ca, "key", p), *curve = cc_print_member(ca, "curve", p);
    const json_t *bits = json_object_get(ca, "bits");

    if (curve) {
        return apr_pstrcat(p, type, " ", curve, NULL);
    }
    return json_is_integer(bits) ? apr_psprintf(p, "%s %d", type, (int)json_integer_value(bits))
                                 : type;
}

static void dates_print(const json_t *ca, const cc_style_t *style, apr_pool_t *p)
{
    const char *state = json_string_value(json_object_get(ca, "state"));
    const char *from =
        cc_print_moment(cc_print_member(ca, "not_before", p), -integer_of(ca, "age"), p);
    const char *to =
        cc_print_moment(cc_print_member(ca, "not_after", p), integer_of(ca, "left"), p);
    bool expired = !strcmp(state, "expired"), ending = !strcmp(state, "ending");

    ca_line("notBefore", marked(from, !strcmp(state, "not_yet"), "NOT VALID YET", style, p));
    ca_line("notAfter", marked(to, expired || ending, expired ? "EXPIRED" : "SOON", style, p));
}

static void ca_print(const json_t *ca, const cc_style_t *style, apr_pool_t *p)
{
    const char *subject = cc_print_member(ca, "subject", p);

    printf("\n    %s\n", subject ? subject : "(no subject)");
    ca_line("sha256", cc_print_member(ca, "sha256", p));
    ca_line("file", cc_print_member(ca, "file", p));
    ca_line("domain", cc_print_member(ca, "domain", p));
    ca_line("role", role_text(ca, p));
    dates_print(ca, style, p);
    ca_line("key", marked(key_text(ca, p), is_weak(ca, "key"), "WEAK", style, p));
    ca_line("signature", marked(cc_print_member(ca, "signature", p), is_weak(ca, "signature"),
                                "WEAK", style, p));
}

/* ---- the CAs of virtual hosts ---------------------------------------------------------------- */

static const char *joined(const json_t *texts, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 8, sizeof(const char *));
    json_t *one;
    size_t i;

    json_array_foreach(texts, i, one)
    {
        APR_ARRAY_PUSH(words, const char *) = i > 0 ? ", " : "";
        APR_ARRAY_PUSH(words, const char *) = cc_print_safe(json_string_value(one), p);
    }
    return apr_array_pstrcat(p, words, '\0');
}

static void set_print(const json_t *set, const cc_style_t *style, apr_pool_t *p)
{
    const json_t *cas = json_object_get(set, "cas");
    const char *directive = cc_print_member(set, "directive", p);
    json_t *ca;
    size_t i;

    printf("\n%s%s%s: ", style->bold, joined(json_object_get(set, "hosts"), p), style->plain);
    if (directive) {
        printf("%s at %s", directive, joined(json_object_get(set, "where"), p));
    } else {
        printf("neither ClientCertCA, SSLCACertificateFile nor SSLCACertificatePath is set");
    }
    puts(json_is_true(json_object_get(set, "requests")) ? ""
                                                        : "; no client certificate is requested");
    json_array_foreach(cas, i, ca)
    {
        ca_print(ca, style, p);
    }
    if (i == 0 && directive) {
        puts("\n    (no CA)");
    }
}

static void answer_print(const json_t *answer, const cc_style_t *style, apr_pool_t *p)
{
    json_t *set;
    size_t i;

    cc_print_result("result", result_text(answer, p), cc_print_colour(style, exit_of(answer)),
                    style);
    json_array_foreach(json_object_get(answer, "sets"), i, set)
    {
        set_print(set, style, p);
    }
}

apr_status_t cc_trust_run(cc_tool_t *tool)
{
    static const cc_query_command_t command = {"trust", exit_of, answer_print, NULL, NULL};

    return cc_query_run(&command, tool);
}
