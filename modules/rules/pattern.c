/* SPDX-License-Identifier: Apache-2.0 */
/* Knows PCRE2: patterns anchored at both ends, compiled once, and limited when they run. */

#include <string.h>

#include <apr_strings.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "rules/internal.h"

/*
 * Far above what a pattern over a name needs, far below what a client could make felt. Each step
 * that can be taken back holds a frame of some 140 octets, a few more or less in each version of
 * PCRE2 and 16 more for each group: a value of 4,000 characters takes 8,000 to 12,000 of them.
 */
#define MATCH_LIMIT 100000
#define HEAP_LIMIT_KIB 2048

/* Contexts and match data live in pool memory, so their pool alone frees them. */
struct cc_engine_t {
    apr_pool_t *pool;
    pcre2_compile_context *compile;
    pcre2_match_context *match;
    int groups_max;
};

struct cc_pattern_t {
    pcre2_code *code;
    bool compiled; /* to machine code */
    int groups;
};

struct cc_matcher_t {
    const cc_engine_t *engine;
    apr_pool_t *pool;
    pcre2_match_data *data;
};

static void *pool_malloc(PCRE2_SIZE size, void *pool)
{
    return apr_palloc(pool, size);
}

static void pool_free(void *memory, void *pool)
{
    (void)memory;
    (void)pool;
}

static cc_engine_t *engine_create(apr_pool_t *p)
{
    cc_engine_t *engine = apr_pcalloc(p, sizeof(*engine));
    pcre2_general_context *general = pcre2_general_context_create(pool_malloc, pool_free, p);

    engine->pool = p;
    engine->compile = pcre2_compile_context_create(general);
#ifdef PCRE2_EXTRA_CASELESS_RESTRICT
    pcre2_set_compile_extra_options(engine->compile, PCRE2_EXTRA_CASELESS_RESTRICT);
#endif
    engine->match = pcre2_match_context_create(general);
    pcre2_set_match_limit(engine->match, MATCH_LIMIT);
    pcre2_set_heap_limit(engine->match, HEAP_LIMIT_KIB);
    return engine;
}

static apr_status_t code_free(void *code)
{
    pcre2_code_free(code);
    return APR_SUCCESS;
}

static const char *error_text(int error, apr_pool_t *p)
{
    PCRE2_UCHAR text[256];

    pcre2_get_error_message(error, text, sizeof(text));
    return apr_pstrdup(p, (const char *)text);
}

/* Takes over the code, and compiles it further where it can be. */
static cc_pattern_t *pattern_create(cc_engine_t *engine, pcre2_code *code)
{
    cc_pattern_t *pattern = apr_palloc(engine->pool, sizeof(*pattern));
    uint32_t groups = 0;
    size_t jit_size = 0;

    apr_pool_cleanup_register(engine->pool, code, code_free, apr_pool_cleanup_null);
    /* There may be no JIT: a hardened kernel, another processor, a pattern with (*NO_JIT). */
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &jit_size);
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &groups);
    pattern->code = code;
    pattern->compiled = jit_size > 0;
    pattern->groups = (int)groups;
    if (pattern->groups > engine->groups_max) {
        engine->groups_max = pattern->groups;
    }
    return pattern;
}

apr_status_t cc_pattern_compile(cc_pattern_t **pattern, cc_rules_t *rules, const char *text,
                                cc_error_t *err)
{
    const uint32_t options =
        PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C;
    pcre2_code *code;
    PCRE2_SIZE offset;
    int error;

    if (!rules->engine) {
        rules->engine = engine_create(rules->pool);
    }
    code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &error, &offset,
                         rules->engine->compile);
    if (!code) {
        return cc_error_set(err, rules->pool, "CC0218", text,
                            "this is no pattern: %s (at octet %" APR_SIZE_T_FMT ")",
                            error_text(error, rules->pool), (apr_size_t)offset);
    }
    *pattern = pattern_create(rules->engine, code);
    return APR_SUCCESS;
}

int cc_pattern_groups(const cc_pattern_t *pattern)
{
    return pattern->groups;
}

bool cc_pattern_groups_named(const cc_pattern_t *pattern)
{
    uint32_t names = 0;

    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMECOUNT, &names);
    return (int)names == pattern->groups;
}

