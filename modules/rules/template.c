/* SPDX-License-Identifier: Apache-2.0 */
/* Parses templates: text, %{FIELD|MODIFIER}, $1 to $9, $<name>, %% and $$. */

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "rules/internal.h"

/* The template that is being read, and the place in it. */
typedef struct cc_template_scan_t {
    cc_rule_reader_t *reader;
    cc_template_t *template;
    const char *at;
} cc_template_scan_t;

static apr_status_t scan_error(const cc_template_scan_t *scan, const char *tag, const char *word,
                               const char *message)
{
    return cc_error_set(scan->reader->err, scan->reader->rules->pool, tag, word, "%s", message);
}

/* The text between *scan and the next `end`, which is passed; NULL if there is no `end`. */
static const char *scan_until(cc_template_scan_t *scan, char end)
{
    const char *from = scan->at, *to = strchr(from, end);

    if (to) {
        scan->at = to + 1;
        return apr_pstrmemdup(scan->reader->rules->pool, from, (apr_size_t)(to - from));
    }
    return NULL;
}

/* ---- parts ------------------------------------------------------------------------------- */

static void literal_add(cc_template_scan_t *scan, const char *text, apr_size_t len)
{
    cc_part_t *part = &APR_ARRAY_PUSH(scan->template->parts, cc_part_t);

    part->literal.iov_base = (char *)text;
    part->literal.iov_len = len;
    part->variable = -1;
    part->group = 0;
}

/* All parts that come from the same field or condition share one variable: they change together. */
static cc_variable_t *variable_add(cc_template_scan_t *scan, cc_variable_t wanted, int group)
{
    apr_array_header_t *variables = scan->template->variables;
    cc_part_t *part = &APR_ARRAY_PUSH(scan->template->parts, cc_part_t);
    int i = 0;

    for (; i < variables->nelts; i++) {
        const cc_variable_t *variable = &APR_ARRAY_IDX(variables, i, cc_variable_t);
        if (variable->selector == wanted.selector && variable->capture == wanted.capture) {
            break;
        }
    }
    if (i == variables->nelts) {
        APR_ARRAY_PUSH(variables, cc_variable_t) = wanted;
    }
    memset(part, 0, sizeof(*part));
    part->variable = i;
    part->group = group;
    return &APR_ARRAY_IDX(variables, i, cc_variable_t);
}

/* `group` is that of the pattern, or the column of the table. */
static void capture_add(cc_template_scan_t *scan, cc_condition_t *condition, int group)
{
    cc_variable_t *variable;

    if (condition->capture < 0) {
        condition->capture = scan->reader->rule->capture_count++;
    }
    variable = variable_add(scan, (cc_variable_t){NULL, condition->capture, 0}, group);
    if (condition->table) {
        variable->columns |= 1u << (group - 1);
        condition->columns = group > condition->columns ? group : condition->columns;
    }
}

/* ---- captures ---------------------------------------------------------------------------- */

static bool captures(const cc_condition_t *condition)
{
    return condition->pattern && !condition->op->negative &&
           cc_pattern_groups(condition->pattern) > 0;
}

static bool has_columns(const cc_condition_t *condition)
{
    return condition->table && !condition->op->negative;
}

/*
 * Whether $1 can refer to this condition. Columns have no names: if there are columns, the numbers
 * refer to them rather than to a pattern whose groups all have names.
 */
static bool captures_by_number(const cc_condition_t *condition, bool columns)
{
    return has_columns(condition) ||
           (captures(condition) && !(columns && cc_pattern_groups_named(condition->pattern)));
}

static bool rule_has_columns(const apr_array_header_t *conditions)
{
    for (int i = 0; i < conditions->nelts; i++) {
        if (has_columns(&APR_ARRAY_IDX(conditions, i, cc_condition_t))) {
            return true;
        }
    }
    return false;
}

/* The first condition from *i on that captures by number, or NULL; *i is then after it. */
static cc_condition_t *capturing_next(const apr_array_header_t *conditions, bool columns, int *i)
{
    while (*i < conditions->nelts) {
        cc_condition_t *condition = &APR_ARRAY_IDX(conditions, (*i)++, cc_condition_t);
        if (captures_by_number(condition, columns)) {
            return condition;
        }
    }
    return NULL;
}

