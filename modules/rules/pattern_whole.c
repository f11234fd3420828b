/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether the texts of a pattern's groups determine the whole value that it matches. */

/*
 * They do if all text outside of the outermost groups is literal: (.+)@example\.com. The pattern is
 * cut at these groups, and literal.c judges each piece between them. Anything that is not certain,
 * such as a class or an option there, counts as a loss. Parentheses in a class may end a group too
 * early here. The "]" of the class is then outside, which is not literal.
 */

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "rules/logic.h"

static bool is_literal(const char *from, const char *to, apr_pool_t *p)
{
    struct iovec begin, end;

    if (from == to) {
        return true;
    }
    cc_pattern_literals(apr_pstrmemdup(p, from, (apr_size_t)(to - from)), &begin, &end, p);
    return begin.iov_len > 0 && begin.iov_base == end.iov_base && begin.iov_len == end.iov_len;
}

/* The first parenthesis that is not quoted, or the end. */
static const char *group_begin(const char *at)
{
    while (*at && *at != '(') {
        at += *at == '\\' && at[1] ? 2 : 1;
    }
    return at;
}

/* A group that captures: (...), (?<name>...) or (?P<name>...). */
static bool is_capture(const char *at)
{
    if (at[1] != '?') {
        return at[1] != '*';
    }
    at += at[2] == 'P' ? 3 : 2;
    return at[0] == '<' && apr_isalpha(at[1]);
}

static int captures_count(const char *from, const char *to)
{
    int count = 0;

    for (from = group_begin(from); from < to; from = group_begin(from + 1)) {
        count += is_capture(from);
    }
    return count;
}

bool cc_pattern_whole(const cc_condition_t *c, unsigned *groups, apr_pool_t *p)
{
    const char *at = c->operand, *open = group_begin(at);
    int count = 0;

    *groups = 0;
    while (*open) {
        const char *close = cc_selector_close(open);

        if (!close || !is_capture(open) || !is_literal(at, open, p) || count >= 31) {
            return false;
        }
        *groups |= 1u << count;
        count += captures_count(open, close);
        at = close + 1;
        open = group_begin(at);
    }
    return is_literal(at, open, p) && !strstr(c->operand, "\\Q") && count < 32 &&
           count == cc_pattern_groups(c->pattern);
}
