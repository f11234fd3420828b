/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether the texts of a pattern's groups determine the whole value that it matches. */

/*
 * They do if all text outside of the outermost groups is literal: (.+)@example\.com. The pattern is
 * cut at these groups, and literal.c judges each piece between them.
 *
 * To find where a group ends, its content is read as items: characters, escapes, classes, and
 * parentheses. Only constructs that are listed here are understood. Any other one may change what a
 * parenthesis means (a quoted part, a comment, extended syntax) or how groups are numbered (a
 * branch reset), so that nothing is certain. Finally, PCRE2 must have counted as many groups.
 */

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "rules/logic.h"
#include "rules/strength.h"

static bool is_literal(const char *from, const char *to, apr_pool_t *p)
{
    struct iovec begin, end;

    if (from == to) {
        return true;
    }
    cc_pattern_literals(apr_pstrmemdup(p, from, (apr_size_t)(to - from)), &begin, &end, p);
    return begin.iov_len > 0 && begin.iov_base == end.iov_base && begin.iov_len == end.iov_len;
}

/* ---- items ------------------------------------------------------------------------------- */

/* Behind the name of a group in ASCII, and the octet that ends it; NULL: it is something else. */
static const char *name_read(const char *at, char end)
{
    const char *from = at;

    while (apr_isalnum(*at) || *at == '_') {
        at++;
    }
    return at > from && *at == end ? at + 1 : NULL;
}

/* Behind what opens a group, "(", "(?<name>" or "(?:"; NULL: another construct. */
static const char *opening_read(const char *at, bool *captures)
{
    static const char *const others[] = {"(?:", "(?>", "(?=", "(?!", "(?<=", "(?<!"};

    *captures = true;
    if (at[1] != '?') {
        return at[1] != '*' ? at + 1 : NULL;
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strncmp(at, others[i], strlen(others[i])) == 0) {
            *captures = false;
            return at + strlen(others[i]);
        }
    }
    if (at[2] == '\'') {
        return name_read(at + 3, '\'');
    }
    at += at[2] == 'P' ? 3 : 2;
    return *at == '<' ? name_read(at + 1, '>') : NULL;
}

/* Behind an escape without an argument that could contain a parenthesis; NULL: another one. */
static const char *escape_read(const char *at)
{
    unsigned char c = (unsigned char)at[1];
    bool plain = c > 0 && c < 0x80 && !apr_isalpha(c);

    return plain || (c && strchr("dDwWsShHvVbBAzZRXpP", c)) ? at + 2 : NULL;
}

/* Behind the [:alpha:] of a class; NULL: it is something else. */
static const char *posix_read(const char *at)
{
    at = at[1] == ':' ? name_read(at + (at[2] == '^' ? 3 : 2), ':') : NULL;
    return at && *at == ']' ? at + 1 : NULL;
}

/* Behind a class; NULL: it has something that is not understood, such as a "]" at its start. */
static const char *class_read(const char *at)
{
    at += at[1] == '^' ? 2 : 1;
    if (*at == ']') {
        return NULL;
    }
    while (at && *at && *at != ']') {
        at = *at == '\\' ? escape_read(at) : *at == '[' ? posix_read(at) : at + 1;
    }
    return at && *at ? at + 1 : NULL;
}

/* Behind one item of a pattern; NULL: it is not understood. */
static const char *item_read(const char *at)
{
    bool captures;

    return *at == '\\'  ? escape_read(at)
           : *at == '[' ? class_read(at)
           : *at == '(' ? opening_read(at, &captures)
                        : at + 1;
}

/* The first item that is a parenthesis, or the end; NULL: there is something not understood. */
static const char *parenthesis_find(const char *at)
{
    while (at && *at && *at != '(' && *at != ')') {
        at = item_read(at);
    }
    return at;
}

/* A group, and how many there are in it. */
typedef struct cc_group_text_t {
    const char *content;
    const char *end; /* its ")" */
    int count;       /* of those that capture, itself included */
} cc_group_text_t;

/* Reads the group with which a text begins, if it captures; false: it is something else. */
static bool group_read(cc_group_text_t *group, const char *at)
{
    bool captures;
    int depth = 1;

    group->content = at = opening_read(at, &captures);
    group->count = 1;
    if (!captures) {
        return false;
    }
    while ((at = parenthesis_find(at)) && *at) {
        if (*at == ')' && --depth == 0) {
            group->end = at;
            return true;
        }
        captures = false;
        depth += *at == '(';
        at = *at == '(' ? opening_read(at, &captures) : at + 1;
        group->count += captures;
    }
    return false;
}

/* ---- patterns ---------------------------------------------------------------------------- */

/* Outside of groups, whatever is not literal is refused anyway. */
static const char *group_begin(const char *at)
{
    while (*at && *at != '(') {
        at += *at == '\\' && at[1] ? 2 : 1;
    }
    return at;
}

bool cc_pattern_whole(const cc_condition_t *c, unsigned *groups, apr_pool_t *p)
{
    const char *at = c->operand, *open = group_begin(at);
    cc_group_text_t group;
    int count = 0;

    *groups = 0;
    while (*open) {
        if (!is_literal(at, open, p) || !group_read(&group, open) || count >= 31) {
            return false;
        }
        *groups |= 1u << count;
        count += group.count;
        at = group.end + 1;
        open = group_begin(at);
    }
    return is_literal(at, open, p) && count < 32 && count == cc_pattern_groups(c->pattern);
}

/* ---- characters -------------------------------------------------------------------------- */

/*
 * Whether an item may match the octet, which PCRE2 decides for a class or an escape by itself. An
 * octal number (\057) is one item for PCRE2, and several here, so a digit is not understood.
 */
static bool item_has(const cc_pattern_t *pattern, const char *at, const char *next, char octet)
{
    if (*at == '[' || (*at == '\\' && !apr_isdigit(at[1]))) {
        return cc_pattern_item_has(pattern, at, (apr_size_t)(next - at), octet);
    }
    return *at == '\\' || *at == '.' || (*at != '(' && *at != ')' && *at == octet);
}

/* Whether a text that this part of a pattern matches may have the octet. */
static bool content_has(const cc_pattern_t *pattern, const cc_group_text_t *group, char octet)
{
    const char *next;
    bool has = false;

    for (const char *at = group->content; at < group->end && !has; at = next) {
        next = item_read(at);
        has = item_has(pattern, at, next, octet);
    }
    return has;
}

bool cc_pattern_group_lacks(const cc_condition_t *c, int group, char octet)
{
    const char *open = group_begin(c->operand);
    cc_group_text_t read;

    for (int number = 1; *open && group_read(&read, open); number += read.count) {
        if (number == group) {
            return !content_has(c->pattern, &read, octet);
        }
        open = group_begin(read.end + 1);
    }
    return false;
}
