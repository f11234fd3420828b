/* SPDX-License-Identifier: Apache-2.0 */
/* Converts patterns over the text of a name to conditions on its attributes. */

/*
 * nginx matches a pattern with the text of the whole name. Rules have no such patterns, so only
 * those are converted that clearly look for one attribute, for a whole name, or for the end of
 * names.
 */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/words.h"
#include "convert/nginx.h"

/* A pattern that is being read. */
typedef struct {
    const cc_nginx_source_t *source;
    const char *at;
    char separator; /* between the attributes of a name */
    bool nocase;
    bool greedy;      /* the last attribute of this type in the text counts */
    const char *type; /* "CN" */
    const char *text; /* the value begins with this text, or is this text; NULL: it is captured */
    bool whole;       /* the value is this text */
    const char *captured;    /* the variable that has the value */
    bool no_comma, no_slash; /* the captured value has none */
} pattern_t;

static bool skip(pattern_t *pattern, const char *text)
{
    size_t len = strlen(text);

    if (strncmp(pattern->at, text, len) != 0) {
        return false;
    }
    pattern->at += len;
    return true;
}

/* What may be in front of TYPE=: the beginning of an attribute, wherever it is. */
static void head_read(pattern_t *pattern)
{
    if (pattern->separator == ',') {
        pattern->greedy = skip(pattern, "^(.*,)?") || skip(pattern, "^(?:.*,)?");
        if (!pattern->greedy && !skip(pattern, "(^|,)")) {
            skip(pattern, "(?:^|,)");
        }
    } else {
        pattern->greedy = skip(pattern, "^.*/");
        if (!pattern->greedy) {
            skip(pattern, "/");
        }
    }
}

/* Types that no other type ends with: the pattern need not begin at the beginning of one. */
static bool type_read(pattern_t *pattern, apr_pool_t *p)
{
    static const char *const types[] = {"CN", "OU", "UID", "emailAddress"};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (skip(pattern, apr_pstrcat(p, types[i], "=", NULL))) {
            pattern->type = types[i];
            return true;
        }
    }
    return false;
}

/* (?<name>[^,]+) or ([^,]+): the value, up to the next attribute. */
static bool capture_read(pattern_t *pattern, apr_pool_t *p)
{
    const char *name = "1";
    bool both = false;

    if (!skip(pattern, "(")) {
        return false;
    }
    if (skip(pattern, "?<") || skip(pattern, "?P<")) {
        size_t len = strcspn(pattern->at, ">");

        name = apr_pstrmemdup(p, pattern->at, len);
        pattern->at += len + (pattern->at[len] == '>');
    } else if (pattern->greedy && pattern->separator == ',') {
        return false; /* the numbers of groups depend on how the pattern begins */
    }
    pattern->captured = name;
    both = skip(pattern, "[^,/]+)");
    pattern->no_comma = both || pattern->separator == ',';
    pattern->no_slash = both || pattern->separator == '/';
    return both || skip(pattern, pattern->separator == ',' ? "[^,]+)" : "[^/]+)");
}

/* Characters that mean themselves, in patterns and in the texts of names; \. is a dot. */
static const char *plain_read(pattern_t *pattern, const char *more, apr_pool_t *p)
{
    char *text = apr_palloc(p, strlen(pattern->at) + 1);
    char *to = text;

    for (; *pattern->at; pattern->at++) {
        const char *c = pattern->at;

        if (c[0] == '\\' && (c[1] == '.' || c[1] == '-')) {
            pattern->at++;
        } else if (!apr_isalnum(*c) && !strchr(" _@-", *c) && !strchr(more, *c)) {
            break;
        }
        *to++ = *pattern->at;
    }
    *to = '\0';
    return text;
}

/* CN=..., with what may be in front of and behind it. */
static bool attribute_read(pattern_t *pattern, apr_pool_t *p)
{
    head_read(pattern);
    if (!type_read(pattern, p)) {
        return false;
    }
    if (*pattern->at == '(') {
        if (!capture_read(pattern, p)) {
            return false;
        }
    } else {
        pattern->text = plain_read(pattern, "", p);
        if (!*pattern->text) {
            return false;
        }
    }
    pattern->whole = pattern->separator == ',' ? skip(pattern, "(,|$)") || skip(pattern, "(?:,|$)")
                                               : skip(pattern, "(/|$)") || skip(pattern, "(?:/|$)");
    return *pattern->at == '\0';
}

