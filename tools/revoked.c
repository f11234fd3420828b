/* SPDX-License-Identifier: Apache-2.0 */
/* Command revoked: prints the revocation status of a certificate, its source and its age. */
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "server.h"

#define NOT_GOOD 1

/* ---- times --------------------------------------------------------------------------------- */

static json_int_t integer_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void moments_print(const json_t *source, const char *indent, apr_pool_t *p)
{
    const char *from = cc_print_member(source, "this_update", p);
    const char *to = cc_print_member(source, "next_update", p);

    if (from) {
        printf("%sthisUpdate    %s\n", indent,
               cc_print_moment(from, -integer_of(source, "age"), p));
    }
    if (to) {
        printf("%snextUpdate    %s\n", indent, cc_print_moment(to, integer_of(source, "left"), p));
    }
}

/* ---- sources ------------------------------------------------------------------------------- */

/* "revoked on DATE (REASON)", "unknown: WHY". */
static const char *state_text(const json_t *source, apr_pool_t *p)
{
    const char *state = cc_print_member(source, "state", p);
    const char *date = cc_print_member(source, "date", p);
    const char *reason = cc_print_member(source, "reason", p);
    const char *explanation = cc_print_member(source, "why", p);
    json_int_t depth = integer_of(source, "depth");

    if (depth > 0) {
        state = apr_psprintf(p, "the CA %ld above it: %s", (long)depth, state);
    }
    if (date) {
        return apr_psprintf(p, "%s on %s (%s)", state, date, reason ? reason : "no reason given");
    }
    return explanation ? apr_pstrcat(p, state, ": ", explanation, NULL) : state;
}

static void list_print(const json_t *list, apr_pool_t *p)
{
    static const struct {
        const char *use;
        const char *text;
    } uses[] = {
        {"superseded", "no: there is a newer one"},
        {"older", "no: it is older than one that was loaded before"},
        {"no_base", "only for the certificates that it lists; its base CRL is missing"},
        {"foreign", "no: this virtual host does not trust its issuer"},
    };
    const char *use = cc_print_member(list, "use", p);

    printf("\n    %s\n", cc_print_member(list, "file", p));
    printf("        issuer        \"%s\"\n", cc_print_member(list, "issuer", p));
    printf("        number        %s%s%s\n", cc_print_member(list, "number", p),
           json_is_true(json_object_get(list, "delta")) ? ", a delta" : "",
           json_is_true(json_object_get(list, "indirect")) ? ", indirect" : "");
    if (json_is_integer(json_object_get(list, "entries"))) {
        printf("        entries       %ld\n", (long)integer_of(list, "entries"));
    }
    moments_print(list, "        ", p);
    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        if (!strcmp(use, uses[i].use)) {
            printf("        used          %s\n", uses[i].text);
        }
    }
}

static void crls_print(const json_t *crls, const cc_style_t *style, apr_pool_t *p)
{
    const char *text[] = {cc_print_member(crls, "check", p), cc_print_member(crls, "missing", p)};
    json_t *list;
    size_t i;

    if (!json_is_object(crls)) {
        return;
    }
    printf("\n%sClientCertCRL at %s (%s, missing=%s)%s: %s\n", style->bold,
           cc_print_member(crls, "where", p), text[0], text[1], style->plain, state_text(crls, p));
    json_array_foreach(json_object_get(crls, "lists"), i, list)
    {
        list_print(list, p);
    }
}

static void ocsp_print(const json_t *ocsp, const cc_style_t *style, apr_pool_t *p)
{
    if (json_is_object(ocsp)) {
        const char *where = cc_print_member(ocsp, "where", p);

        printf("\n%sClientCertOCSP%s%s%s: %s\n", style->bold, where ? " at " : "",
               where ? where : "", style->plain, state_text(ocsp, p));
        moments_print(ocsp, "    ", p);
    }
}

/* ---- the answer ---------------------------------------------------------------------------- */

static int exit_of(const json_t *answer)
{
    const char *result = json_string_value(json_object_get(answer, "result"));

    return strcmp(result, "good") ? NOT_GOOD : 0;
}

static const char *answer_line(const json_t *answer, apr_pool_t *p)
{
    const char *result = cc_print_member(answer, "result", p);
    const char *reason = cc_print_member(answer, "reason", p);

    return reason ? apr_pstrcat(p, result, ": ", reason, NULL) : result;
}

static void answer_print(const json_t *answer, const cc_style_t *style, apr_pool_t *p)
{
    static const char *const fields[] = {"subject", "issuer", "serial", "sha256"};
    json_t *note;
    size_t i;

    cc_print_result("result", answer_line(answer, p), cc_print_colour(style, exit_of(answer)),
                    style);
    cc_print_line("identity", json_is_true(json_object_get(answer, "identity")) ? "yes" : "no");
    cc_print_verification(answer, style, p);
    cc_print_host(answer, p);
    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        cc_print_field(answer, fields[i], p);
    }
    json_array_foreach(json_object_get(answer, "notes"), i, note)
    {
        cc_print_line("note", cc_print_safe(json_string_value(note), p));
    }
    crls_print(json_object_get(answer, "crls"), style, p);
    ocsp_print(json_object_get(answer, "ocsp"), style, p);
}

apr_status_t cc_revoked_run(cc_tool_t *tool)
{
    static const cc_query_command_t command = {"revoked", exit_of, answer_print, answer_line, NULL};

    return cc_query_run(&command, tool);
}
