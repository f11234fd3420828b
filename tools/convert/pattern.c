/* SPDX-License-Identifier: Apache-2.0 */
/* Writes patterns of the rule language, which match a whole value, for those of other products. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/words.h"
#include "convert/internal.h"

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

        if (at && strncmp(at, "(?:", 3) != 0 && strncmp(at, "(?<", 3) != 0) {
            return apr_pstrcat(p, "a pattern with ", verbs[i],
                               " is not converted; write the rule by hand", NULL);
        }
    }
    return NULL;
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

const char *cc_pattern_anywhere(const char *pattern, bool nocase, const char **reason,
                                apr_pool_t *p)
{
    size_t len = strlen(pattern);
    bool alternatives = strchr(pattern, '|') != NULL;
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
    return apr_pstrcat(p, nocase ? "(?i)" : "", pattern, NULL);
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

/* One item outside of groups that always takes a character: moves *at behind it. */
static bool takes_one(const char **at)
{
    const char *s = *at;

    if (*s == '[') {
        *at = class_end(s);
        return *at != NULL;
    }
    *at = s + (*s == '\\' && s[1] ? 2 : 1);
    if (*s == '\\') {
        return !apr_isalnum(s[1]) || strchr("dDwWsS", s[1]);
    }
    return !strchr("^$()*?+{}|", *s);
}

bool cc_pattern_needs_text(const char *pattern)
{
    bool found = false;
    int depth = 0;

    while (pattern && *pattern) {
        char c = *pattern;
        bool one = takes_one(&pattern);

        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (c == '|' && depth == 0) {
            return false;
        }
        found = found || (one && depth == 0 && pattern && !strchr("*?{", *pattern));
        found = found || (one && depth == 0 && pattern && *pattern == '\0');
    }
    return pattern && found;
}
