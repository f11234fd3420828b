/* SPDX-License-Identifier: Apache-2.0 */
/* Writes patterns of the rule language, which match a whole value, for those of other products. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/words.h"
#include "convert/internal.h"

#define DEPTH_MAX 50 /* of groups */

const char *cc_pattern_of_text(const char *text, apr_pool_t *p)
{
    char *pattern = apr_palloc(p, 2 * strlen(text) + 1);
    char *to = pattern;

    for (; *text; text++) {
        if (strchr("\\^$.[]|()?*+{}", *text)) {
            *to++ = '\\';
        }
        *to++ = *text;
    }
    *to = '\0';
    return pattern;
}

/* Syntax that would reach beyond the pattern, or that no rule needs. */
static const char *pattern_fault(const char *pattern, apr_pool_t *p)
{
    static const char *const verbs[] = {"\\Q", "\\E", "\\K", "\\G", "\\A",
                                        "\\z", "\\Z", "(*",  "(?"};

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        const char *at = strstr(pattern, verbs[i]);

        while (at && (strncmp(at, "(?:", 3) == 0 || strncmp(at, "(?<", 3) == 0)) {
            at = strstr(at + 1, verbs[i]);
        }
        if (at) {
            return apr_pstrcat(p, "a pattern with ", verbs[i],
                               " is not converted; write the rule by hand", NULL);
        }
    }
    return NULL;
}

/* Skips a class of characters; NULL: it has no end. */
static const char *class_end(const char *at)
{
    at += at[1] == '^' ? 2 : 1;
    at += *at == ']';
    while (*at && *at != ']') {
        at += *at == '\\' && at[1] ? 2 : 1;
    }
    return *at ? at + 1 : NULL;
}

/* True if there is a | outside of groups; perhaps if the pattern is not valid. */
static bool has_alternatives(const char *pattern)
{
    int depth = 0;

    while (pattern && *pattern && (*pattern != '|' || depth > 0)) {
        depth += *pattern == '(' ? 1 : *pattern == ')' ? -1 : 0;
        if (*pattern == '[') {
            pattern = class_end(pattern);
        } else {
            pattern += *pattern == '\\' && pattern[1] ? 2 : 1;
        }
    }
    return !pattern || *pattern == '|';
}

/* True if the last character is a $ that means the end. */
static bool ends_with_dollar(const char *pattern, size_t len)
{
    size_t backslashes = 0;

    if (len == 0 || pattern[len - 1] != '$') {
        return false;
    }
    while (backslashes + 1 < len && pattern[len - 2 - backslashes] == '\\') {
        backslashes++;
    }
    return backslashes % 2 == 0;
}

/*
 * The pattern is compiled alone too: between the parentheses of another one, unbalanced parentheses
 * could become balanced.
 */
static const char *compiles(const char *pattern, apr_pool_t *p)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, p);
    cc_error_t err = {0};
    const char *rule =
        apr_pstrcat(p, "subject.CN =~ ", cc_word_quote(pattern, p), " group=x", NULL);

    return cc_rules_add(rules, rule, "", &err) == APR_SUCCESS ? NULL : cc_error_text(&err, p);
}

const char *cc_pattern_anywhere(const char *pattern, const char **reason, apr_pool_t *p)
{
    size_t len = strlen(pattern);
    bool alternatives = has_alternatives(pattern);
    bool from = !alternatives && *pattern == '^';
    bool to = !alternatives && len > from && ends_with_dollar(pattern, len);

    *reason =
        len > CC_CONVERT_LINE_MAX ? "the pattern is too long" : cc_text_unusable(pattern, len);
    *reason = *reason ? *reason : pattern_fault(pattern, p);
    *reason = *reason ? *reason : compiles(pattern, p);
    if (*reason) {
        return NULL;
    }
    pattern = apr_pstrmemdup(p, pattern + from, len - from - to);
    if (!from || !to) {
        pattern = apr_pstrcat(p, from ? "" : ".*", alternatives ? "(?:" : "", pattern,
                              alternatives ? ")" : "", to ? "" : ".*", NULL);
    }
    return pattern;
}

/* One item that is not a group: moves *at behind it; NULL: it is not known what it matches. */
static bool item_takes_text(const char **at)
{
    const char *s = *at;

    if (*s == '[') {
        *at = class_end(s);
        return *at != NULL;
    }
    if (*s == '{') {
        s = strchr(s, '}');
        *at = s ? s + 1 : NULL;
        return false;
    }
    if (*s == '\\' && (!s[1] || (apr_isalnum(s[1]) && !strchr("dDwWsS", s[1])))) {
        *at = NULL;
        return false;
    }
    *at = s + (*s == '\\' ? 2 : 1);
    return *s == '\\' || !strchr("^$*?+|", *s);
}

static bool alternatives_take_text(const char **at, int depth);

/* A group, from its parenthesis on. */
static bool group_takes_text(const char **at, int depth)
{
    const char *s = *at + 1;
    bool takes = false;

    if (strncmp(s, "?:", 2) == 0) {
        s += 2;
    } else if (*s == '?') { /* a name, or an assertion, which takes no text */
        s = strchr(s, '>');
        s = s && (*at)[3] != '=' && (*at)[3] != '!' ? s + 1 : NULL;
    }
    *at = depth < DEPTH_MAX ? s : NULL;
    takes = *at && alternatives_take_text(at, depth + 1);
    *at = *at && **at == ')' ? *at + 1 : NULL;
    return takes && *at;
}

/* Up to the end of the group or pattern: each alternative has an item that takes text. */
static bool alternatives_take_text(const char **at, int depth)
{
    bool all = true;
    bool one = false;

    while (*at && **at && **at != ')') {
        bool item = false;

        if (**at == '|') {
            all = all && one;
            one = false;
            (*at)++;
            continue;
        }
        item = **at == '(' ? group_takes_text(at, depth) : item_takes_text(at);
        one = one || (item && *at && (!**at || !strchr("*?{", **at)));
    }
    return *at && all && one;
}

bool cc_pattern_needs_text(const char *pattern)
{
    return alternatives_take_text(&pattern, 0) && *pattern == '\0';
}

/*
 * True if a class, from [ to ], has a range with one end among A to Z, or a code such as \x41: in
 * lower case, it would be another class.
 */
static bool class_needs_case(const char *at, const char *end)
{
    for (at++; at + 1 < end; at++) {
        bool range = *at == '-' && at[-1] != '[' && at[1] != ']';

        if ((range && (apr_isupper(at[-1]) != 0) != (apr_isupper(at[1]) != 0)) ||
            (*at == '\\' && apr_isalnum(at[1]) && !strchr("dDwWsS", at[1]))) {
            return true;
        }
        at += *at == '\\' ? 1 : 0;
    }
    return false;
}

const char *cc_pattern_lower(const char *pattern, apr_pool_t *p)
{
    char *lower = apr_pstrdup(p, pattern);

    if (strstr(pattern, "[:")) {
        return NULL;
    }
    for (char *c = lower; *c; c++) {
        const char *end = *c == '[' ? class_end(c) : NULL;

        if (end && class_needs_case(c, end)) {
            return NULL;
        }
        if (*c == '\\' && c[1]) {
            c++; /* \D is not \d */
        } else if (*c >= 'A' && *c <= 'Z') {
            *c = (char)(*c | 0x20);
        }
    }
    return lower;
}
