/* SPDX-License-Identifier: Apache-2.0 */
/* Explains why a pattern does not match: it matches a part, or other letters, or is plain text. */

#include <string.h>

#include <apr_strings.h>

#include "rules/hint.h"

#define PATTERN_MAX 256 /* octets of a pattern that is changed */

/* ---- a part of a value ------------------------------------------------------------------- */

/* Between two letters or digits there is no boundary: "alice" is no part of "malice". */
#define BOUNDARY "(?!(?<=[\\p{L}\\p{N}_])(?=[\\p{L}\\p{N}_]))"

/*
 * Where a pattern may be opened. The right part of a domain decides who owns the name, and the left
 * part of a URI: a pattern that is open there matches names of others.
 */
typedef struct cc_open_t {
    bool before;
    bool after;
} cc_open_t;

static cc_open_t open_of(const cc_selector_t *selector)
{
    const char *name = selector->ref.field->name;

    if (selector->plain || strcmp(name, "san.krb5") == 0) {
        return (cc_open_t){false, false};
    }
    if (strcmp(name, "san.uri") == 0) {
        return (cc_open_t){false, true};
    }
    if (strncmp(name, "san.", 4) == 0 || strcmp(name, "tls.sni") == 0) {
        return (cc_open_t){true, false};
    }
    return (cc_open_t){true, true};
}

static bool matches(const cc_miss_t *miss, const char *before, const char *after)
{
    const char *pattern =
        apr_pstrcat(miss->pool, before, "(?:", miss->condition->operand, ")", after, NULL);

    return cc_hint_holds(miss, cc_hint_condition(miss, NULL, NULL, pattern));
}

#define PART "the pattern matches only a part of the value, but has to match all of it"

/*
 * What may come before or after the pattern ends with a separator, or is one in the pattern itself:
 * what is open before "example.com" must not match "notexample.com".
 */
static const char *opened(const cc_miss_t *miss, bool after)
{
    static const char *const separators[] = {"@", "\\.", " ", "/"};
    const char *pattern = miss->condition->operand;
    const char *item =
        strchr(pattern, '|') ? apr_pstrcat(miss->pool, "(?:", pattern, ")", NULL) : pattern;
    apr_size_t len = strlen(pattern);
    const char *hint = NULL;

    for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]) && !hint; i++) {
        const char *s = separators[i];
        apr_size_t slen = strlen(s);
        const char *text;

        if (after && (*s == '@' || *s == '\\')) {
            continue; /* what follows them decides who owns the name */
        }
        if (after) {
            bool has = len >= slen && strcmp(pattern + len - slen, s) == 0;
            text = apr_pstrcat(miss->pool, item, has ? "" : s, ".*", NULL);
        } else {
            bool has = strncmp(pattern, s, slen) == 0;
            text = apr_pstrcat(miss->pool, ".*", has ? "" : s, item, NULL);
        }
        hint = cc_hint_write(miss, PART, NULL, NULL, text);
    }
    return hint;
}

static const char *part_hint(const cc_miss_t *miss)
{
    cc_open_t open = open_of(miss->condition->selector);
    const char *hint = NULL;

    if (!matches(miss, "(?:.*" BOUNDARY ")?", "(?:" BOUNDARY ".*)?")) {
        return NULL;
    }
    hint = open.before ? opened(miss, false) : NULL;
    hint = !hint && open.after ? opened(miss, true) : hint;
    return hint ? hint : PART;
}

/* ---- other patterns ---------------------------------------------------------------------- */

static const char *case_hint(const cc_miss_t *miss)
{
    return cc_hint_write(miss, "the pattern matches if letter case is ignored", NULL, NULL,
                         apr_pstrcat(miss->pool, "(?i)", miss->condition->operand, NULL));
}

/* /PATTERN/ as in other languages. */
static const char *slashes_hint(const cc_miss_t *miss)
{
    const char *operand = miss->condition->operand;
    apr_size_t len = strlen(operand);

    return len > 2 && operand[0] == '/' && operand[len - 1] == '/'
               ? cc_hint_write(miss, "the slashes are a part of the pattern", NULL, NULL,
                               apr_pstrmemdup(miss->pool, operand + 1, len - 2))
               : NULL;
}

static const char *literal_hint(const cc_miss_t *miss)
{
    return cc_hint_write(miss, "the value is the text of the pattern, which does not match itself",
                         NULL, "==", miss->condition->operand);
}

/* An address may be in any of three fields. */
static const char *elsewhere_hint(const cc_miss_t *miss)
{
    static const char *const fields[] = {"san.email", "san.upn", "subject.emailAddress"};
    const char *bar = strchr(miss->condition->field, '|');
    const char *hint = NULL;

    for (size_t i = 0; i < 3 && !hint && strchr(miss->condition->operand, '@'); i++) {
        hint = cc_hint_write(
            miss, apr_pstrcat(miss->pool, "a value of the field ", fields[i], " matches", NULL),
            apr_pstrcat(miss->pool, fields[i], bar, NULL), NULL, miss->condition->operand);
    }
    return hint;
}

const char *cc_hint_pattern(const cc_miss_t *miss)
{
    static cc_hint_fn *const kinds[] = {slashes_hint, literal_hint, case_hint, part_hint,
                                        elsewhere_hint};
    const char *hint = NULL;

    if (strlen(miss->condition->operand) > PATTERN_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !hint; i++) {
        hint = kinds[i](miss);
    }
    return hint;
}
