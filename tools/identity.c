/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the identity that an answer of "explain" gives, as text and as JSON. */
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "tool.h"

#define NEGATIVE 1
#define UNKNOWN 2

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name that cannot be mistaken for another part of the line is printed as it is. */
static const char *name_text(const char *name, apr_pool_t *p)
{
    static const char *const others[] = {"no", "unmapped", "denied", "rejected", "failed"};
    bool plain = true;

    for (const char *c = name; *c; c++) {
        plain = plain && (apr_isalnum(*c) || strchr("._@-", *c));
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        plain = plain && strcmp(name, others[i]) != 0;
    }
    return plain ? name : apr_pstrcat(p, "\"", cc_text_escape(name, strlen(name), p), "\"", NULL);
}

/* The names of the groups, sorted. */
static apr_array_header_t *groups_of(const json_t *verdict, apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 8, sizeof(const char *));
    json_t *group;
    size_t i;

    json_array_foreach(json_object_get(verdict, "groups"), i, group)
    {
        const char *name = json_string_value(json_object_get(group, "name"));

        APR_ARRAY_PUSH(names, const char *) = name ? name : "";
    }
    qsort(names->elts, (size_t)names->nelts, sizeof(const char *), by_text);
    return names;
}

/* "alice (admins, staff)" */
static const char *mapped_text(const json_t *verdict, apr_pool_t *p)
{
    const char *user = json_string_value(json_object_get(verdict, "user"));
    const apr_array_header_t *groups = groups_of(verdict, p);
    const char *text = user ? name_text(user, p) : "no user";

    for (int i = 0; i < groups->nelts; i++) {
        text = apr_pstrcat(p, text, i > 0 ? ", " : " (",
                           name_text(APR_ARRAY_IDX(groups, i, const char *), p), NULL);
    }
    return groups->nelts > 0 ? apr_pstrcat(p, text, ")", NULL) : text;
}

const char *cc_identity_result(const json_t *answer)
{
    const char *result = json_string_value(json_object_get(answer, "result"));

    return result ? result : "failed";
}

const char *cc_identity_access(const json_t *answer)
{
    const char *outcome =
        json_string_value(json_object_get(json_object_get(answer, "access"), "outcome"));

    return outcome ? outcome : "";
}

const char *cc_identity_text(const json_t *answer, apr_pool_t *p)
{
    const char *result = cc_identity_result(answer);

    return strcmp(result, "mapped") == 0 ? mapped_text(json_object_get(answer, "verdict"), p)
                                         : result;
}

json_t *cc_identity_json(const json_t *answer)
{
    const json_t *verdict = json_object_get(answer, "verdict");
    bool mapped = strcmp(cc_identity_result(answer), "mapped") == 0;
    json_t *side = json_pack("{s:s, s:O?, s:O?}", "result", cc_identity_result(answer), "user",
                             mapped ? json_object_get(verdict, "user") : json_null(), "access",
                             json_object_get(answer, "access"));
    json_t *names = json_array();
    json_t *group;
    size_t i;

    json_array_foreach(mapped ? json_object_get(verdict, "groups") : NULL, i, group)
    {
        json_array_append(names, json_object_get(group, "name"));
    }
    json_object_set_new(side, "groups", names);
    return side;
}

int cc_identity_exit(const json_t *answer)
{
    const char *result = cc_identity_result(answer), *access = cc_identity_access(answer);

    if (strcmp(result, "failed") == 0) {
        return UNKNOWN;
    }
    return strcmp(result, "mapped") != 0 || (*access && strcmp(access, "granted") != 0) ? NEGATIVE
                                                                                        : 0;
}
