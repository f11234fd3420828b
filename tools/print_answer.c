/* SPDX-License-Identifier: Apache-2.0 */
/* Prints parts of an answer, and JSON. */
#include <stdio.h>
#include <stdlib.h>

#include <apr_strings.h>

#include "server.h"

const char *cc_print_member(const json_t *object, const char *name, apr_pool_t *p)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? cc_print_safe(text, p) : NULL;
}

static const char *field_text(const json_t *answer, const char *name, apr_pool_t *p)
{
    const json_t *values = json_object_get(json_object_get(answer, "certificate"), name);
    const json_t *value = json_array_get(values, 0);

    if (json_is_object(value)) {
        return apr_pstrcat(p, "(unusable: ", cc_print_member(value, "unusable", p), ") ",
                           cc_print_member(value, "octets", p), NULL);
    }
    return json_is_string(value) ? cc_print_safe(json_string_value(value), p) : NULL;
}

void cc_print_field(const json_t *answer, const char *name, apr_pool_t *p)
{
    cc_print_line(name, field_text(answer, name, p));
}

void cc_print_host(const json_t *answer, apr_pool_t *p)
{
    const json_t *host = json_object_get(answer, "host");
    const char *where = cc_print_member(host, "where", p);

    printf("%-14s%s: %s%s%s%s\n", "host", cc_print_member(host, "name", p),
           cc_print_member(host, "taken_as", p), where ? " (" : "", where ? where : "",
           where ? ")" : "");
}

/* "yes", "yes: its key is pinned (table NAME)", or "yes: up to the CA "CN=...", of the file PATH
 * (trust domain DOMAIN)". */
static const char *verified_text(const json_t *verification, apr_pool_t *p)
{
    const json_t *ca = json_object_get(verification, "ca");
    const char *table = cc_print_member(verification, "pinned", p);
    const char *subject = cc_print_member(ca, "subject", p), *file = cc_print_member(ca, "file", p);
    const char *domain = cc_print_member(ca, "domain", p);

    if (table) {
        return apr_pstrcat(p, "yes: its key is pinned (table ", table, ")", NULL);
    }
    if (!file) {
        return "yes";
    }
    return apr_pstrcat(p, "yes: up to the CA \"", subject ? subject : "", "\" of ", file,
                       domain ? " (trust domain " : "", domain ? domain : "", domain ? ")" : "",
                       NULL);
}

void cc_print_verification(const json_t *answer, const cc_style_t *style, apr_pool_t *p)
{
    const json_t *verification = json_object_get(answer, "verification");
    const char *reason = cc_print_member(verification, "reason", p);

    cc_print_result("verified",
                    reason ? apr_pstrcat(p, "no: ", reason, NULL) : verified_text(verification, p),
                    reason ? style->bad : style->good, style);
}

static void hint_print(const json_t *step, const char *indent, apr_pool_t *p)
{
    const char *hint = cc_print_member(step, "hint", p);

    if (hint) {
        printf("%s    hint: %s\n", indent, hint);
    }
}

void cc_print_trace(const json_t *trace, const char *indent, const cc_style_t *style, apr_pool_t *p)
{
    json_t *step;
    size_t i;

    json_array_foreach(trace, i, step)
    {
        bool is_rule = !json_object_get(step, "namespace");

        printf("%s%s: %s%s\n", indent, cc_print_member(step, "rule", p),
               is_rule ? "ClientCertMap " : "", cc_print_member(step, "text", p));
        if (json_is_true(json_object_get(step, "holds"))) {
            printf("%s    %smatches%s\n", indent, style->good, style->plain);
        } else {
            bool undecided = json_object_get(step, "undecided") != NULL;

            printf("%s    %s%s%s: %s; seen: %s\n", indent, undecided ? style->doubt : style->bad,
                   undecided ? "cannot be decided" : "does not match", style->plain,
                   cc_print_member(step, "condition", p), cc_print_member(step, "seen", p));
            hint_print(step, indent, p);
        }
    }
}

/* "3 hours"; in the largest unit that gives at least 2. */
static const char *span_text(json_int_t seconds, apr_pool_t *p)
{
    static const struct {
        json_int_t seconds;
        const char *name;
    } units[] = {{86400, "days"}, {3600, "hours"}, {60, "minutes"}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (seconds >= 2 * units[i].seconds) {
            return apr_psprintf(p, "%ld %s", (long)(seconds / units[i].seconds), units[i].name);
        }
    }
    return seconds < 2 ? "a moment" : apr_psprintf(p, "%ld seconds", (long)seconds);
}

const char *cc_print_moment(const char *time, json_int_t distance, apr_pool_t *p)
{
    if (distance <= 0) {
        return apr_psprintf(p, "%s (%s ago)", time, span_text(-distance, p));
    }
    return apr_psprintf(p, "%s (in %s)", time, span_text(distance, p));
}

void cc_print_json(const json_t *answer, size_t flags)
{
    char *text = json_dumps(answer, flags);

    puts(text ? text : "null");
    free(text);
}

json_t *cc_print_json_text(const char *text, apr_pool_t *p)
{
    return text ? json_string(cc_print_safe(text, p)) : json_null();
}
