/* SPDX-License-Identifier: Apache-2.0 */
/* Parses templates: text, %{FIELD|MODIFIER}, $1|MODIFIER, $<name>|MODIFIER, %%, $$ and $|. */

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "rules/modifier.h"
#include "rules/template.h"

/* ---- parts ------------------------------------------------------------------------------- */

static void literal_add(cc_template_scan_t *scan, const char *text, apr_size_t len)
{
    cc_part_t *part = &APR_ARRAY_PUSH(scan->template->parts, cc_part_t);

    part->literal.iov_base = (char *)text;
    part->literal.iov_len = len;
    part->variable = -1;
    part->group = 0;
    part->modified = part->origin = NULL;
}

static bool same_variable(const cc_variable_t *a, const cc_variable_t *b)
{
    bool chosen = a->chosen && b->chosen ? strcmp(a->chosen->name, b->chosen->name) == 0
                                         : a->chosen == b->chosen;

    return a->selector == b->selector && a->capture == b->capture && chosen;
}

/* All parts that come from the same values share one variable: they change together. */
static cc_variable_t *variable_add(cc_template_scan_t *scan, cc_variable_t wanted, int group,
                                   const cc_selector_t *selector)
{
    apr_array_header_t *variables = scan->template->variables;
    cc_part_t *part = &APR_ARRAY_PUSH(scan->template->parts, cc_part_t);
    int i = 0;

    while (i < variables->nelts &&
           !same_variable(&APR_ARRAY_IDX(variables, i, cc_variable_t), &wanted)) {
        i++;
    }
    if (i == variables->nelts) {
        APR_ARRAY_PUSH(variables, cc_variable_t) = wanted;
    }
    memset(part, 0, sizeof(*part));
    part->variable = i;
    part->group = group;
    part->origin = cc_selector_origin(selector);
    part->modified = selector == part->origin ? NULL : selector;
    return &APR_ARRAY_IDX(variables, i, cc_variable_t);
}

static void capture_add(cc_template_scan_t *scan, const cc_capture_t *capture)
{
    cc_condition_t *condition = capture->condition;
    const cc_selector_t *origin = cc_selector_origin(capture->selector);
    cc_variable_t wanted = {.chosen = origin->base ? origin : NULL, .group = capture->group};
    cc_variable_t *variable;

    if (condition->capture < 0) {
        condition->capture = scan->reader->rule->capture_count++;
    }
    wanted.capture = condition->capture;
    variable = variable_add(scan, wanted, wanted.chosen ? 0 : capture->group, capture->selector);
    if (condition->table) {
        variable->columns |= 1u << (capture->group - 1);
        if (capture->group > condition->columns) {
            condition->columns = capture->group;
        }
    }
}

/* ---- the template ------------------------------------------------------------------------ */

static apr_status_t scan_dollar(cc_template_scan_t *scan)
{
    cc_capture_t capture;
    apr_status_t rv;

    if (*scan->at == '$' || *scan->at == '|') {
        literal_add(scan, scan->at++, 1);
        return APR_SUCCESS;
    }
    rv = cc_capture_scan(&capture, scan);
    if (rv == APR_SUCCESS) {
        capture_add(scan, &capture);
    }
    return rv;
}

/* The text up to the next } that is in no parentheses, which is passed; NULL: there is none. */
static const char *scan_braces(cc_template_scan_t *scan)
{
    const char *from = scan->at, *to = cc_selector_until(from, "}");

    if (*to == '\0') {
        return NULL;
    }
    scan->at = to + 1;
    return apr_pstrmemdup(scan->reader->rules->pool, from, (apr_size_t)(to - from));
}

/* A user or group is a text. The hex of an encoding becomes one only if the rule asks for it. */
static apr_status_t der_refuse(const cc_template_scan_t *scan, const cc_selector_t *selector)
{
    return selector->type != CC_TYPE_DER
               ? APR_SUCCESS
               : cc_error_set(scan->reader->err, scan->reader->rules->pool, "CC0249",
                              selector->name,
                              "its value is DER, which is no name; write %%{%s|text} for the text "
                              "inside it, or %%{%s|hex} for its octets",
                              selector->name, selector->name);
}

