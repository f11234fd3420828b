/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the identity that an answer of "explain" gives, as text and as JSON. */
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "server.h"

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

/* "BEFORE admins, staffAFTER": the names of all groups or accounts, sorted; "": there are none. */
static const char *names_text(const json_t *verdict, const char *kind, const char *before,
                              const char *after, apr_pool_t *p)
{
    apr_array_header_t *names = apr_array_make(p, 8, sizeof(const char *));
    const char *text = before;
    json_t *one;
    size_t i;

    json_array_foreach(json_object_get(verdict, kind), i, one)
    {
        const char *name = json_string_value(json_object_get(one, "name"));

        APR_ARRAY_PUSH(names, const char *) = name ? name : "";
    }
    qsort(names->elts, (size_t)names->nelts, sizeof(const char *), by_text);
    for (int at = 0; at < names->nelts; at++) {
        text = apr_pstrcat(p, text, at > 0 ? ", " : "",
                           name_text(APR_ARRAY_IDX(names, at, const char *), p), NULL);
    }
    return names->nelts > 0 ? apr_pstrcat(p, text, after, NULL) : "";
}

/* "alice (admins, staff)" */
static const char *mapped_text(const json_t *verdict, apr_pool_t *p)
{
    const char *user = json_string_value(json_object_get(verdict, "user"));

    return apr_pstrcat(p, user ? name_text(user, p) : "no user",
                       names_text(verdict, "groups", " (", ")", p), NULL);
}

/* A certificate that is rejected has nothing; one without a user may still choose an account. */
static const json_t *verdict_of(const json_t *answer)
{
    const char *result = cc_identity_result(answer);

    return strcmp(result, "mapped") == 0 || strcmp(result, "unmapped") == 0
               ? json_object_get(answer, "verdict")
               : NULL;
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
    const json_t *verdict = verdict_of(answer);

    return apr_pstrcat(p, strcmp(result, "mapped") == 0 ? mapped_text(verdict, p) : result,
                       names_text(verdict, "accounts", ", account ", "", p), NULL);
}

static json_t *names_json(const json_t *verdict, const char *kind)
{
    json_t *names = json_array();
    json_t *one;
    size_t i;

    json_array_foreach(json_object_get(verdict, kind), i, one)
    {
        json_array_append(names, json_object_get(one, "name"));
    }
    return names;
}

json_t *cc_identity_json(const json_t *answer)
{
    const json_t *verdict = verdict_of(answer);
    json_t *user = json_object_get(verdict, "user");

    return json_pack("{s:s, s:O, s:O?, s:o, s:o}", "result", cc_identity_result(answer), "user",
                     user ? user : json_null(), "access", json_object_get(answer, "access"),
                     "groups", names_json(verdict, "groups"), "accounts",
                     names_json(verdict, "accounts"));
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
