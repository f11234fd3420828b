/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles and matches patterns with PCRE2, anchored at both ends and with limited effort. */

#include <string.h>

#include <apr_strings.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "rules/internal.h"

/*
 * The effort budget. The holder of a certificate chooses how many values it has and how long they
 * are; the author of rules chooses the patterns. So effort is counted for a whole evaluation, in
 * PCRE2's steps, each weighted by the length of the value, since PCRE2 may scan the whole value
 * between two steps. An evaluation has EFFORT_BASE, and EFFORT_CONDITION more for each pattern
 * condition that it reaches.
 *
 * PCRE2 does not report how many steps a match took, only that it exceeded a limit. So a match
 * begins with a low limit, which is enough for nearly all, and begins again with the next limit if
 * it hits that one. It pays for each limit in full, which is at most some hundred times what it
 * used.
 *
 * Memory is bounded by depth and not by octets, since the octets of one level differ between
 * versions of PCRE2. HEAP_LIMIT_KIB is above what DEPTH_LIMIT levels need, except for patterns with
 * dozens of groups.
 */
#define EFFORT_BASE 1000000
#define EFFORT_CONDITION 25000
#define EFFORT_CALL 200000 /* and one match may not take more than this */
#define DEPTH_LIMIT 20000
#define HEAP_LIMIT_KIB 16384
#define VALUE_MAX 8192   /* octets */
#define VALUE_WEIGHT 512 /* each VALUE_WEIGHT octets make a step weigh 1 more */

static const apr_int64_t step_limits[] = {32, 1024, 11000, 25000, 90000};

#define LIMITS ((int)(sizeof(step_limits) / sizeof(step_limits[0])))

/* Reasons to give up on a match before it begins, in addition to PCRE2's own errors. */
#define SPENT (-1001)
#define TOO_LONG (-1002)

/* Constant once its last pattern is compiled, except for data that PCRE2 itself guards. */
struct cc_engine_t {
    apr_pool_t *pool;
    pcre2_general_context *general;
    pcre2_compile_context *compile;
    pcre2_match_context *match[LIMITS]; /* one for each of step_limits */
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
    apr_int64_t left[2]; /* effort of the rules, and of those evaluated only for a trace */
    bool aside;          /* which of the two pays */
};

/* ---- making ------------------------------------------------------------------------------ */

static apr_status_t engine_free(void *data)
{
    cc_engine_t *engine = data;

    for (int i = 0; i < LIMITS; i++) {
        pcre2_match_context_free(engine->match[i]);
    }
    pcre2_compile_context_free(engine->compile);
    pcre2_general_context_free(engine->general);
    return APR_SUCCESS;
}

static pcre2_match_context *match_context(const cc_engine_t *engine, apr_int64_t steps)
{
    pcre2_match_context *context = pcre2_match_context_create(engine->general);

    if (context) {
        pcre2_set_match_limit(context, (uint32_t)steps);
        pcre2_set_depth_limit(context, DEPTH_LIMIT);
        pcre2_set_heap_limit(context, HEAP_LIMIT_KIB);
    }
    return context;
}

/*
 * PCRE2 uses malloc and not a pool, so that memory is returned: compiling a pattern takes many
 * times the memory of the compiled pattern. NULL: out of memory.
 */