static apr_status_t scan_percent(cc_template_scan_t *scan)
{
    const char *word = scan->at - 1;
    const char *name = NULL;
    cc_selector_t *selector;
    apr_status_t rv;

    if (*scan->at == '%') {
        literal_add(scan, scan->at++, 1);
        return APR_SUCCESS;
    }
    if (*scan->at == '{') {
        scan->at++;
        name = scan_braces(scan);
    }
    if (!name) {
        return cc_template_error(scan, "CC0226", word,
                                 "a lone %; write %{FIELD} or %{FIELD|MODIFIER} for the value of a "
                                 "field, %% for a percent sign");
    }
    if (*name == '$') {
        cc_capture_t capture;

        rv = cc_capture_read(&capture, scan, name);
        if (rv == APR_SUCCESS) {
            capture_add(scan, &capture);
        }
        return rv;
    }
    rv = cc_selector_find(&selector, scan->reader, name);
    if (rv == APR_SUCCESS) {
        rv = der_refuse(scan, selector);
    }
    if (rv == APR_SUCCESS) {
        variable_add(scan, (cc_variable_t){.selector = cc_selector_origin(selector), .capture = -1},
                     0, selector);
    }
    return rv;
}

static apr_status_t scan_part(cc_template_scan_t *scan)
{
    apr_size_t len = strcspn(scan->at, "$%");

    if (len > 0) {
        literal_add(scan, scan->at, len);
        scan->at += len;
        return APR_SUCCESS;
    }
    return *scan->at++ == '$' ? scan_dollar(scan) : scan_percent(scan);
}

/*
 * A field that the template has with the same modifiers everywhere needs no steps of its own: its
 * values are those of an evaluation, made once for all rules.
 */
static void variable_settle(const cc_template_t *template, int number)
{
    cc_variable_t *variable = &APR_ARRAY_IDX(template->variables, number, cc_variable_t);
    const cc_selector_t *same = NULL;

    for (int i = 0; i < template->parts->nelts; i++) {
        const cc_part_t *part = &APR_ARRAY_IDX(template->parts, i, cc_part_t);

        if (part->variable == number && (!part->modified || (same && same != part->modified))) {
            return;
        }
        same = part->variable == number ? part->modified : same;
    }
    if (!variable->selector) {
        return;
    }
    variable->selector = same;
    for (int i = 0; i < template->parts->nelts; i++) {
        cc_part_t *part = &APR_ARRAY_IDX(template->parts, i, cc_part_t);

        part->modified = part->variable == number ? NULL : part->modified;
    }
}

apr_status_t cc_template_parse(const cc_template_t **template, cc_rule_reader_t *reader,
                               const char *output)
{
    apr_pool_t *p = reader->rules->pool;
    cc_template_t *made = apr_palloc(p, sizeof(*made));
    cc_template_scan_t scan = {reader, made, strchr(output, '=') + 1};
    const char *unusable = cc_text_unusable(scan.at, strlen(scan.at));
    apr_status_t rv = APR_SUCCESS;

    if (unusable || *scan.at == '\0') {
        return cc_template_error(
            &scan, "CC0229", output,
            unusable ? apr_pstrcat(p, "no user or group can have this name: ", unusable, NULL)
                     : "a template must follow; write text, $1, $<name> or %{FIELD}");
    }
    made->text = output;
    made->parts = apr_array_make(p, 2, sizeof(cc_part_t));
    made->variables = apr_array_make(p, 1, sizeof(cc_variable_t));
    while (*scan.at && rv == APR_SUCCESS) {
        rv = scan_part(&scan);
    }
    for (int i = 0; i < made->variables->nelts && rv == APR_SUCCESS; i++) {
        variable_settle(made, i);
    }
    *template = made;
    return rv;
}
