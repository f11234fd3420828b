/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up values for applications: user, group, rule, strength, and fields with modifiers. */
#include <apr_strings.h>
#include <apr_tables.h>

#include "base/error.h"
#include "cert/cert.h"
#include "httpd/peer/client.h"
#include "httpd/request/lookup.h"
#include "rules/rules.h"

typedef enum {
    LOOKUP_USER,
    LOOKUP_GROUP,
    LOOKUP_RULE,
    LOOKUP_STRENGTH,
    LOOKUP_FIELD
} lookup_kind_t;

/* The names that are no fields. */
static const char *const names[LOOKUP_FIELD] = {"user", "group", "rule", "strength"};

struct cc_lookup_t {
    lookup_kind_t kind;
    const cc_selector_t *selector; /* LOOKUP_FIELD */
};

const cc_lookup_t cc_lookup_user = {.kind = LOOKUP_USER};
const cc_lookup_t cc_lookup_group = {.kind = LOOKUP_GROUP};

static lookup_kind_t kind_of(const char *name)
{
    int kind = LOOKUP_USER;

    while (kind < LOOKUP_FIELD && strcasecmp(name, names[kind]) != 0) {
        kind++;
    }
    return (lookup_kind_t)kind;
}

/* A word in the plural, as in clientcert('groups'), is no field either. */
static const char *singular_of(const char *name)
{
    for (int i = 0; i < LOOKUP_FIELD; i++) {
        size_t len = strlen(names[i]);

        if (!strncasecmp(name, names[i], len) && !strcasecmp(name + len, "s")) {
            return names[i];
        }
    }
    return NULL;
}

apr_status_t cc_lookup_parse(const cc_lookup_t **lookup, const char *name, apr_pool_t *p,
                             cc_error_t *err)
{
    cc_lookup_t *made = apr_pcalloc(p, sizeof(*made));
    const char *singular = singular_of(name);

    *lookup = made;
    made->kind = kind_of(name);
    if (made->kind != LOOKUP_FIELD) {
        return APR_SUCCESS;
    }
    if (singular) {
        return cc_error_set(err, p, "CC0240", name, "no such name; write %s", singular);
    }
    return cc_selector_parse(&made->selector, name, p, err);
}

bool cc_lookup_gives_many(const cc_lookup_t *lookup)
{
    return lookup->kind == LOOKUP_FIELD
               ? cc_selector_many(lookup->selector)
               : lookup->kind == LOOKUP_GROUP || lookup->kind == LOOKUP_RULE;
}

static void push(apr_array_header_t *list, const char *text)
{
    APR_ARRAY_PUSH(list, const char *) = text;
}

static void push_field(apr_array_header_t *list, const cc_lookup_t *lookup,
                       const cc_client_t *client, const cc_facts_t *facts)
{
    cc_values_t values = cc_selector_values(lookup->selector, client->cert, facts, list->pool);

    for (int i = 0; i < values.count; i++) {
        if (!values.at[i].unusable) {
            push(list, values.at[i].text);
        }
    }
}

static void push_verdict(apr_array_header_t *list, lookup_kind_t kind, const cc_verdict_t *verdict)
{
    if (kind == LOOKUP_USER && verdict->user) {
        push(list, verdict->user);
    }
    if (kind == LOOKUP_STRENGTH && verdict->user) {
        push(list, cc_verdict_strength(verdict));
    }
    for (int i = 0; kind == LOOKUP_GROUP && i < verdict->group_count; i++) {
        push(list, verdict->groups[i].name);
    }
    for (int i = 0; kind == LOOKUP_RULE && i < verdict->matched_count; i++) {
        push(list, verdict->matched[i].where);
    }
}

apr_array_header_t *cc_lookup_list(const cc_lookup_t *lookup, const cc_client_t *client,
                                   const cc_facts_t *facts, const cc_verdict_t *verdict,
                                   apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(const char *));

    if (lookup->kind == LOOKUP_FIELD) {
        push_field(list, lookup, client, facts);
    } else if (verdict) {
        push_verdict(list, lookup->kind, verdict);
    }
    return list;
}

bool cc_lookup_asks_who(const cc_lookup_t *lookup)
{
    return lookup->kind != LOOKUP_FIELD;
}

const char *cc_lookup_joined(const cc_lookup_t *lookup, const apr_array_header_t *list,
                             apr_pool_t *p)
{
    if (list->nelts == 0) {
        return NULL;
    }
    if (!cc_lookup_gives_many(lookup)) {
        return APR_ARRAY_IDX(list, 0, const char *);
    }
    return cc_parts_join((const char *const *)list->elts, list->nelts, p);
}

const char *cc_lookup_text(const cc_lookup_t *lookup, const cc_client_t *client,
                           const cc_facts_t *facts, const cc_verdict_t *verdict, apr_pool_t *p)
{
    return cc_lookup_joined(lookup, cc_lookup_list(lookup, client, facts, verdict, p), p);
}

cc_path_need_t cc_lookup_path_need(const cc_lookup_t *lookup)
{
    return lookup->kind == LOOKUP_FIELD ? cc_selector_path_need(lookup->selector) : CC_PATH_UNUSED;
}

apr_time_t cc_lookup_stale_at(const cc_lookup_t *lookup, const cc_client_t *client,
                              const cc_facts_t *facts)
{
    if (lookup->kind != LOOKUP_FIELD) {
        return APR_INT64_MAX;
    }
    return cc_selector_stale_at(lookup->selector, client->cert, facts);
}
