/* SPDX-License-Identifier: Apache-2.0 */
/* Commands fields, operators and modifiers: prints the registries as tables in Markdown. */
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "tool.h"

/* Escapes the bars in a cell of a Markdown table. */
static const char *cell(const char *text, apr_pool_t *p)
{
    char *escaped = apr_palloc(p, 2 * strlen(text) + 1);
    char *to = escaped;

    for (; *text; text++) {
        if (*text == '|') {
            *to++ = '\\';
        }
        *to++ = *text;
    }
    *to = '\0';
    return escaped;
}

static const char *type_name(cc_type_t type)
{
    static const char *const names[] = {
        [CC_TYPE_TEXT] = "text", [CC_TYPE_DN] = "DN",         [CC_TYPE_NUMBER] = "number",
        [CC_TYPE_TIME] = "time", [CC_TYPE_OCTETS] = "octets", [CC_TYPE_DER] = "DER",
    };

    return names[type];
}

static void field_print(const cc_field_t *field, apr_pool_t *p)
{
    const char *argument =
        field->argument ? apr_pstrcat(p, " `X` is ", field->argument, ".", NULL) : "";

    printf("| `%s%s` | %s | %s | %s%s | `%s` |\n", field->name, field->argument ? "X" : "",
           type_name(field->type), field->many ? "several" : "one", cell(field->description, p),
           cell(argument, p), cell(field->example, p));
}

static void prefix_print(const cc_field_prefix_t *prefix, apr_pool_t *p)
{
    printf("| `%sX` | that of X | %s | %s `X` is a field of a certificate itself: subject.CN, "
           "sha256, pem. | `%s` |\n",
           prefix->name, prefix->many ? "several" : "those of X", cell(prefix->description, p),
           cell(prefix->example, p));
}

apr_status_t cc_reference_fields(cc_tool_t *tool)
{
    const cc_field_prefix_t *prefix;
    const cc_field_t *field;

    puts("| Field | Type | Values | Description | Example |\n"
         "|-------|------|--------|------------|---------|");
    for (int i = 0; (field = cc_field_at(i)); i++) {
        field_print(field, tool->pool);
    }
    for (int i = 0; (prefix = cc_field_prefix_at(i)); i++) {
        prefix_print(prefix, tool->pool);
    }
    return APR_SUCCESS;
}

static void words_head(const char *title)
{
    printf("| %s | Description | Example |\n|---|---|---|\n", title);
}

static void word_print(const char *name, const cc_word_t *word, apr_pool_t *p)
{
    printf("| `%s` | %s | `%s` |\n", name, cell(word->description, p), cell(word->example, p));
}

apr_status_t cc_reference_operators(cc_tool_t *tool)
{
    const cc_word_t *word;

    words_head("Operator");
    for (int i = 0; (word = cc_operator_at(i)); i++) {
        word_print(word->name, word, tool->pool);
    }
    return APR_SUCCESS;
}

apr_status_t cc_reference_modifiers(cc_tool_t *tool)
{
    const cc_word_t *word;

    words_head("Modifier");
    for (int i = 0; (word = cc_modifier_at(i)); i++) {
        const char *argument = cc_modifier_argument_at(i);
        const char *name =
            argument ? apr_pstrcat(tool->pool, word->name, "(", argument, ")", NULL) : word->name;

        word_print(name, word, tool->pool);
    }
    return APR_SUCCESS;
}
