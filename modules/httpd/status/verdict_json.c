/* SPDX-License-Identifier: Apache-2.0 */
/* Converts certificates, verdicts and traces to JSON. */
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "cert/cert.h"
#include "httpd/status/verdict_json.h"
#include "rules/rules.h"

json_t *cc_json_text(const char *text, apr_size_t len, apr_pool_t *p)
{
    if (cc_text_unusable(text, len)) {
        text = cc_text_escape(text, len, p);
        len = strlen(text);
    }
    return json_stringn(text, len);
}

json_t *cc_json_string(const char *text, apr_pool_t *p)
{
    return text ? cc_json_text(text, strlen(text), p) : json_null();
}

json_t *cc_json_strings(const apr_array_header_t *texts, apr_pool_t *p)
{
    json_t *list = json_array();

    for (int i = 0; i < texts->nelts; i++) {
        json_array_append_new(list, cc_json_string(APR_ARRAY_IDX(texts, i, const char *), p));
    }
    return list;
}

/* ---- fields ------------------------------------------------------------------------------ */

/* The baton of cc_field_each. */
typedef struct fields_t {
    json_t *all;
    apr_pool_t *pool;
} fields_t;

static json_t *value_of(const cc_value_t *value, apr_pool_t *p)
{
    if (value->unusable) {
        return json_pack("{s:s, s:s}", "unusable", value->unusable, "octets",
                         cc_text_escape(value->text, value->len, p));
    }
    return cc_json_text(value->text, value->len, p);
}

static void field_add(const char *name, const cc_fieldref_t *ref, cc_values_t values, void *baton)
{
    fields_t *fields = baton;
    json_t *list;

    if (!strcmp(ref->field->name, "pem") || !strcmp(ref->field->name, "der")) {
        return;
    }
    list = json_array();
    for (int i = 0; i < values.count; i++) {
        json_array_append_new(list, value_of(&values.at[i], fields->pool));
    }
    json_object_set_new(fields->all, name, list);
}

json_t *cc_json_fields(const cc_cert_t *cert, const cc_facts_t *facts, apr_pool_t *p)
{
    fields_t fields = {json_object(), p};

    cc_field_each(cert, facts, field_add, &fields, p);
    return fields.all;
}

/* ---- verdicts ---------------------------------------------------------------------------- */

/* A name that a rule gave. */
static json_t *given(const char *name, const char *where, apr_pool_t *p)
{
    return json_pack("{s:o, s:o}", "name", cc_json_string(name, p), "rule",
                     cc_json_string(where, p));
}

static json_t *groups_of(const cc_verdict_t *verdict, apr_pool_t *p)
{
    json_t *groups = json_array();

    for (int i = 0; i < verdict->group_count; i++) {
        const cc_group_t *group = &verdict->groups[i];

        json_array_append_new(groups, given(group->name, group->where, p));
    }
    return groups;
}

static json_t *accounts_of(const cc_verdict_t *verdict, apr_pool_t *p)
{
    json_t *accounts = json_array();

    for (int i = 0; i < verdict->account_count; i++) {
        const cc_account_t *account = &verdict->accounts[i];

        json_array_append_new(accounts, given(account->name, account->where, p));
    }
    return accounts;
}

static json_t *matched_of(const cc_verdict_t *verdict, apr_pool_t *p)
{
    json_t *rules = json_array();

    for (int i = 0; i < verdict->matched_count; i++) {
        json_array_append_new(rules, cc_json_string(verdict->matched[i].where, p));
    }
    return rules;
}

static json_t *notes_of(const cc_verdict_t *verdict, apr_pool_t *p)
{
    json_t *notes = json_array();

    for (int i = 0; i < verdict->note_count; i++) {
        const cc_note_t *note = &verdict->notes[i];
        json_array_append_new(notes, json_pack("{s:s, s:o, s:o}", "tag", note->tag, "rule",
                                               cc_json_string(note->where, p), "text",
                                               cc_json_string(note->text, p)));
    }
    return notes;
}

json_t *cc_json_verdict(const cc_verdict_t *verdict, apr_pool_t *p)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "result",
                     cc_verdict_word(verdict), "user", cc_json_string(verdict->user, p),
                     "user_rule", cc_json_string(verdict->user_where, p), "strength",
                     cc_json_string(cc_verdict_strength(verdict), p), "groups",
                     groups_of(verdict, p), "accounts", accounts_of(verdict, p), "rules",
                     matched_of(verdict, p), "denied_by", cc_json_string(verdict->denied_where, p),
                     "outside", cc_json_string(verdict->outside_where, p), "failure",
                     cc_json_string(verdict->failure, p), "notes", notes_of(verdict, p));
}

/* ---- traces ------------------------------------------------------------------------------ */

json_t *cc_json_trace(const apr_array_header_t *trace, bool conditions, apr_pool_t *p)
{
    json_t *steps = json_array();

    for (int i = 0; i < trace->nelts; i++) {
        const cc_step_t *step = &APR_ARRAY_IDX(trace, i, cc_step_t);
        json_t *one = json_pack("{s:o, s:b}", "rule", cc_json_string(step->where, p), "holds",
                                step->condition == NULL);
        if (step->confines) {
            json_object_set_new(one, "namespace", json_true());
        }
        if (step->condition) {
            if (step->undecided) {
                json_object_set_new(one, "undecided", json_true());
            }
            json_object_set_new(one, "field", cc_json_string(step->field, p));
            if (conditions) {
                json_object_set_new(one, "condition", cc_json_string(step->condition, p));
            }
            json_object_set_new(one, "seen", cc_json_string(step->seen, p));
            if (conditions && step->hint) {
                json_object_set_new(one, "hint", cc_json_string(step->hint, p));
            }
        }
        json_array_append_new(steps, one);
    }
    return steps;
}

json_t *cc_json_trace_rules(const apr_array_header_t *trace, const cc_rules_t *rules, apr_pool_t *p)
{
    json_t *steps = cc_json_trace(trace, true, p);

    for (int i = 0; i < trace->nelts; i++) {
        const cc_step_t *step = &APR_ARRAY_IDX(trace, i, cc_step_t);

        const char *text = step->confines
                               ? apr_pstrcat(p, "ClientCertNamespace ", step->confines, NULL)
                               : cc_rules_text(rules, step->number, p);

        json_object_set_new(json_array_get(steps, (size_t)i), "text", cc_json_string(text, p));
    }
    return steps;
}
