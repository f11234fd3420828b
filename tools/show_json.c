/* SPDX-License-Identifier: Apache-2.0 */
/* Command show with --json: prints the suggested rule and the values of a certificate as JSON. */
#include "server.h"

/* The values of a certificate, the baton of field_add. */
typedef struct shown_fields_t {
    json_t *json;
    apr_pool_t *pool;
} shown_fields_t;

static json_t *value_json(const cc_value_t *value, apr_pool_t *p)
{
    if (value->unusable) {
        return json_pack("{s:s, s:s}", "unusable", value->unusable, "octets",
                         cc_text_escape(value->text, value->len, p));
    }
    return json_stringn(value->text, value->len);
}

static void field_add(const char *name, cc_type_t type, cc_values_t values, void *baton)
{
    const shown_fields_t *fields = baton;
    json_t *list = json_array();

    (void)type;
    for (int i = 0; i < values.count; i++) {
        json_array_append_new(list, value_json(&values.at[i], fields->pool));
    }
    json_object_set_new(fields->json, name, list);
}

apr_status_t cc_show_json(cc_show_t *show, cc_tool_t *tool)
{
    shown_fields_t fields = {json_object(), tool->pool};
    const char *reason;
    const char *rule = cc_suggest_rule(&reason, show->cert, &show->facts, tool->pool);
    json_t *answer;

    show->field = field_add;
    show->baton = &fields;
    cc_show_fields(show);
    answer = json_pack("{s:o, s:o, s:o}", "rule", cc_print_json_text(rule, tool->pool), "reason",
                       cc_print_json_text(reason, tool->pool), "certificate", fields.json);
    cc_print_json(answer, JSON_INDENT(2));
    json_decref(answer);
    return APR_SUCCESS;
}
