/* SPDX-License-Identifier: Apache-2.0 */
/* Implements replace(REGEX,TEXT): replaces all matches of a pattern in each text. */
#include <apr_lib.h>

#include "rules/modifier.h"

/*
 * REGEX ends at the first comma outside of (...), [...] and {...}. In both parts a backslash quotes
 * the character after it: PCRE2 reads it in REGEX, and it is removed from TEXT. TEXT has $1 to $9,
 * $<name> and $$ as a template has.
 */

#define RESULT_MAX 8192 /* octets, as of a value that a pattern may match */

/* A part of TEXT: a literal, or a group of the pattern. */
typedef struct cc_piece_t {
    struct iovec literal;
    int group; /* 0: the literal */
} cc_piece_t;

typedef struct cc_replacement_t {
    cc_pattern_t *pattern;
    apr_array_header_t *pieces; /* cc_piece_t */
} cc_replacement_t;

/* ---- reading ----------------------------------------------------------------------------- */

/* The comma that ends REGEX, or NULL. */
static const char *regex_end(const char *text)
{
    bool in_class = false;
    int depth = 0;

    for (; *text; text++) {
        if (*text == '\\' && text[1]) {
            text++;
        } else if (*text == '[' || *text == ']') {
            in_class = *text == '[';
        } else if (!in_class && (*text == '(' || *text == '{')) {
            depth++;
        } else if (!in_class && (*text == ')' || *text == '}')) {
            depth--;
        } else if (!in_class && depth <= 0 && *text == ',') {
            return text;
        }
    }
    return NULL;
}

static cc_piece_t *piece_add(cc_replacement_t *replacement)
{
    cc_piece_t *piece = &APR_ARRAY_PUSH(replacement->pieces, cc_piece_t);

    memset(piece, 0, sizeof(*piece));
    return piece;
}

/* The group that begins after a "$", or 0; *at is then after it. */
static int group_read(const cc_pattern_t *pattern, const char **at, apr_pool_t *p)
{
    const char *end = **at == '<' ? strchr(*at, '>') : NULL;
    int group = 0;

    if (end) {
        const char *name = apr_pstrmemdup(p, *at + 1, (apr_size_t)(end - *at - 1));

        group = cc_pattern_group_find(pattern, name);
        *at = end + 1;
    } else if (**at >= '1' && **at <= '9' && !apr_isdigit((*at)[1])) {
        group = **at - '0' <= cc_pattern_groups(pattern) ? **at - '0' : 0;
        (*at)++;
    }
    return group;
}

/* Reads TEXT; false: a "$" in it is not that of a group. */
static bool pieces_read(cc_replacement_t *replacement, const char *text, apr_pool_t *p)
{
    while (*text) {
        bool group = text[0] == '$' && text[1] != '$';
        bool quoted = (text[0] == '\\' && text[1]) || (text[0] == '$' && text[1] == '$');
        cc_piece_t *piece = piece_add(replacement);

        text += group || quoted;
        if (group) {
            piece->group = group_read(replacement->pattern, &text, p);
            if (piece->group == 0) {
                return false;
            }
        } else {
            apr_size_t len = quoted ? 1 : 0;

            len += strcspn(text + len, "$\\");
            len += text[len] == '\\' && !text[len + 1];
            piece->literal = (struct iovec){(char *)text, len};
            text += len;
        }
    }
    return true;
}

static apr_status_t read_replace(const void **argument, const char *text, cc_rules_t *rules,
                                 cc_error_t *err)
{
    apr_pool_t *p = rules->pool;
    const char *comma = regex_end(text);
    cc_replacement_t *replacement = apr_palloc(p, sizeof(*replacement));
    apr_status_t rv;

    if (!comma || comma == text) {
        return cc_error_set(err, p, "CC0205", text,
                            "not REGEX,TEXT; the first comma outside of (...), [...] and {...} "
                            "ends the pattern, and a backslash quotes one; write "
                            "replace(REGEX,) to remove what matches");
    }
    replacement->pieces = apr_array_make(p, 2, sizeof(cc_piece_t));
    rv = cc_pattern_compile_part(&replacement->pattern, rules,
                                 apr_pstrmemdup(p, text, (apr_size_t)(comma - text)), err);
    if (rv == APR_SUCCESS && !pieces_read(replacement, comma + 1, p)) {
        rv = cc_error_set(err, p, "CC0205", comma + 1,
                          "not a group of the pattern; write $1 to $9 or $<name> for a "
                          "group, $$ for a dollar sign");
    }
    *argument = replacement;
    return rv;
}

/* ---- replacing --------------------------------------------------------------------------- */

/* A text that is made, up to RESULT_MAX octets. */
typedef struct cc_result_text_t {
    char *text;
    apr_size_t len;
    bool full; /* it would be longer */
} cc_result_text_t;

static void result_add(cc_result_text_t *result, const char *text, apr_size_t len)
{
    if (len > RESULT_MAX - result->len) {
        result->full = true;
    } else if (len > 0) {
        memcpy(result->text + result->len, text, len);
        result->len += len;
    }
}

static void pieces_add(cc_result_text_t *result, const cc_replacement_t *replacement,
                       const struct iovec *groups)
{
    for (int i = 0; i < replacement->pieces->nelts && !result->full; i++) {
        const cc_piece_t *piece = &APR_ARRAY_IDX(replacement->pieces, i, cc_piece_t);
        const struct iovec *from = piece->group > 0 ? &groups[piece->group] : &piece->literal;

        result_add(result, from->iov_base, from->iov_base ? from->iov_len : 0);
    }
}

/* Fills the result; NULL, or the reason why it is not known: a literal. */
static const char *replace_all(cc_result_text_t *result, const cc_value_t *in,
                               const cc_modifying_t *m)
{
    const cc_replacement_t *replacement = m->argument;
    cc_matcher_t *matcher = cc_modifying_matcher(m, replacement->pattern);
    cc_search_t search = {.value = in};
    const char *at = in->text;
    cc_fit_t found = cc_matcher_search(matcher, replacement->pattern, &search);

    while (found == CC_FIT_YES && !result->full) {
        const char *begin = search.groups->iov_base;

        result_add(result, at, (apr_size_t)(begin - at));
        pieces_add(result, replacement, search.groups);
        at = begin + search.groups->iov_len;
        found = cc_matcher_search(matcher, replacement->pattern, &search);
    }
    if (found == CC_FIT_UNDECIDED) {
        return search.reason;
    }
    result_add(result, at, (apr_size_t)(in->text + in->len - at));
    return result->full ? "replacing gives more than 8192 bytes" : NULL;
}

static bool map_replace(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    char text[RESULT_MAX];
    cc_result_text_t result = {.text = text};
    const char *reason = replace_all(&result, in, m);

    *out = cc_modified_text(apr_pstrmemdup(m->pool, result.text, result.len), result.len);
    if (reason) {
        *out = *in;
        out->unusable = reason;
    }
    return true;
}

static const cc_modifier_t modifiers[] = {
    {.word = {"replace",
              "The text with each match of the pattern `REGEX` (PCRE2) replaced by `TEXT`, in "
              "which `$1` to `$9` and `$<name>` are capture groups. For text; unusable if that "
              "takes too many steps.",
              "san.email|replace(@example\\\\.(com|org),.$1) == \"alice.com\""},
     .takes = CC_TAKES_TEXT,
     .argument = "REGEX,TEXT",
     .read = read_replace,
     .matches = true,
     .map = map_replace},
};

const cc_modifiers_t cc_modifiers_replace = {modifiers,
                                             (int)(sizeof(modifiers) / sizeof(modifiers[0]))};