int cc_pattern_group_find(const cc_pattern_t *pattern, const char *name)
{
    int group = pcre2_substring_number_from_name(pattern->code, (PCRE2_SPTR)name);

    return group > 0 ? group : 0;
}

const char *cc_pattern_shared_name(const cc_pattern_t *a, const cc_pattern_t *b)
{
    uint32_t count = 0, size = 0;
    PCRE2_SPTR row = NULL;

    pcre2_pattern_info(a->code, PCRE2_INFO_NAMECOUNT, &count);
    pcre2_pattern_info(a->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    pcre2_pattern_info(a->code, PCRE2_INFO_NAMETABLE, &row);
    for (; count > 0; count--, row += size) {
        const char *name = (const char *)row + 2; /* after the number of the group */
        if (pcre2_substring_number_from_name(b->code, (PCRE2_SPTR)name) !=
            PCRE2_ERROR_NOSUBSTRING) {
            return name;
        }
    }
    return NULL;
}

cc_matcher_t *cc_matcher_create(const cc_engine_t *engine, apr_pool_t *p)
{
    cc_matcher_t *matcher = apr_palloc(p, sizeof(*matcher));
    pcre2_general_context *general = pcre2_general_context_create(pool_malloc, pool_free, p);

    matcher->engine = engine;
    matcher->pool = p;
    matcher->data = pcre2_match_data_create((uint32_t)engine->groups_max + 1, general);
    return matcher;
}

static const struct iovec *groups_copy(const cc_matcher_t *matcher, const cc_pattern_t *pattern,
                                       const char *text, int matched)
{
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(matcher->data);
    struct iovec *groups =
        apr_pcalloc(matcher->pool, sizeof(*groups) * ((apr_size_t)pattern->groups + 1));

    for (int i = 0; i < matched; i++) {
        if (offsets[2 * i] != PCRE2_UNSET) {
            groups[i].iov_base = (char *)text + offsets[2 * i];
            groups[i].iov_len = offsets[2 * i + 1] - offsets[2 * i];
        }
    }
    return groups;
}

/*
 * PCRE2 before 10.43 cannot be told that "(?i)" must not take U+017F for an s and U+212A for a
 * k, and that would let another name pass for an ASCII one. So no match is taken on these two.
 */
static bool folds_to_ascii(const cc_value_t *value)
{
#ifdef PCRE2_EXTRA_CASELESS_RESTRICT
    (void)value;
    return false;
#else
    return strstr(value->text, "\xC5\xBF") || strstr(value->text, "\xE2\x84\xAA");
#endif
}

/*
 * Usable values are valid UTF-8 already, so nothing is checked again. What needs more stack than
 * compiled code has is interpreted, which takes its memory from the heap, up to the limit.
 */
static int match_run(const cc_matcher_t *matcher, const cc_pattern_t *pattern,
                     const cc_value_t *value)
{
    PCRE2_SPTR text = (PCRE2_SPTR)value->text;

    if (pattern->compiled) {
        int matched = pcre2_jit_match(pattern->code, text, value->len, 0, 0, matcher->data,
                                      matcher->engine->match);
        if (matched != PCRE2_ERROR_JIT_STACKLIMIT) {
            return matched;
        }
    }
    return pcre2_match(pattern->code, text, value->len, 0, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                       matcher->data, matcher->engine->match);
}

cc_fit_t cc_matcher_match(cc_matcher_t *matcher, const cc_pattern_t *pattern,
                          const cc_value_t *value, const struct iovec **groups, const char **why)
{
    int matched = match_run(matcher, pattern, value);

    if (matched == PCRE2_ERROR_NOMATCH) {
        return CC_FIT_NO;
    }
    if (matched < 0) {
        *why = error_text(matched, matcher->pool);
        return CC_FIT_UNDECIDED;
    }
    if (folds_to_ascii(value)) {
        *why = "the value has a letter that folds to an ASCII one, U+017F or U+212A";
        return CC_FIT_UNDECIDED;
    }
    if (groups) {
        *groups = groups_copy(matcher, pattern, value->text, matched);
    }
    return CC_FIT_YES;
}