/* $1 to $9: of the one capturing condition. */
static apr_status_t scan_number(cc_template_scan_t *scan)
{
    apr_array_header_t *conditions = scan->reader->rule->conditions;
    const char *word = apr_psprintf(scan->reader->rules->pool, "$%c", *scan->at);
    int group = *scan->at++ - '0';
    bool columns = rule_has_columns(conditions);
    int i = 0;
    cc_condition_t *found = capturing_next(conditions, columns, &i);

    if (capturing_next(conditions, columns, &i)) {
        return scan_error(scan, "CC0228", word,
                          columns ? "several conditions of this rule capture; beside an in "
                                    "condition, name all groups of a pattern, (?<name>...), and "
                                    "write $<name>; for the columns of several tables, write a "
                                    "rule for each table"
                                  : "several conditions of this rule capture; name their groups, "
                                    "(?<name>...), and write $<name>");
    }
    if (!found || (found->pattern && group > cc_pattern_groups(found->pattern))) {
        return scan_error(scan, "CC0227", word,
                          "no condition of this rule captures it; $1 is the first (...) in the "
                          "pattern of a =~ condition, or the first column of an in condition");
    }
    capture_add(scan, found, group);
    return APR_SUCCESS;
}

/* $<name>: of whichever condition has a group of this name. */
static apr_status_t scan_name(cc_template_scan_t *scan)
{
    apr_array_header_t *conditions = scan->reader->rule->conditions;
    const char *word = scan->at - 1;
    const char *name;

    scan->at++;
    name = scan_until(scan, '>');
    if (!name) {
        return scan_error(scan, "CC0225", word, "the > is missing; write $<name>");
    }
    for (int i = 0; i < conditions->nelts; i++) {
        cc_condition_t *condition = &APR_ARRAY_IDX(conditions, i, cc_condition_t);
        int group = captures(condition) ? cc_pattern_group_find(condition->pattern, name) : 0;
        if (group > 0) {
            capture_add(scan, condition, group);
            return APR_SUCCESS;
        }
    }
    return scan_error(scan, "CC0227", apr_pstrcat(scan->reader->rules->pool, "$<", name, ">", NULL),
                      "no condition of this rule captures it; it must be the name of one group, "
                      "(?<name>...), of a =~ condition");
}

/* ---- the template ------------------------------------------------------------------------ */

static apr_status_t scan_dollar(cc_template_scan_t *scan)
{
    if (*scan->at == '$') {
        literal_add(scan, scan->at++, 1);
        return APR_SUCCESS;
    }
    if (*scan->at >= '1' && *scan->at <= '9') {
        return scan_number(scan);
    }
    if (*scan->at == '<') {
        return scan_name(scan);
    }
    return scan_error(scan, "CC0225", scan->at - 1,
                      "a lone $; write $1 to $9 or $<name> for a group of the pattern, $$ for a "
                      "dollar sign (${...} is a variable of httpd)");
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
        name = scan_until(scan, '}');
    }
    if (!name) {
        return scan_error(scan, "CC0226", word,
                          "a lone %; write %{FIELD} or %{FIELD|MODIFIER} for the value of a "
                          "field, %% for a percent sign");
    }
    rv = cc_selector_find(&selector, scan->reader, name);
    if (rv == APR_SUCCESS) {
        rv = der_refuse(scan, selector);
    }
    if (rv == APR_SUCCESS) {
        variable_add(scan, (cc_variable_t){selector, -1, 0}, 0);
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

apr_status_t cc_template_parse(const cc_template_t **template, cc_rule_reader_t *reader,
                               const char *output)
{
    apr_pool_t *p = reader->rules->pool;
    cc_template_t *made = apr_palloc(p, sizeof(*made));
    cc_template_scan_t scan = {reader, made, strchr(output, '=') + 1};
    const char *unusable = cc_text_unusable(scan.at, strlen(scan.at));
    apr_status_t rv = APR_SUCCESS;

    if (unusable || *scan.at == '\0') {
        return scan_error(
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
    *template = made;
    return rv;
}
