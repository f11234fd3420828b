/* SPDX-License-Identifier: Apache-2.0 */
/* Command show: prints each value of a certificate as a condition for a rule. */
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "tool.h"
#include "base/words.h"

const char *cc_show_line(const char *name, cc_type_t type, const cc_value_t *value, apr_pool_t *p)
{
    if (value->unusable) {
        return apr_pstrcat(p, "# ", name, ": unusable: ", value->unusable, ": \"",
                           cc_text_escape(value->text, value->len, p), "\"", NULL);
    }
    if (type == CC_TYPE_TEXT || type == CC_TYPE_DN || value->len == 0) {
        return apr_pstrcat(p, name, " == ", cc_word_quote(value->text, p), NULL);
    }
    return apr_pstrcat(p, name, " == ", value->text, NULL);
}

/* ---- fields -------------------------------------------------------------------------------- */

static bool is_usual(const char *field)
{
    static const char *const usual[] = {"subject",    "issuer",    "serial",      "sha256",
                                        "not_before", "not_after", "key.type",    "key.bits",
                                        "key.curve",  "ku",        "spki.sha256", "eku"};

    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (!strcmp(usual[i], field)) {
            return true;
        }
    }
    return !strncmp(field, "san.", strlen("san.")) && strcmp(field, "san.any");
}

/* The DER of an otherName is of use where its text is not. */
static bool is_needed(const cc_show_t *show, const cc_fieldref_t *ref)
{
    const cc_value_t *text = NULL;

    if (!strcmp(ref->field->name, "san.der.")) {
        text = cc_cert_value(show->cert, apr_pstrcat(show->pool, "san.other.", ref->oid, NULL),
                             show->pool);
    }
    return !text || text->unusable;
}

/* The extensions whose elements have fields of their own. */
static bool is_decoded(const char *oid)
{
    static const char *const decoded[] = {"2.5.29.14", "2.5.29.15",           "2.5.29.17",
                                          "2.5.29.19", "2.5.29.32",           "2.5.29.35",
                                          "2.5.29.37", "1.3.6.1.4.1.311.25.2"};

    for (size_t i = 0; i < sizeof(decoded) / sizeof(decoded[0]); i++) {
        if (!strcmp(decoded[i], oid)) {
            return true;
        }
    }
    return false;
}

/* The elements of one value, the baton of cc_inside_each. */
typedef struct element_show_t {
    const cc_show_t *show;
    const char *name; /* of the field */
} element_show_t;

static void element_show(const char *modifiers, cc_type_t type, const cc_value_t *value,
                         void *baton)
{
    const element_show_t *element = baton;
    const char *name = apr_pstrcat(element->show->pool, element->name, "|", modifiers, NULL);

    element->show->field(name, type, (cc_values_t){1, value}, element->show->baton);
}

static void elements_show(const char *name, const cc_fieldref_t *ref, cc_values_t values,
                          const cc_show_t *show)
{
    element_show_t element = {show, name};

    if (ref->field->type == CC_TYPE_DER && values.count == 1 && !values.at->unusable &&
        !is_decoded(ref->oid)) {
        cc_inside_each(values.at, element_show, &element, show->pool);
    }
}

static void field_show(const char *name, const cc_fieldref_t *ref, cc_values_t values, void *baton)
{
    const cc_show_t *show = baton;

    if (show->all || (is_usual(ref->field->name) && is_needed(show, ref))) {
        show->field(name, ref->field->type, values, show->baton);
        elements_show(name, ref, values, show);
    }
}

void cc_show_fields(cc_show_t *show)
{
    cc_field_each(show->cert, &show->facts, field_show, show, show->pool);
}

/* ---- the output ---------------------------------------------------------------------------- */

static void lines_print(const char *name, cc_type_t type, cc_values_t values, void *show)
{
    for (int i = 0; i < values.count; i++) {
        puts(cc_show_line(name, type, &values.at[i], ((const cc_show_t *)show)->pool));
    }
}

static void text_print(cc_show_t *show, const cc_style_t *style)
{
    const char *reason;
    const char *rule = cc_suggest_rule(&reason, show->cert, &show->facts, show->pool);

    if (rule) {
        printf("%s# A rule that maps this certificate:%s\n%s\n", style->bold, style->plain, rule);
    } else {
        printf("%s# No rule is suggested:%s %s\n", style->bold, style->plain, reason);
    }
    printf("\n%s# Conditions that hold for it%s%s\n", style->bold,
           show->all ? ":" : " (--all prints every field):", style->plain);
    show->field = lines_print;
    show->baton = show;
    cc_show_fields(show);
}

apr_status_t cc_show_run(cc_tool_t *tool)
{
    const char *path = cc_files_path(APR_ARRAY_IDX(tool->options.words, 0, const char *));
    cc_show_t show = {.all = tool->options.all, .pool = tool->pool};
    cc_password_t password = {NULL};
    const cc_path_t *above;
    cc_cert_t *cert;
    apr_status_t status = APR_SUCCESS;

    if (tool->options.passin) {
        status = cc_password_read(&password, tool->options.passin, tool->pool, &tool->err);
    }
    if (status == APR_SUCCESS) {
        status =
            cc_cert_read(&cert, &above, path, cc_password_ask, &password, tool->pool, &tool->err);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    show.cert = cert;
    show.facts.now = apr_time_now();
    cc_facts_take_path(&show.facts, above);
    if (tool->options.json) {
        return cc_show_json(&show, tool);
    }
    text_print(&show, tool->style);
    return APR_SUCCESS;
}