/* ^NAME$ is a name, and ,NAME$ the end of the names below it. */
static const char *name_read(pattern_t *pattern, const char **reason, apr_pool_t *p)
{
    bool below = *pattern->at == ',';
    const char *name = NULL;
    const char *equal = NULL;

    if (pattern->separator != ',' || (!below && *pattern->at != '^')) {
        return NULL;
    }
    pattern->at++;
    name = plain_read(pattern, ",=", p);
    if (strcmp(pattern->at, "$") != 0) {
        return NULL;
    }
    equal = cc_nginx_equals(pattern->source, name, reason, p);
    if (!equal || !below) {
        return equal;
    }
    name = cc_word_quote(name, p);
    return apr_pstrcat(p, pattern->source->field, " under ", name, " ", pattern->source->field,
                       " != ", name, NULL);
}

/* The value of a map as the output of a rule that captures; NULL: it has another variable. */
static const char *output_of(const pattern_t *pattern, const char *value, apr_pool_t *p)
{
    size_t len = 0;

    if (!strchr(value, '$')) {
        return cc_nginx_output(value, p);
    }
    value++;
    if (*value == '{') {
        value++;
    }
    len = strcspn(value, "}");
    if (!pattern->captured || value[len + (value[len] == '}')] != '\0' ||
        strlen(pattern->captured) != len || strncmp(pattern->captured, value, len) != 0) {
        return NULL;
    }
    return "user=$1";
}

/* In the text of a name, the attributes are in one order or the other. */
static const char *attribute_rule(const pattern_t *pattern, const char *output, const char **stop,
                                  apr_pool_t *p)
{
    bool last = (pattern->separator == ',') != pattern->greedy;
    const char *field = apr_pstrcat(
        p, apr_pstrmemdup(p, pattern->source->field, strcspn(pattern->source->field, "|")), ".",
        pattern->type, NULL);
    const char *operand = NULL;

    if (pattern->captured) { /* without the characters that are written with a backslash */
        operand = apr_pstrcat(p, "([^+", pattern->no_comma ? "," : "", pattern->no_slash ? "/" : "",
                              pattern->separator == ',' ? "\"\\\\<>;" : "", "[:^ascii:]]+)", NULL);
        field = apr_pstrcat(p, field, last ? "|last" : "|first", " =~ ", NULL);
        *stop = apr_pstrcat(p, field, "\".+\" stop", NULL);
        return apr_pstrcat(p, field, cc_word_quote(operand, p), " ", output, NULL);
    }
    field = apr_pstrcat(p, field, pattern->nocase ? "|lower" : "", NULL);
    operand = pattern->nocase ? cc_convert_lower(pattern->text, p) : pattern->text;
    if (pattern->whole) {
        return apr_pstrcat(p, field, " == ", cc_word_quote(operand, p), " ", output, NULL);
    }
    operand = apr_pstrcat(p, cc_pattern_of_text(operand, p), ".*", NULL);
    return apr_pstrcat(p, field, " =~ ", cc_word_quote(operand, p), " ", output, NULL);
}

const char *cc_nginx_pattern_rule(const cc_nginx_source_t *source, const cc_nginx_entry_t *entry,
                                  const char **stop, const char **reason, apr_pool_t *p)
{
    pattern_t pattern = {.source = source, .separator = source->slash_form ? '/' : ','};
    const char *start = NULL;
    const char *name = NULL;
    const char *output = NULL;

    pattern.nocase = entry->key[1] == '*';
    start = pattern.at = entry->key + (pattern.nocase ? 2 : 1);
    name = name_read(&pattern, reason, p);
    pattern.at = start;
    if (*reason) {
        return NULL;
    }
    if (!name && (strncmp(source->field, "subject", 7) != 0 || !attribute_read(&pattern, p))) {
        *reason =
            "this pattern over the text of a name has no exact counterpart; write a rule with "
            "fields such as subject.CN";
        return NULL;
    }
    output = output_of(&pattern, entry->value, p);
    if (!output) {
        *reason = "the value has to be a text, or the one variable that the pattern captures";
        return NULL;
    }
    return name ? apr_pstrcat(p, name, " ", output, NULL)
                : attribute_rule(&pattern, output, stop, p);
}