static cc_engine_t *engine_create(apr_pool_t *p)
{
    cc_engine_t *engine = apr_pcalloc(p, sizeof(*engine));
    bool made = false;

    apr_pool_cleanup_register(p, engine, engine_free, apr_pool_cleanup_null);
    engine->pool = p;
    engine->general = pcre2_general_context_create(NULL, NULL, NULL);
    engine->compile = pcre2_compile_context_create(engine->general);
    made = engine->general && engine->compile;
    for (int i = 0; i < LIMITS; i++) {
        engine->match[i] = match_context(engine, step_limits[i]);
        made = made && engine->match[i];
    }
#ifdef PCRE2_EXTRA_CASELESS_RESTRICT
    if (made) {
        pcre2_set_compile_extra_options(engine->compile, PCRE2_EXTRA_CASELESS_RESTRICT);
    }
#endif
    return made ? engine : NULL;
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

/* Takes ownership of the code, and compiles it to machine code if possible. */
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
    if (!rules->engine) {
        return cc_error_set(err, rules->pool, "CC0233", text, "out of memory");
    }
    code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &error, &offset,
                         rules->engine->compile);
    if (!code) {
        return cc_error_set(err, rules->pool, "CC0218", text,
                            "not a valid pattern: %s (at byte %" APR_SIZE_T_FMT ")",
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

/* ---- matching ---------------------------------------------------------------------------- */

static apr_status_t matcher_free(void *data)
{
    pcre2_match_data_free(((cc_matcher_t *)data)->data);
    return APR_SUCCESS;
}

cc_matcher_t *cc_matcher_create(const cc_engine_t *engine, apr_pool_t *p)
{
    cc_matcher_t *matcher = apr_palloc(p, sizeof(*matcher));

    matcher->engine = engine;
    matcher->pool = p;
    matcher->left[false] = matcher->left[true] = EFFORT_BASE;
    matcher->aside = false;
    matcher->data = pcre2_match_data_create((uint32_t)engine->groups_max + 1, engine->general);
    apr_pool_cleanup_register(p, matcher, matcher_free, apr_pool_cleanup_null);
    return matcher;
}

void cc_matcher_destroy(cc_matcher_t *matcher)
{
    if (matcher) {
        apr_pool_cleanup_run(matcher->pool, matcher, matcher_free);
    }
}

void cc_matcher_begin(cc_matcher_t *matcher, bool aside)
{
    matcher->aside = aside;
    matcher->left[aside] += EFFORT_CONDITION;
}

bool cc_matcher_spent(const cc_matcher_t *matcher)
{
    return matcher->left[matcher->aside] < 0;
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
 * PCRE2 before 10.43 has no option that keeps "(?i)" from treating U+017F as an s and U+212A as a
 * k, so another name could pass for an ASCII one. So no match counts for a value with one of these
 * characters.
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
 * Usable values are valid UTF-8 already, so nothing is checked again. A match that needs more stack
 * than compiled code has is interpreted, which takes its memory from the heap, up to the limit.
 */
static int match_within(const cc_matcher_t *matcher, const cc_pattern_t *pattern,
                        const cc_value_t *value, pcre2_match_context *context)
{
    PCRE2_SPTR text = (PCRE2_SPTR)value->text;

    if (pattern->compiled) {
        int matched =
            pcre2_jit_match(pattern->code, text, value->len, 0, 0, matcher->data, context);
        if (matched != PCRE2_ERROR_JIT_STACKLIMIT) {
            return matched;
        }
    }
    return pcre2_match(pattern->code, text, value->len, 0, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                       matcher->data, context);
}

/* A match for which too little effort is left does not begin, nor does any match after it. */
static int match_run(cc_matcher_t *matcher, const cc_pattern_t *pattern, const cc_value_t *value)
{
    apr_int64_t weight = 1 + (apr_int64_t)value->len / VALUE_WEIGHT;
    apr_int64_t *left = &matcher->left[matcher->aside];
    int matched = PCRE2_ERROR_MATCHLIMIT;

    if (value->len > VALUE_MAX) {
        return TOO_LONG;
    }
    for (int i = 0; i < LIMITS && matched == PCRE2_ERROR_MATCHLIMIT; i++) {
        apr_int64_t effort = step_limits[i] * weight;

        if (effort > EFFORT_CALL) {
            break;
        }
        if (effort > *left) {
            *left = -1;
            return SPENT;
        }
        *left -= effort;
        matched = match_within(matcher, pattern, value, matcher->engine->match[i]);
    }
    return matched;
}

static const char *given_up_text(int error, const cc_value_t *value, apr_pool_t *p)
{
    if (error == SPENT) {
        return "the patterns have used all the steps that one certificate is allowed";
    }
    if (error == TOO_LONG) {
        return apr_psprintf(p, "the value has %" APR_SIZE_T_FMT " bytes, and the limit is %d",
                            value->len, VALUE_MAX);
    }
    return error_text(error, p);
}

cc_fit_t cc_matcher_match(cc_matcher_t *matcher, const cc_pattern_t *pattern,
                          const cc_value_t *value, const struct iovec **groups, const char **reason)
{
    int matched = matcher->data ? match_run(matcher, pattern, value) : PCRE2_ERROR_NOMEMORY;

    if (matched == PCRE2_ERROR_NOMATCH) {
        return CC_FIT_NO;
    }
    if (matched < 0) {
        *reason = given_up_text(matched, value, matcher->pool);
        return CC_FIT_UNDECIDED;
    }
    if (folds_to_ascii(value)) {
        *reason = "the value contains a letter that folds to an ASCII one, U+017F or U+212A";
        return CC_FIT_UNDECIDED;
    }
    if (groups) {
        *groups = groups_copy(matcher, pattern, value->text, matched);
    }
    return CC_FIT_YES;
}
