/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the captures of templates: $1 to $9 and $<name>, with the modifiers behind them. */

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "rules/modifier.h"
#include "rules/template.h"

apr_status_t cc_template_error(const cc_template_scan_t *scan, const char *tag, const char *word,
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

/* The selector that modifiers begin with: text, of which the field says only the letter case. */
static void capture_set(cc_capture_t *capture, cc_template_scan_t *scan, const char *name,
                        cc_condition_t *condition, int group)
{
    cc_selector_t *selector = apr_pcalloc(scan->reader->rules->pool, sizeof(*selector));

    selector->number = CC_SELECTOR_OF_CAPTURE;
    selector->name = name;
    selector->where = scan->reader->rule->where;
    selector->ref = condition->selector->ref;
    selector->type = CC_TYPE_TEXT;
    selector->plain = true;
    selector->casing = condition->pattern ? condition->selector->casing : NULL;
    *capture = (cc_capture_t){condition, group, selector};
}

/* 1 to 9: of the one capturing condition. */
static apr_status_t scan_number(cc_template_scan_t *scan, cc_capture_t *capture)
{
    apr_array_header_t *conditions = scan->reader->rule->conditions;
    const char *word = apr_psprintf(scan->reader->rules->pool, "$%c", *scan->at);
    int group = *scan->at++ - '0';
    bool columns = rule_has_columns(conditions);
    int i = 0;
    cc_condition_t *found = capturing_next(conditions, columns, &i);

    if (apr_isdigit(*scan->at)) {
        return cc_error_set(scan->reader->err, scan->reader->rules->pool, "CC0207", word,
                            "there is no %s%c; name the group, (?<name>...), and write $<name>, "
                            "or write %%{%s}%c for %s and then a %c",
                            word, *scan->at, word, *scan->at, word, *scan->at);
    }
    if (capturing_next(conditions, columns, &i)) {
        return cc_template_error(
            scan, "CC0228", word,
            columns ? "several conditions of this rule capture; beside an in "
                      "condition, name all groups of a pattern, (?<name>...), and "
                      "write $<name>; for the columns of several tables, write a "
                      "rule for each table"
                    : "several conditions of this rule capture; name their groups, "
                      "(?<name>...), and write $<name>");
    }
    if (!found || (found->pattern && group > cc_pattern_groups(found->pattern))) {
        return cc_template_error(
            scan, "CC0227", word,
            "no condition of this rule captures it; $1 is the first (...) in the "
            "pattern of a =~ condition, or the first column of an in condition");
    }
    capture_set(capture, scan, word, found, group);
    return APR_SUCCESS;
}

/* <name>: of whichever condition has a group of this name. */
static apr_status_t scan_name(cc_template_scan_t *scan, cc_capture_t *capture)
{
    apr_array_header_t *conditions = scan->reader->rule->conditions;
    const char *from = scan->at - 1;
    const char *name, *word;

    scan->at++;
    name = scan_until(scan, '>');
    if (!name) {
        return cc_template_error(scan, "CC0225", from, "the > is missing; write $<name>");
    }
    word = apr_pstrcat(scan->reader->rules->pool, "$<", name, ">", NULL);
    for (int i = 0; i < conditions->nelts; i++) {
        cc_condition_t *condition = &APR_ARRAY_IDX(conditions, i, cc_condition_t);
        int group = captures(condition) ? cc_pattern_group_find(condition->pattern, name) : 0;
        if (group > 0) {
            capture_set(capture, scan, word, condition, group);
            return APR_SUCCESS;
        }
    }
    return cc_template_error(
        scan, "CC0227", word,
        "no condition of this rule captures it; it must be the name of one group, "
        "(?<name>...), of a =~ condition");
}

static bool is_capture(const char *text)
{
    return (*text >= '1' && *text <= '9') || *text == '<';
}

/* What follows a $: 1 to 9 or <name>. */
static apr_status_t scan_capture(cc_template_scan_t *scan, cc_capture_t *capture)
{
    return *scan->at == '<' ? scan_name(scan, capture) : scan_number(scan, capture);
}

/* ---- modifiers of captures --------------------------------------------------------------- */

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* The modifier that begins here: letters and digits, and an argument in parentheses. */
static const char *scan_modifier(cc_template_scan_t *scan)
{
    const char *from = scan->at;
    const char *to = from + strspn(from, WORD);

    if (*to == '(') {
        const char *end = cc_selector_close(to);
        to = end ? end + 1 : to + strlen(to);
    }
    scan->at = to;
    return apr_pstrmemdup(scan->reader->rules->pool, from, (apr_size_t)(to - from));
}

#define NOT_HERE "; before text, write %{$1|MODIFIER} instead of $1|MODIFIER, and $| for a bar"

/* The modifiers behind $1 or $<name>; a bar before anything but a letter is text. */
static apr_status_t scan_modifiers(cc_template_scan_t *scan, cc_capture_t *capture)
{
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && scan->at[0] == '|' && apr_isalpha(scan->at[1])) {
        apr_size_t len = strspn(scan->at + 1, WORD);
        const char *name = apr_pstrmemdup(scan->reader->rules->pool, scan->at + 1, len);

        if (!cc_modifier_find(name)) {
            return cc_selector_no_modifier(scan->reader, name, NOT_HERE);
        }
        scan->at++;
        rv = cc_selector_modify(&capture->selector, scan->reader, scan_modifier(scan));
    }
    return rv;
}

/* %{$1|MODIFIER} and %{$<name>|MODIFIER}: `text` is what is between the braces. */
apr_status_t cc_capture_read(cc_capture_t *capture, const cc_template_scan_t *scan,
                             const char *text)
{
    cc_template_scan_t inner = {scan->reader, scan->template, text + 1};
    apr_status_t rv = is_capture(inner.at) ? scan_capture(&inner, capture) : APR_EINVAL;

    if (!is_capture(text + 1) || (rv == APR_SUCCESS && *inner.at && *inner.at != '|')) {
        return cc_template_error(scan, "CC0225", text,
                                 "not a capture group; in braces, write %{$1|MODIFIER} or "
                                 "%{$<name>|MODIFIER}");
    }
    while (rv == APR_SUCCESS && *inner.at == '|') {
        const char *end = cc_selector_until(inner.at + 1, "|");
        const char *word = apr_pstrmemdup(scan->reader->rules->pool, inner.at + 1,
                                          (apr_size_t)(end - inner.at - 1));

        inner.at = end;
        rv = cc_selector_modify(&capture->selector, scan->reader, word);
    }
    return rv;
}

apr_status_t cc_capture_scan(cc_capture_t *capture, cc_template_scan_t *scan)
{
    apr_status_t rv;

    if (!is_capture(scan->at)) {
        return cc_template_error(scan, "CC0225", scan->at - 1,
                                 "a lone $; write $1 to $9 or $<name> for a group of the pattern, "
                                 "$$ for a dollar sign (${...} is a variable of httpd)");
    }
    rv = scan_capture(scan, capture);
    return rv == APR_SUCCESS ? scan_modifiers(scan, capture) : rv;
}
