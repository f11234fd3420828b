/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles patterns with PCRE2. */
#include <apr_strings.h>

#include "rules/engine.h"

/*
 * Memory is bounded by depth and not by octets, since the octets of one level differ between
 * versions of PCRE2. HEAP_LIMIT_KIB is above what DEPTH_LIMIT levels need, except for patterns with
 * dozens of groups.
 */
#define DEPTH_LIMIT 20000
#define HEAP_LIMIT_KIB 16384

const apr_int64_t cc_step_limits[CC_STEP_LIMITS] = {32, 1024, 11000, 25000, 90000};

const char *cc_pcre2_error(int error, apr_pool_t *p)
{
    PCRE2_UCHAR text[256];

    pcre2_get_error_message(error, text, sizeof(text));
    return apr_pstrdup(p, (const char *)text);
}

static apr_status_t engine_free(void *data)
{
    cc_engine_t *engine = data;

    for (int i = 0; i < CC_STEP_LIMITS; i++) {
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
    for (int i = 0; i < CC_STEP_LIMITS; i++) {
        engine->match[i] = match_context(engine, cc_step_limits[i]);
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
    pattern->engine = engine;
    pattern->code = code;
    pattern->compiled = jit_size > 0;
    pattern->groups = (int)groups;
    if (pattern->groups > engine->groups_max) {
        engine->groups_max = pattern->groups;
    }
    return pattern;
}

#define OPTIONS (PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C)
#define WHOLE (PCRE2_ANCHORED | PCRE2_ENDANCHORED)

static apr_status_t compile(cc_pattern_t **pattern, cc_rules_t *rules, const char *text,
                            uint32_t anchors, cc_error_t *err)
{
    const uint32_t options = OPTIONS | anchors;
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
                            cc_pcre2_error(error, rules->pool), (apr_size_t)offset);
    }
    *pattern = pattern_create(rules->engine, code);
    return APR_SUCCESS;
}

apr_status_t cc_pattern_compile(cc_pattern_t **pattern, cc_rules_t *rules, const char *text,
                                cc_error_t *err)
{
    return compile(pattern, rules, text, WHOLE, err);
}

apr_status_t cc_pattern_compile_part(cc_pattern_t **pattern, cc_rules_t *rules, const char *text,
                                     cc_error_t *err)
{
    return compile(pattern, rules, text, 0, err);
}

bool cc_pattern_item_has(const cc_pattern_t *pattern, const char *item, apr_size_t len, char octet)
{
    const cc_engine_t *engine = pattern->engine;
    pcre2_match_data *data = NULL;
    PCRE2_SIZE offset;
    int result = 0;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)item, len, OPTIONS | WHOLE, &result, &offset, engine->compile);

    if (code) {
        data = pcre2_match_data_create_from_pattern(code, engine->general);
    }
    if (data) {
        result = pcre2_match(code, (PCRE2_SPTR)&octet, 1, 0, 0, data, engine->match[0]);
    }
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return !data || result != PCRE2_ERROR_NOMATCH;
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
